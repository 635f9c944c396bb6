"""Shopify's answers as the push's errors: what a merchant can act on, what only needs another look, what will not work."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from app.domain.errors import StocklineError
from app.domain.push.errors import ShopClosedError, ShopGoneError, ShopRefusedError, StaleStockError

Told = Mapping[str, Any]
"""One entry of `errors` or `userErrors`."""


class TransportFaultError(Exception):
    """The call did not get through, or its answer did not come back: whether it was done is not known."""

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class KeyUndefinedError(Exception):
    """The definition of our key is not in the shop."""


_GONE: Final = {
    "NOT_FOUND",
    "PRODUCT_DOES_NOT_EXIST",
    "PRODUCT_VARIANT_DOES_NOT_EXIST",
    "INVALID_INVENTORY_ITEM",
    "MUST_BE_FOR_THIS_PRODUCT",
}
_LOCATION_LOST: Final = {"INVALID_LOCATION", "TRACKED_VARIANT_LOCATION_NOT_FOUND"}
_STALE: Final = {
    "CHANGE_FROM_QUANTITY_STALE",
    "COMPARE_QUANTITY_STALE",
    # The first call with the key was refused, or wrote other figures: what stands there now has to be read.
    "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED",
    "IDEMPOTENCY_KEY_PARAMETER_MISMATCH",
}
_REFUSALS: Final = {
    "CAPABILITY_VIOLATION": "duplicate_product_key",
    "DUPLICATED_METAFIELD_VALUE": "duplicate_product_key",
    "DUPLICATED_OPTION_NAME": "option_taken",
    "DUPLICATED_OPTION_VALUE": "option_taken",
    "HANDLE_NOT_UNIQUE": "handle_taken",
    "NON_MUTABLE_INVENTORY_ITEM": "stock_not_mutable",
    "OPTIONS_OVER_LIMIT": "too_many_options",
    "OPTION_VALUES_OVER_LIMIT": "too_many_options",
    "OPTION_VALUE_NAME_TOO_LONG": "option_too_long",
    "PRODUCT_SUSPENDED": "product_suspended",
    "VARIANTS_OVER_LIMIT": "too_many_variants",
    "VARIANT_ALREADY_EXISTS": "option_taken",
    "INVALID_QUANTITY_NEGATIVE": "invalid_stock",
    "INVALID_QUANTITY_TOO_HIGH": "invalid_stock",
    "INVALID_QUANTITY_TOO_LOW": "invalid_stock",
}
"""By Shopify's own code, where that says enough."""
_BY_FIELD: Final = {
    "price": "invalid_price",
    "compareAtPrice": "invalid_compare_at_price",
    "cost": "invalid_cost_price",
    "harmonizedSystemCode": "invalid_hs_code",
    "countryCodeOfOrigin": "invalid_country_of_origin",
    "weight": "invalid_weight",
    "measurement": "invalid_weight",
    "barcode": "invalid_ean",
    "sku": "invalid_sku",
    "tags": "invalid_tags",
    "descriptionHtml": "description_too_long",
    "vendor": "vendor_too_long",
    "productType": "product_type_too_long",
    "seo": "invalid_seo",
    "quantity": "invalid_stock",
    "status": "invalid_status",
    "originalSource": "invalid_image",
    "filename": "invalid_image",
    "file": "invalid_image",
    "files": "invalid_image",
    "productOptions": "invalid_option",
    "optionValues": "invalid_option",
}
"""By the last field of the path that says something."""
_BY_WORDS: Final = (
    ("already exists", "option_taken"),
    ("title", "invalid_title"),
    ("compare at price", "invalid_compare_at_price"),
    ("price", "invalid_price"),
    ("harmonized system", "invalid_hs_code"),
    ("country", "invalid_country_of_origin"),
    ("weight", "invalid_weight"),
    ("barcode", "invalid_ean"),
    ("sku", "invalid_sku"),
    ("image", "invalid_image"),
    ("media", "invalid_image"),
    ("file", "invalid_image"),
    ("cost", "invalid_cost_price"),
    ("tag", "invalid_tags"),
    ("option", "invalid_option"),
)
"""By what the sentence speaks of, where the path ends at the variant."""
_UNDEFINED_KEY: Final = "definition of type 'id' is required"
_SCOPE: Final = re.compile(r"`((?:read|write)_[a-z_]+)`")
_SENTENCES_MAX: Final = 3
_SENTENCE_MAX: Final = 300


def refused(errors: Sequence[Told]) -> StocklineError:
    """What the `userErrors` of a mutation come to; the gravest of them, with all the sentences."""
    codes = {one.get("code") for one in errors}
    message = sentences(errors)
    if any(_of_the_location(one) for one in errors):
        return location_gone()
    if codes & _STALE:
        return StaleStockError(f"the stock in the shop is not what it was: {message}")
    if "ITEM_NOT_STOCKED_AT_LOCATION" in codes:
        return ShopGoneError("not_stocked", f"the item is not kept at the location: {message}")
    if any(_of_what_is_gone(one) for one in errors):
        return ShopGoneError("gone", f"it is not in the shop any more: {message}")
    return ShopRefusedError(_kind(errors[0]), f"Shopify refuses it: {message}")


def _of_the_location(error: Told) -> bool:
    path = error.get("field") or ()
    lost = "could not be found" in str(error.get("message")) and path and path[-1] == "locationId"
    return error.get("code") in _LOCATION_LOST or bool(lost)


def _of_what_is_gone(error: Told) -> bool:
    """Some mutations have no codes for it, only words."""
    words = str(error.get("message")).lower()
    wordless = error.get("code") is None and ("does not exist" in words or "could not be found" in words)
    return error.get("code") in _GONE or wordless


def _kind(error: Told) -> str:
    code, path = error.get("code"), [str(one) for one in error.get("field") or ()]
    said = str(error.get("message", "")).lower()
    if code in _REFUSALS:
        return _REFUSALS[code]
    if path[-1:] == ["title"]:
        return "title_too_long" if "too long" in said else "invalid_title"
    by_field = next((_BY_FIELD[one] for one in reversed(path) if one in _BY_FIELD), None)
    by_words = next((kind for words, kind in _BY_WORDS if words in said), None)
    return by_field or by_words or "shopify_refused"


def sentences(errors: Sequence[Told]) -> str:
    """Shopify's own words, each once, with the variant that they are about."""
    told = dict.fromkeys(_sentence(one) for one in errors)
    shown = "; ".join(list(told)[:_SENTENCES_MAX])
    return f"{shown} and {len(told) - _SENTENCES_MAX} more" if len(told) > _SENTENCES_MAX else shown


def _sentence(error: Told) -> str:
    text = " ".join(str(error.get("message", "")).split())[:_SENTENCE_MAX].rstrip(".") or "no reason given"
    path = [str(one) for one in error.get("field") or ()]
    if "variants" in path and path[-1] != "variants":
        place = path[path.index("variants") + 1]
        return f"{text} (variant {int(place) + 1})" if place.isdigit() else text
    return text


def failed(errors: Sequence[Told]) -> Exception:
    """What the `errors` of an answer come to. TransportFaultError where another try can help."""
    if any(_UNDEFINED_KEY in str(one.get("message")) for one in errors):
        return KeyUndefinedError(sentences(errors))
    for code, made in _FAILURES.items():
        for one in errors:
            if _code(one) == code:
                return made(one)
    return ShopRefusedError("shopify_refused", f"Shopify refuses it: {sentences(errors)}")


def _code(error: Told) -> str:
    return str((error.get("extensions") or {}).get("code"))


def missing_scope(error: Told) -> ShopClosedError:
    """With the scope's name, so that it can be granted."""
    extensions = error.get("extensions") or {}
    rule = str(extensions.get("requiredAccess") or error.get("message", ""))
    return lacks(_SCOPE.findall(rule.split("Also:", maxsplit=1)[0])[:1])


def lacks(scopes: Sequence[str]) -> ShopClosedError:
    """Some scopes that no push can do without."""
    named = ", ".join(scopes) or "a scope"
    return ShopClosedError(
        "missing_scope",
        f"the app lacks {named}: release a version of it in the Dev Dashboard that has it, then resume the push",
    )


def location_gone() -> ShopClosedError:
    """The connection's location is closed or deleted."""
    return ShopClosedError(
        "location_gone",
        "the location that stock goes to is closed or deleted in the shop: choose another one for the "
        "connection, or open it again",
    )


def _bad_variable(error: Told) -> tuple[str, str]:
    """The variable's first problem: where it is tells what it is."""
    problems = (error.get("extensions") or {}).get("problems") or [{}]
    told = {"field": problems[0].get("path"), "message": problems[0].get("explanation")}
    kind = _kind(told)
    return kind, f"Shopify refuses it: {_sentence(told)} ({kind.removeprefix('invalid_').replace('_', ' ')})"


def unanswered(status: int, body: bytes) -> Exception:
    """What an HTTP status other than 200 and 401 comes to."""
    match status:
        case 402:
            return ShopClosedError(
                "shop_frozen",
                "the shop is frozen for an unpaid bill: its owner has to settle it with Shopify",
            )
        case 403:
            return ShopClosedError(
                "shop_forbids", "Shopify forbids the app to work in this shop: see its settings"
            )
        case 404:
            return ShopClosedError(
                "shop_not_found", "there is no such shop: check the domain of the connection"
            )
        case 423:
            return ShopClosedError(
                "shop_locked", "Shopify has locked the shop: its owner has to contact Shopify"
            )
    text = " ".join(body[:_SENTENCE_MAX].decode("utf-8", "replace").split())
    return ShopRefusedError("shopify_refused", f"Shopify refuses the call with status {status}: {text}")


_FAILURES: Final[Mapping[str, Callable[[Told], Exception]]] = {
    "INTERNAL_SERVER_ERROR": lambda _: TransportFaultError("Shopify had an internal error"),
    "ACCESS_DENIED": missing_scope,
    "VARIANT_THROTTLE_EXCEEDED": lambda _: ShopClosedError(
        "variant_limit",
        "the shop has more than half a million variants and takes 10,000 new ones a day: go on tomorrow, or ask "
        "Shopify for more",
    ),
    "MAX_COST_EXCEEDED": lambda one: ShopRefusedError(
        "max_cost_exceeded", f"the product is too large for one call: {_sentence(one)}"
    ),
    "MAX_INPUT_SIZE_EXCEEDED": lambda one: ShopRefusedError(
        "too_many_variants",
        "the product has more than Shopify takes at once, 250 values of an option or 250 pictures: split the "
        f"group ({_sentence(one)})",
    ),
    "INVALID_VARIABLE": lambda one: ShopRefusedError(*_bad_variable(one)),
}
"""By the code of an error, the gravest first."""
