"""The bulk mutations of variants."""

from typing import Any

from app.local.shopify_sim.gids import number
from app.local.shopify_sim.reading.files import file_of
from app.local.shopify_sim.resolving import Arguments, Call, refused
from app.local.shopify_sim.state import DEFAULT_VALUE, Option, Product, Value, Variant
from app.local.shopify_sim.writing.draft import Draft
from app.local.shopify_sim.writing.files import is_address, made_of
from app.local.shopify_sim.writing.items import write_variant
from app.local.shopify_sim.writing.metafields import add_metafields
from app.local.shopify_sim.writing.mutation import mutation, unsupported
from app.local.shopify_sim.writing.options import chosen, titled
from app.local.shopify_sim.writing.product_set import new_variant

_INVALID = "INVALID_INPUT"


def _product(call: Call, arguments: Arguments) -> Product:
    found = call.store.shop.products.get(number(arguments["productId"], "Product") or 0)
    if found is None:
        raise refused("PRODUCT_DOES_NOT_EXIST", ["productId"], "Product does not exist")
    return found


@mutation("productVariantsBulkUpdate", "product", "productVariants")
def bulk_update(call: Call, arguments: Arguments) -> dict[str, Any]:
    """All or none, unless partial updates are allowed, which is not played. Quantities do not belong here."""
    unsupported(arguments, "allowPartialUpdates")
    draft = Draft(call, _product(call, arguments), _INVALID)
    add_media(draft, arguments.get("media") or [], ["media"])
    by_id = {one.id: one for one in draft.product.variants}
    touched: list[int] = []
    for place, one in enumerate(arguments["variants"]):
        here = ["variants", place]
        variant = _named(draft, by_id, one, here)
        if variant is None:
            continue
        if one.get("inventoryQuantities"):
            code = "NO_INVENTORY_QUANTITIES_ON_VARIANTS_UPDATE"
            message = (
                "Inventory quantities can only be provided during create. To update inventory for existing"
            )
            draft.wrong(
                code, [*here, "inventoryQuantities"], f"{message} variants, use inventoryAdjustQuantities."
            )
        _write(draft, variant, one, here)
        if one.get("optionValues"):
            _choose(draft, variant, one, here)
        touched.append(variant.id)
    product = draft.commit()
    return {"product": product, "productVariants": [one for one in product.variants if one.id in touched]}


def _named(draft: Draft, by_id: dict[int, Variant], given: Arguments, path: list[Any]) -> Variant | None:
    if not given.get("id"):
        draft.wrong("PRODUCT_VARIANT_ID_MISSING", [*path, "id"], "Product variant is missing ID attribute")
        return None
    found = by_id.get(number(given["id"], "ProductVariant") or 0)
    if found is None:
        draft.wrong("PRODUCT_VARIANT_DOES_NOT_EXIST", [*path, "id"], "Product variant does not exist")
    return found


def _write(draft: Draft, variant: Variant, given: Arguments, path: list[Any]) -> None:
    unsupported(given, "quantityAdjustments")
    variant.updated_at = draft.call.now
    before = (
        variant.item.cost,
        variant.item.tracked,
        variant.item.weight,
        variant.item.harmonized_system_code,
    )
    write_variant(variant, given, path, draft.wrong, _INVALID)
    item = variant.item
    if before != (item.cost, item.tracked, item.weight, item.harmonized_system_code):
        item.updated_at = draft.call.now
        draft.call.store.happened("inventory_items/update", item)
    add_metafields(draft, variant, given.get("metafields") or [], [*path, "metafields"], _INVALID)
    if given.get("mediaId"):
        file = file_of(draft.call, given["mediaId"])
        if file is None or file.id not in draft.product.files:
            draft.wrong("MUST_BE_FOR_THIS_PRODUCT", [*path, "mediaId"], "Media must be for this product")
        else:
            variant.files = [file.id]
    for source in given.get("mediaSrc") or ():
        twins = [one for one in draft.product.files if _source(draft, one) == source]
        if twins:
            variant.files = twins[:1]
        else:
            draft.wrong(_INVALID, [*path, "mediaSrc"], "Media source must be among the media input")


def _source(draft: Draft, number_of: int) -> str | None:
    found = draft.file(number_of)
    return found.source if found else None


def _choose(draft: Draft, variant: Variant, given: Arguments, path: list[Any]) -> None:
    entries = [*_kept(draft.product, variant, given["optionValues"]), *given["optionValues"]]
    _add_values(draft, entries)
    choice = chosen(draft, entries, path, "NEED_TO_ADD_OPTION_VALUES")
    if choice is None:
        return
    if any(one.chosen == choice for one in draft.product.variants if one is not variant):
        message = f"The variant '{titled(draft.product, choice)}' already exists."
        draft.wrong("VARIANT_ALREADY_EXISTS", path, message)
    variant.chosen = choice


def _kept(product: Product, variant: Variant, given: list[Arguments]) -> list[Arguments]:
    """What the variant chose of the options that are not named."""
    named = {(one.get("optionName") or "").lower() for one in given}
    ids = {number(one["optionId"], "ProductOption") for one in given if one.get("optionId")}
    values = {value.id: value for option in product.options for value in option.values}
    return [
        {"optionId": option.gid, "id": values[variant.chosen[option.id]].gid}
        for option in product.options
        if option.name.lower() not in named and option.id not in ids
    ]


def _add_values(draft: Draft, given: list[Arguments]) -> None:
    """Values by a new name come into being."""
    for one in given:
        option = _option(draft.product, one)
        name = (one.get("name") or "").strip()
        if option and name and all(each.name.lower() != name.lower() for each in option.values):
            option.values.append(Value(draft.call.store.shop.number(), name))


def _option(product: Product, given: Arguments) -> Option | None:
    wanted = number(given["optionId"], "ProductOption") if given.get("optionId") else None
    name = (given.get("optionName") or "").lower()
    return next((one for one in product.options if one.id == wanted or one.name.lower() == name), None)


@mutation("productVariantsBulkCreate", "product", "productVariants")
def bulk_create(call: Call, arguments: Arguments) -> dict[str, Any]:
    """New variants beside the old ones; a lone default variant goes, as the DEFAULT strategy has it."""
    draft = Draft(call, _product(call, arguments), _INVALID)
    if any(one.get("inventoryQuantities") for one in arguments["variants"]):
        call.require("write_inventory", "productVariantsBulkCreate")
    add_media(draft, arguments.get("media") or [], ["media"])
    old = list(draft.product.variants)
    made: list[Variant] = []
    for place, one in enumerate(arguments["variants"]):
        here = ["variants", place]
        if one.get("id"):
            draft.wrong("NO_KEY_ON_CREATE", [*here, "id"], "Cannot specify id on create")
        _add_values(draft, one.get("optionValues") or [])
        choice = chosen(draft, one.get("optionValues") or [], here, "NEED_TO_ADD_OPTION_VALUES")
        if choice is None:
            continue
        if any(each.chosen == choice for each in [*old, *made]):
            message = f"The variant '{titled(draft.product, choice)}' already exists. Please change at least one option value."
            draft.wrong("VARIANT_ALREADY_EXISTS", here, message)
        variant = new_variant(draft, choice)
        _write(draft, variant, one, here)
        _stock(draft, variant, one.get("inventoryQuantities") or [], here)
        made.append(variant)
    keep = (
        []
        if _is_lone_default(draft.product) and arguments["strategy"] != "PRESERVE_STANDALONE_VARIANT"
        else old
    )
    draft.product.variants = [*keep, *made]
    product = draft.commit()
    return {"product": product, "productVariants": made}


def _is_lone_default(product: Product) -> bool:
    values = [value.name for option in product.options for value in option.values]
    return len(product.variants) == 1 and values[:1] == [DEFAULT_VALUE]


def _stock(draft: Draft, variant: Variant, given: list[Arguments], path: list[Any]) -> None:
    store = draft.call.store
    for place, one in enumerate(given):
        location = store.shop.locations.get(number(one["locationId"], "Location") or 0)
        if location is None or not location.is_active:
            here = [*path, "inventoryQuantities", place]
            draft.wrong("TRACKED_VARIANT_LOCATION_NOT_FOUND", here, "The location could not be found")
            continue
        level = store.stock(variant.item, location.id)
        store.happened("inventory_levels/connect", level)
        store.set_available(level, one["availableQuantity"])
    primary = store.primary_location()
    if not given and primary:
        store.happened("inventory_levels/connect", store.stock(variant.item, primary.id))


@mutation("productVariantsBulkDelete", "product")
def bulk_delete(call: Call, arguments: Arguments) -> dict[str, Any]:
    """Some, never all."""
    draft = Draft(call, _product(call, arguments), _INVALID)
    wanted = {number(one, "ProductVariant") for one in arguments["variantsIds"]}
    if not wanted <= {one.id for one in draft.product.variants}:
        code = "AT_LEAST_ONE_VARIANT_DOES_NOT_BELONG_TO_THE_PRODUCT"
        raise refused(code, ["variantsIds"], "At least one variant does not belong to the product")
    if len(wanted) == len(draft.product.variants):
        message = "Cannot delete the last variant of the product"
        raise refused("CANNOT_DELETE_LAST_VARIANT", ["variantsIds"], message)
    draft.product.variants = [one for one in draft.product.variants if one.id not in wanted]
    return {"product": draft.commit()}


def add_media(draft: Draft, given: list[Arguments], path: list[Any]) -> None:
    """New media behind the old ones."""
    for place, one in enumerate(given):
        if one["mediaContentType"] != "IMAGE" or not is_address(one["originalSource"]):
            draft.wrong(_INVALID, [*path, place, "originalSource"], "Image URL is invalid")
            continue
        file = made_of(
            draft.call, {"originalSource": one["originalSource"], "alt": one.get("alt")}, draft.files
        )
        draft.files[file.id] = file
        draft.product.files.append(file.id)
