"""The settings of a tenant as an operator writes them: `KEY=VALUE`, an empty value for the default."""

import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, NamedTuple

from app.domain.errors import InvalidInputError
from app.domain.tenancy.origins import allowed_domain

_INTEGER = re.compile(r"[0-9]{1,10}")
_DECIMAL = re.compile(r"[0-9]{1,10}(\.[0-9]{1,6})?")


class Setting(NamedTuple):
    """One setting: the Tenant field it sets and how its text is read (ValueError tells what is wanted)."""

    field: str
    parse: Callable[[str], Any]


def _text(length_max: int) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if len(value) > length_max or not value.isprintable():
            raise ValueError(f"printable text of at most {length_max} characters")
        return value

    return parse


def _integer(low: int, high: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        if not _INTEGER.fullmatch(value) or not low <= int(value) <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return int(value)

    return parse


def _decimal(low: str, high: str) -> Callable[[str], Decimal]:
    def parse(value: str) -> Decimal:
        if not _DECIMAL.fullmatch(value) or not Decimal(low) <= Decimal(value) <= Decimal(high):
            raise ValueError(f"a number from {low} to {high}")
        return Decimal(value)

    return parse


def _percent(value: str) -> Decimal:
    percent = _decimal("0", "100")(value)
    if percent != round(percent, 2):
        raise ValueError("a number from 0 to 100 with at most 2 decimals")
    return percent


def _seconds(value: str) -> float:
    return float(_decimal("0", "60")(value))


def _rate(value: str) -> float:
    return float(_decimal("0.001", "1000000")(value))


def _currency(value: str) -> str:
    if not re.fullmatch(r"[A-Z]{3}", value):
        raise ValueError("an ISO 4217 code such as EUR")
    return value


def _product_status(value: str) -> str:
    if value.upper() not in {"ACTIVE", "DRAFT"}:
        raise ValueError("ACTIVE or DRAFT")
    return value.upper()


def _domains(value: str) -> list[str]:
    return [allowed_domain(domain) for domain in value.split(",") if domain.strip()]


SETTINGS: dict[str, Setting] = {
    "name": Setting("name", _text(200)),
    "allowedDomains": Setting("allowed_domains", _domains),
    "lowStockThreshold": Setting("low_stock_threshold", _integer(0, 2_147_483_647)),
    "safetyStock": Setting("safety_stock", _integer(0, 2_147_483_647)),
    "currency": Setting("currency", _currency),
    "mapboxToken": Setting("mapbox_token", _text(500)),
    "shrinkGuardPercent": Setting("shrink_guard_percent", _percent),
    "echoGuardS": Setting("echo_guard_s", _integer(0, 86_400)),
    "feedWaitS": Setting("feed_wait_s", _seconds),
    "expectedIntervalS": Setting("expected_interval_s", _integer(1, 31_536_000)),
    "newProductStatus": Setting("new_product_status", _product_status),
    "rateLimitPerS": Setting("rate_limit_per_s", _rate),
    "rateLimitBurst": Setting("rate_limit_burst", _integer(1, 1_000_000_000)),
}


def parse_settings(assignments: Iterable[str]) -> dict[str, Any]:
    """Tenant fields to set, None meaning the default; InvalidInputError names the settings there are."""
    values: dict[str, Any] = {}
    for assignment in assignments:
        key, equals, value = assignment.partition("=")
        if not equals or key not in SETTINGS:
            raise InvalidInputError(
                f"{assignment!r} is no KEY=VALUE of these settings: {', '.join(SETTINGS)}"
            )
        values[SETTINGS[key].field] = parse_setting(key, value)
    return values


def parse_setting(key: str, value: str) -> Any:
    """The value of one setting; None when it is empty and the default shall hold."""
    value = value.strip()
    if not value:
        if key == "name":
            raise InvalidInputError("name: a tenant needs one")
        return None
    try:
        return SETTINGS[key].parse(value)
    except ValueError as error:
        raise InvalidInputError(f"{key}: {value!r} is not {error}") from None
