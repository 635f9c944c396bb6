"""What the stock room knows of a variant: prices, codes, countries, weights, with Shopify's rules."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from app.local.shopify_sim.state import Item, Variant
from app.local.shopify_sim.writing.mutation import unsupported

_HS_CODE = re.compile(r"\d{6,13}")
_PROVINCE = re.compile(r"[A-Z]{1,3}")
_AMOUNT_MAX = Decimal(1000000000000000000)
_SKU_MAX = _BARCODE_MAX = 255

Wrong = Callable[[str | None, list[Any], str], None]


def write_variant(variant: Variant, given: dict[str, Any], path: list[Any], wrong: Wrong, code: str) -> None:
    """The fields of a variant that both productSet and the bulk mutations have; null empties."""
    unsupported(given, "requiresComponents", "unitPriceMeasurement", "showUnitPrice")
    _write_amounts(variant, given, path, wrong, code)
    for name, most in (("sku", _SKU_MAX), ("barcode", _BARCODE_MAX)):
        if name in given:
            if len(given[name] or "") > most:
                wrong(code, [*path, name], f"{_words(name)} is too long (maximum is {most} characters)")
            setattr(variant, name, (given[name] or "").strip() or ("" if name == "sku" else None))
    for name, attribute in (("inventoryPolicy", "inventory_policy"), ("taxable", "taxable")):
        if given.get(name) is not None:
            setattr(variant, attribute, given[name])
    if given.get("inventoryItem"):
        write_item(variant, given["inventoryItem"], [*path, "inventoryItem"], wrong, code)


def _write_amounts(variant: Variant, given: dict[str, Any], path: list[Any], wrong: Wrong, code: str) -> None:
    for name, attribute in (("price", "price"), ("compareAtPrice", "compare_at_price")):
        if name in given:
            amount = given[name]
            if amount is not None and Decimal(amount) < 0:
                wrong(code, [*path, name], f"{_words(name)} must be greater than or equal to 0")
            elif amount is not None and Decimal(amount) >= _AMOUNT_MAX:
                wrong(code, [*path, name], f"{_words(name)} must be less than 1000000000000000000")
            setattr(variant, attribute, str(amount) if amount is not None else _no_amount(name))


def _no_amount(name: str) -> str | None:
    return "0.00" if name == "price" else None


def _words(name: str) -> str:
    return {"price": "Price", "compareAtPrice": "Compare at price", "sku": "SKU", "barcode": "Barcode"}[name]


def write_item(
    variant: Variant, given: dict[str, Any], path: list[Any], wrong: Wrong, code: str | None
) -> None:
    """An InventoryItemInput: only what is given changes."""
    unsupported(given, "countryHarmonizedSystemCodes")
    item = variant.item
    if "sku" in given:
        variant.sku = (given["sku"] or "").strip()
    if "cost" in given:
        _write_cost(item, given["cost"], path, wrong, code)
    if "harmonizedSystemCode" in given:
        _write_hs_code(item, given["harmonizedSystemCode"], path, wrong, code)
    if "countryCodeOfOrigin" in given:
        item.country_code_of_origin = given["countryCodeOfOrigin"]
    if "provinceCodeOfOrigin" in given:
        province = given["provinceCodeOfOrigin"]
        if province and not _PROVINCE.fullmatch(province):
            wrong(code, [*path, "provinceCodeOfOrigin"], "Province code of origin is invalid")
        item.province_code_of_origin = province
    for name, attribute in (("tracked", "tracked"), ("requiresShipping", "requires_shipping")):
        if given.get(name) is not None:
            setattr(item, attribute, given[name])
    _write_measurement(item, given.get("measurement") or {}, path, wrong, code)


def _write_cost(item: Item, cost: Any, path: list[Any], wrong: Wrong, code: str | None) -> None:
    if cost is not None and Decimal(cost) < 0:
        wrong(code, [*path, "cost"], "Cost must be greater than or equal to 0")
    item.cost = str(Decimal(cost).quantize(Decimal("0.01"))) if cost is not None else None


def _write_hs_code(item: Item, hs_code: Any, path: list[Any], wrong: Wrong, code: str | None) -> None:
    if hs_code and not _HS_CODE.fullmatch(hs_code):
        message = "Harmonized system code must be a number between six and thirteen digits"
        wrong(code, [*path, "harmonizedSystemCode"], message)
    item.harmonized_system_code = hs_code or None


def _write_measurement(
    item: Item, given: dict[str, Any], path: list[Any], wrong: Wrong, code: str | None
) -> None:
    unsupported(given, "shippingPackageId")
    weight = given.get("weight")
    if not weight:
        return
    if weight["value"] < 0:
        message = f"Measurement weight value {weight['value']:g} kg must be >= 0 kg"
        wrong(code, [*path, "measurement", "weight"], message)
    item.weight, item.weight_unit = float(weight["value"]), weight["unit"]
