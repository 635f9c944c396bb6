"""Array parameters as PostgreSQL's own text form.

The driver adapts a list element by element in Python; for the thousand names and numbers of a chunk that
was a third of the worker's time. Joined here, they cross as one string that the statement casts.
"""

from collections.abc import Iterable, Sequence


def numbers(values: Iterable[int | None]) -> str:
    """For CAST(:x AS int[]) or bigint[]."""
    return "{" + ",".join(["NULL" if value is None else str(value) for value in values]) + "}"


def texts(values: Sequence[str]) -> str:
    """For CAST(:x AS text[]) or uuid[]; any text but NUL, which no part number has."""
    if not values:
        return "{}"
    joined = '","'.join(values)
    if "\\" in joined or joined.count('"') != 2 * (len(values) - 1):
        joined = '","'.join([value.replace("\\", "\\\\").replace('"', '\\"') for value in values])
    return '{"' + joined + '"}'
