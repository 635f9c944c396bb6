"""A supplier file becomes a supplier; whatever is wrong with it names its field."""

import pytest

from app.domain.errors import InvalidInputError
from app.domain.suppliers.source import Auth, Pagination
from app.domain.suppliers.supplier import SkuTerms, described, restored, settled_secrets, stored

FILE = {
    "code": "north",
    "name": "North Sled",
    "url": "https://api.north.example/stock?all=1",
    "format": "json",
    "fields": {"sku": "sku", "quantity": "stock.free"},
}
OAUTH = {
    "type": "oauth2",
    "tokenUrl": "https://login.north.example/token",
    "clientId": "c",
    "clientSecret": "s3cret",
    "scope": "stock",
}
KEY = {"type": "apiKey", "header": "X-Api-Key", "value": "s3cret"}


def wrong(**changes) -> tuple[str, str]:
    with pytest.raises(InvalidInputError) as told:
        described({**FILE, **changes})
    first = told.value.details[0]
    assert told.value.message == ": ".join(filter(None, (first["field"], first["message"])))
    return first["field"], first["message"]


def test_a_short_file_is_enough():
    supplier = described(FILE).supplier

    assert (supplier.interval_s, supplier.low_stock_threshold, supplier.drop_guard_percent) == (900, 10, 50)
    assert (supplier.source.auth, supplier.source.pagination, supplier.source.whole) == (Auth(), None, True)


def test_skus_are_part_numbers_or_terms():
    skus = described(
        {**FILE, "skus": {" A ": "P-1", "B": {"lowStockThreshold": 3, "packSize": 6}}}
    ).supplier.skus

    assert skus == {"A": SkuTerms("P-1"), "B": SkuTerms(low_stock_threshold=3, pack_size=6)}


@pytest.mark.parametrize("auth", [OAUTH, KEY, {"type": "basic", "username": "u", "password": "s3cret"}])
def test_secrets_are_apart_from_the_source_and_in_no_text_of_it(auth):
    told = described({**FILE, "auth": auth})

    assert list(told.secrets.values()) == ["s3cret"]
    assert "s3cret" not in repr(told) + str(stored(told.supplier.source)) + repr(told.supplier)


@pytest.mark.parametrize(
    "more",
    [
        {"auth": OAUTH},
        {"auth": {"type": "apiKey", "query": "key", "value": "v"}, "items": "data.items"},
        {
            "pagination": {"type": "page", "first": 0, "sizeParam": "size", "size": 50},
            "words": {"Plenty": 100},
        },
        {"pagination": {"type": "cursor", "param": "after", "next": "meta.next"}, "dateFormat": "%d/%m/%Y"},
        {"format": "csv", "delimiter": ";", "encoding": "latin-1", "header": False, "whole": False},
        {"url": None},
    ],
)
def test_a_source_is_kept_in_its_files_words(more):
    source = described({**FILE, **more}).supplier.source

    assert restored(stored(source)) == source


def test_pages_are_counted_from_one_by_page_unless_it_says_otherwise():
    source = described({**FILE, "pagination": {"type": "page"}}).supplier.source

    assert source.pagination == Pagination("page", param="page", first=1)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"code": ""}, "code"),
        ({"code": "a b"}, "code"),
        ({"name": " "}, "name"),
        ({"name": "a\x00"}, "name"),
        ({"url": "ftp://north.example/"}, "url"),
        ({"url": "https://user:pass@north.example/"}, "url"),
        ({"url": "https://north.example/#all"}, "url"),
        ({"url": "https://nörth.example/"}, "url"),
        ({"url": "https:///stock"}, "url"),
        ({"url": "https://north.example:99999/"}, "url"),
        ({"url": "https://north.example/a b"}, "url"),
        ({"url": f"https://north.example/{'a' * 2000}"}, "url"),
        ({"url": None, "pagination": {"type": "link"}}, ""),
        ({"format": "yaml"}, "format"),
        ({"fields": {"sku": "sku"}}, "fields.quantity"),
        ({"fields": {"sku": "sku", "quantity": "qty", "colour": "x"}}, "fields.colour"),
        ({"format": "csv", "fields": {"sku": "a\x00", "quantity": "qty"}}, "fields.sku"),
        ({"words": {"a\x00": 5}}, "words.a\x00.[key]"),
        ({"orderEmail": "a\x00@b"}, "orderEmail"),
        ({"format": "csv", "delimiter": "\x00"}, "delimiter"),
        ({"format": "csv", "delimiter": '"'}, "delimiter"),
        ({"format": "csv", "delimiter": "\n"}, "delimiter"),
        ({"fields": {"sku": "[@,@][]", "quantity": "qty"}}, "fields.sku"),
        ({"fields": {"sku": "sku", "quantity": "a | b"}}, "fields.quantity"),
        ({"items": "[?stock > `1`]"}, "items"),
        ({"format": "csv", "items": "rows"}, ""),
        ({"delimiter": ";"}, ""),
        ({"auth": {"type": "magic"}}, "auth.type"),
        ({"auth": {"type": "none", "value": "x"}}, "auth"),
        ({"auth": {"type": "apiKey", "value": "x"}}, "auth"),
        ({"auth": {**KEY, "query": "key"}}, "auth"),
        ({"auth": {**KEY, "header": "Host"}}, "auth.header"),
        ({"auth": {**KEY, "header": "X: y"}}, "auth.header"),
        ({"auth": {**KEY, "value": "a\r\nX-Other: b"}}, "auth.value"),
        ({"auth": {"type": "basic", "password": "x"}}, "auth"),
        ({"auth": {"type": "basic", "username": "a:b", "password": "x"}}, "auth"),
        ({"auth": {**OAUTH, "tokenUrl": "http://a@b/"}}, "auth.tokenUrl"),
        ({"auth": {**OAUTH, "password": "x"}}, "auth"),
        ({"pagination": {"type": "offset"}}, "pagination.type"),
        ({"pagination": {"type": "cursor", "param": "after"}}, "pagination"),
        ({"pagination": {"type": "cursor", "param": "after", "next": "*.next"}}, "pagination.next"),
        ({"pagination": {"type": "link", "param": "page"}}, "pagination"),
        ({"pagination": {"type": "page", "size": 5}}, "pagination"),
        ({"format": "csv", "pagination": {"type": "cursor", "param": "a", "next": "b"}}, ""),
        ({"skus": {"A": 5}}, "skus.A"),
        ({"skus": {"A": {"packSize": 0}}}, "skus.A.packSize"),
        ({"skus": {"A": ""}}, "skus.A.partNumber"),
        ({"intervalS": 59}, "intervalS"),
        ({"intervalS": 86_401}, "intervalS"),
        ({"intervalS": "900"}, "intervalS"),
        ({"lowStockThreshold": True}, "lowStockThreshold"),
        ({"lowStockThreshold": -1}, "lowStockThreshold"),
        ({"reorderPoint": 10, "targetStock": 10}, ""),
        ({"dropGuardPercent": 0}, "dropGuardPercent"),
        ({"words": {"plenty": -1}}, "words.plenty"),
        ({"encoding": "rot13"}, "encoding"),
        ({"interval": 900}, "interval"),
    ],
)
def test_what_is_wrong_is_named(changes, field):
    assert wrong(**changes)[0] == field


@pytest.mark.parametrize("document", [None, [], "north", 5, {}])
def test_what_is_no_file_is_refused(document):
    with pytest.raises(InvalidInputError):
        described(document)


# --- secrets that are left out -----------------------------------------------------------------------------------


def settled(before: dict, after: dict) -> dict:
    """What is kept when the second file comes without its secret."""
    kept, told = described({**FILE, **before}), described({**FILE, **after})
    return dict(settled_secrets(told.supplier.source, told.secrets, kept.supplier.source, kept.secrets))


def without(auth: dict, name: str) -> dict:
    return {key: value for key, value in auth.items() if key != name}


def test_a_secret_that_is_left_out_stays():
    again = {"auth": without(KEY, "value"), "url": "https://api.north.example/stock/v2"}

    assert settled({"auth": KEY}, again) == {"value": "s3cret"}


def test_a_secret_that_is_given_takes_the_olds_place():
    assert settled({"auth": KEY}, {"auth": {**KEY, "value": "new"}}) == {"value": "new"}


@pytest.mark.parametrize(
    ("auth", "after"),
    [
        (KEY, {"url": "https://evil.example/", "auth": without(KEY, "value")}),
        (KEY, {"url": "http://api.north.example/", "auth": without(KEY, "value")}),
        (KEY, {"url": "https://api.north.example:8443/", "auth": without(KEY, "value")}),
        (KEY, {"auth": {"type": "apiKey", "query": "key"}}),
        (KEY, {"auth": {"type": "basic", "username": "u"}}),
        (OAUTH, {"auth": {**without(OAUTH, "clientSecret"), "tokenUrl": "https://evil.example/token"}}),
        (OAUTH, {"auth": {**without(OAUTH, "clientSecret"), "clientId": "other"}}),
    ],
)
def test_a_kept_secret_is_never_sent_through_another_door(auth, after):
    with pytest.raises(InvalidInputError, match="is needed"):
        settled({"auth": auth}, after)
