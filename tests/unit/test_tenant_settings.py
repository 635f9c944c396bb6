from decimal import Decimal
from pathlib import Path

import pytest

from app.domain.errors import InvalidInputError
from app.domain.tenancy.origins import is_allowed
from app.domain.tenancy.settings import SETTINGS, parse_settings


def test_every_setting_is_read_into_its_field():
    given = [
        "name=Möto & Söner",
        "allowedDomains=https://Shop.Example.com/, b.example:8443,bücher.example",
        "lowStockThreshold=3",
        "safetyStock=2",
        "currency=SEK",
        "mapboxToken=pk.x=y",
        "shrinkGuardPercent=12.5",
        "echoGuardS=60",
        "feedWaitS=0.5",
        "expectedIntervalS=900",
        "rateLimitPerS=0.5",
        "rateLimitBurst=7",
    ]

    assert parse_settings(given) == {
        "name": "Möto & Söner",
        "allowed_domains": ["shop.example.com", "b.example:8443", "xn--bcher-kva.example"],
        "low_stock_threshold": 3,
        "safety_stock": 2,
        "currency": "SEK",
        "mapbox_token": "pk.x=y",
        "shrink_guard_percent": Decimal("12.5"),
        "echo_guard_s": 60,
        "feed_wait_s": 0.5,
        "expected_interval_s": 900,
        "rate_limit_per_s": 0.5,
        "rate_limit_burst": 7,
    }


@pytest.mark.parametrize("name", [name for name in SETTINGS if name != "name"])
def test_an_empty_value_asks_for_the_default(name):
    assert parse_settings([f"{name}="]) == {SETTINGS[name].field: None}


def test_every_setting_is_in_the_documentation():
    page = (Path(__file__).resolve().parents[2] / "docs" / "imports.md").read_text(encoding="utf-8")
    assert [name for name in SETTINGS if f"| `{name}` |" not in page] == []


@pytest.mark.parametrize("assignment", ["colour=red", "lowStockThreshold", "=1", "LOWSTOCKTHRESHOLD=1"])
def test_an_unknown_setting_is_refused_with_the_names_there_are(assignment):
    with pytest.raises(InvalidInputError, match="lowStockThreshold, safetyStock, currency"):
        parse_settings([assignment])


@pytest.mark.parametrize(
    "assignment",
    [
        "name=",
        "name=   ",
        "name=a\0b",
        "allowedDomains=*.example.com",
        "allowedDomains=a.example/path",
        "allowedDomains=-a.example",
        "allowedDomains=" + "x" * 64 + "ü.example",
        "lowStockThreshold=-1",
        "lowStockThreshold=1.5",
        "safetyStock=-1",
        "lowStockThreshold=٣",
        "lowStockThreshold=2147483648",
        "currency=eur",
        "currency=EURO",
        "mapboxToken=" + "x" * 501,
        "shrinkGuardPercent=100.01",
        "shrinkGuardPercent=1.234",
        "shrinkGuardPercent=nan",
        "echoGuardS=1e3",
        "feedWaitS=61",
        "feedWaitS=inf",
        "expectedIntervalS=0",
        "rateLimitPerS=0",
        "rateLimitBurst=0",
    ],
)
def test_a_bad_value_is_refused_by_the_name_of_its_setting(assignment):
    with pytest.raises(InvalidInputError, match=assignment.partition("=")[0] + "|domain"):
        parse_settings([assignment])


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://shop.example.com", True),
        ("http://SHOP.example.com", True),
        ("https://shop.example.com:8443", True),
        ("https://b.example:81", True),
        ("https://b.example", False),
        ("https://evil.example", False),
        ("https://shop.example.com.evil.example", False),
        ("https://sub.shop.example.com", False),
        ("null", False),
        ("", False),
        ("https://[bad", False),
    ],
)
def test_an_origin_is_let_through_by_its_exact_host(origin, allowed):
    assert is_allowed(origin, ("shop.example.com", "b.example:81")) is allowed
