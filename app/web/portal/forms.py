"""What people typed into forms, as use cases take it. An empty field is None."""

from flask import request

from app.domain.errors import InvalidInputError


def text(name: str) -> str | None:
    """Without the spaces around it."""
    return request.form.get(name, "").strip() or None


def whole_number(name: str, label: str) -> int | None:
    """Raises InvalidInputError, which names the field as the page does."""
    typed = text(name)
    if typed is None:
        return None
    if not typed.isascii() or not typed.isdigit() or len(typed) > 10:
        raise InvalidInputError(f"{label}: type a whole number, such as 12, or leave it empty")
    return int(typed)


def minutes(name: str, label: str) -> int | None:
    """As seconds. Raises InvalidInputError, which names the field as the page does."""
    typed = text(name)
    if typed is None:
        return None
    whole, _, part = typed.replace(",", ".").partition(".")
    if not (whole.isascii() and whole.isdigit() and len(whole) <= 5 and (part or "0").isdecimal()):
        raise InvalidInputError(f"{label}: type minutes, such as 15")
    return round(float(f"{whole}.{part[:4] or 0}") * 60)


def ticked(name: str) -> bool:
    """A box, or a button's name."""
    return name in request.form
