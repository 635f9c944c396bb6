"""productSet: what is given is set, and of lists that are given, what is left out is deleted.

https://shopify.dev/docs/api/admin-graphql/2026-07/mutations/productSet, and the project's facts. Not found anywhere, and
therefore refused: an identifier by handle whose input has no handle or another one (the codes MISSING_FIELD_REQUIRED and
INPUT_MISMATCH exist), a variant's file that is not among the product's, stock without write_inventory. A variant without
an id is the one of the same option values, as live captures show
(https://github.com/airhorns/shopify-draft-proxy).
"""

# ruff: noqa: D103 - a resolver says in its decorator which field it is

from typing import Any

from app.local.shopify_sim.gids import number
from app.local.shopify_sim.reading.metafields import by_custom_id, id_definition
from app.local.shopify_sim.resolving import Arguments, Call, RefusedError, refused
from app.local.shopify_sim.state import Item, Operation, Product, Variant
from app.local.shopify_sim.writing.draft import Draft
from app.local.shopify_sim.writing.files import set_files
from app.local.shopify_sim.writing.items import write_variant
from app.local.shopify_sim.writing.metafields import set_metafields
from app.local.shopify_sim.writing.mutation import mutation, unsupported
from app.local.shopify_sim.writing.options import chosen, default_options, set_options, titled

QUANTITIES_MAX = 50_000
_INPUT = ["input"]


@mutation("productSet", "product", "productSetOperation")
def product_set(call: Call, arguments: Arguments) -> dict[str, Any]:
    _check_scopes(call, arguments["input"])
    if arguments["synchronous"] is False:
        return {"productSetOperation": _later(call, arguments)}
    return {"product": run(call, arguments)}


def _check_scopes(call: Call, given: Arguments) -> None:
    if any(one.get("inventoryQuantities") for one in given.get("variants") or ()):
        call.require("write_inventory", "productSet")


def _later(call: Call, arguments: Arguments) -> Operation:
    shop = call.store.shop
    made = Operation(
        id=shop.number(),
        client_id=call.app.client_id,
        scopes=sorted(call.scopes),
        arguments={name: arguments.get(name) for name in ("identifier", "input")},
        created_at=call.now,
        due_at=call.now + shop.operation_s,
    )
    shop.operations[made.id] = made
    call.store.touched = True
    return made


def settle(call: Call, operation: Operation) -> None:
    """Run one that was to run later."""
    told = len(call.store.events)
    try:
        operation.product = run(call, operation.arguments).id
    except RefusedError as error:
        del call.store.events[told:]
        operation.user_errors = error.errors
    operation.done, operation.arguments = True, {}


def run(call: Call, arguments: Arguments) -> Product:
    """Do it, or raise with everything that is wrong."""
    given, identifier = arguments["input"], arguments.get("identifier")
    original = _original(call, given, identifier)
    draft = Draft(call, original, "INVALID_PRODUCT")
    unsupported(given, "category", "claimOwnership", "collections", "combinedListingRole", "giftCard")
    unsupported(given, "giftCardTemplateSuffix", "requiresSellingPlan")
    draft.write(given, _INPUT)
    _check_companions(draft, given)
    sources = set_files(draft, given["files"] or [], [*_INPUT, "files"]) if "files" in given else None
    if given.get("productOptions") and given.get("variants"):
        set_options(draft, given["productOptions"], [*_INPUT, "productOptions"])
        _set_variants(draft, given["variants"], sources)
    elif draft.is_new:
        _make_default_variant(draft)
    if sources is not None:
        for variant in draft.product.variants:
            variant.files = [one for one in variant.files if one in draft.product.files]
    if "metafields" in given:
        set_metafields(draft, draft.product, given["metafields"] or [], [*_INPUT, "metafields"])
    _keep_custom_id(draft, identifier, given)
    return draft.commit()


def _original(call: Call, given: Arguments, identifier: Arguments | None) -> Product | None:
    """The product to be changed; None for a new one."""
    if identifier and given.get("id"):
        raise refused("ID_NOT_ALLOWED", _INPUT, "The id field is not allowed if identifier is provided.")
    if given.get("id"):
        found = call.store.shop.products.get(number(given["id"], "Product") or 0)
        if found is None:
            raise refused("PRODUCT_DOES_NOT_EXIST", [*_INPUT, "id"], "Product does not exist")
        return found
    return _identified(call, given, identifier) if identifier else None


def _identified(call: Call, given: Arguments, identifier: Arguments) -> Product | None:
    if "id" in identifier:
        found = call.store.shop.products.get(number(identifier["id"], "Product") or 0)
        if found is None:
            raise refused(
                "NOT_FOUND", ["identifier", "id"], "Resource matching the identifier was not found."
            )
        return found
    if "handle" in identifier:
        if not given.get("handle"):
            message = "The input field corresponding to the identifier is required."
            raise refused("MISSING_FIELD_REQUIRED", _INPUT, message)
        if given["handle"] != identifier["handle"]:
            message = "The identifier value does not match the value of the corresponding field in the input."
            raise refused("INPUT_MISMATCH", _INPUT, message)
        return call.store.by_handle(call.store.slug(identifier["handle"]))
    return by_custom_id(call, identifier["customId"])


def _check_companions(draft: Draft, given: Arguments) -> None:
    """Options and variants come together, and there is at least one of each."""
    if given.get("variants") and not given.get("productOptions"):
        message = "Product options input is required when updating variants"
        draft.wrong("PRODUCT_OPTIONS_INPUT_MISSING", [*_INPUT, "productOptions"], message)
    if given.get("productOptions") and not given.get("variants"):
        message = "Variants input is required when updating product options"
        draft.wrong("VARIANTS_INPUT_MISSING", [*_INPUT, "variants"], message)
    for name, code in (
        ("variants", "VARIANTS_INPUT_MISSING"),
        ("productOptions", "PRODUCT_OPTIONS_INPUT_MISSING"),
    ):
        if name in given and not given[name]:
            draft.wrong(code, [*_INPUT, name], f"{name} can't be empty")
    count = sum(len(one.get("inventoryQuantities") or ()) for one in given.get("variants") or ())
    if count > QUANTITIES_MAX:
        message = f"Inventory quantity input exceeds the limit of {QUANTITIES_MAX}."
        draft.wrong("INVENTORY_QUANTITIES_LIMIT_EXCEEDED", [*_INPUT, "variants"], message)


def _make_default_variant(draft: Draft) -> None:
    draft.product.options = default_options(draft)
    option = draft.product.options[0]
    variant = new_variant(draft, {option.id: option.values[0].id})
    variant.item.tracked = False
    draft.product.variants = [variant]
    _stock_new(draft, variant, [], [])


def new_variant(draft: Draft, choice: dict[int, int]) -> Variant:
    """One that nothing is known of but its choice."""
    shop, now = draft.call.store.shop, draft.call.now
    place = shop.number()
    item = Item(shop.number(), place, now, now)
    return Variant(place, draft.product.id, choice, item, now, now)


def _set_variants(draft: Draft, given: list[Arguments], sources: dict[str, int] | None) -> None:
    """All variants anew. Who is not named is deleted with its stock."""
    by_id = {one.id: one for one in draft.product.variants}
    by_choice = {_signature(one.chosen): one for one in draft.product.variants}
    taken: set[frozenset[tuple[int, int]]] = set()
    made: list[Variant] = []
    for place, one in sorted(enumerate(given), key=lambda each: each[1].get("position") or each[0] + 1):
        here = [*_INPUT, "variants", place]
        choice = chosen(draft, one["optionValues"], here, "INVALID_VARIANT")
        known = by_id.get(number(one["id"], "ProductVariant") or 0) if one.get("id") else None
        if one.get("id") and known is None:
            draft.wrong("PRODUCT_VARIANT_DOES_NOT_EXIST", [*here, "id"], "Product variant does not exist")
        if choice is None:
            continue
        if _signature(choice) in taken:
            message = f"The variant '{titled(draft.product, choice)}' already exists. Please change at least one option value."
            draft.wrong("INVALID_VARIANT", here, message)
        taken.add(_signature(choice))
        known = known or (None if one.get("id") else by_choice.get(_signature(choice)))
        variant = known or new_variant(draft, choice)
        variant.chosen = choice
        made.append(variant)
        _write(draft, variant, one, here, sources)
        quantities = one.get("inventoryQuantities") or []
        (_stock_known if known else _stock_new)(draft, variant, quantities, here)
    draft.product.variants = made


def _signature(choice: dict[int, int]) -> frozenset[tuple[int, int]]:
    return frozenset(choice.items())


def _write(
    draft: Draft, variant: Variant, given: Arguments, path: list[Any], sources: dict[str, int] | None
) -> None:
    variant.updated_at = draft.call.now
    write_variant(variant, given, path, draft.wrong, "INVALID_VARIANT")
    if "metafields" in given:
        set_metafields(draft, variant, given["metafields"] or [], [*path, "metafields"])
    if "file" not in given:
        return
    if given["file"] is None:
        variant.files = []
        return
    named = given["file"].get("id") or given["file"].get("originalSource") or ""
    if not sources or named not in sources:
        message = "The file specified for the variant must also be specified in the product's files"
        draft.wrong("INVALID_INPUT", [*path, "file"], message)
        return
    variant.files = [sources[named]]


def _stock_known(draft: Draft, variant: Variant, given: list[Arguments], path: list[Any]) -> None:
    """Only where the item is stocked already; other places are passed over in silence."""
    for place, one in enumerate(given):
        if not _is_sound(draft, one, [*path, "inventoryQuantities", place]):
            continue
        level = variant.item.levels.get(number(one["locationId"], "Location") or 0)
        if level and level.is_active:
            draft.call.store.set_available(level, _available(one, level.committed))


def _stock_new(draft: Draft, variant: Variant, given: list[Arguments], path: list[Any]) -> None:
    """A new variant is stocked where it is given quantities, or at the shop's first place."""
    store = draft.call.store
    for place, one in enumerate(given):
        if not _is_sound(draft, one, [*path, "inventoryQuantities", place]):
            continue
        level = store.stock(variant.item, number(one["locationId"], "Location") or 0)
        store.happened("inventory_levels/connect", level)
        store.set_available(level, _available(one, 0))
    primary = store.primary_location()
    if not given and primary:
        store.happened("inventory_levels/connect", store.stock(variant.item, primary.id))


def _is_sound(draft: Draft, given: Arguments, path: list[Any]) -> bool:
    if given["name"] not in ("available", "on_hand"):
        message = "The quantity name must be either 'available' or 'on_hand'."
        draft.wrong("INVALID_INPUT", [*path, "name"], message)
        return False
    location = draft.call.store.shop.locations.get(number(given["locationId"], "Location") or 0)
    if location is None or not location.is_active:
        draft.wrong("INVALID_INPUT", [*path, "locationId"], "The specified location could not be found.")
        return False
    if abs(given["quantity"]) > 1_000_000_000:
        message = "The total quantity can't be higher than 1,000,000,000."
        draft.wrong("INVALID_INPUT", [*path, "quantity"], message)
        return False
    return True


def _available(given: Arguments, committed: int) -> int:
    return int(given["quantity"]) - (committed if given["name"] == "on_hand" else 0)


def _keep_custom_id(draft: Draft, identifier: Arguments | None, given: Arguments) -> None:
    """The custom id that found the product, or was to, stays on it; metafields that are given must have it."""
    if not identifier or "customId" not in identifier:
        return
    wanted = identifier["customId"]
    definition = id_definition(draft.call, wanted)
    name = (definition.namespace, definition.key)
    held = next((one for one in draft.product.metafields if (one.namespace, one.key) == name), None)
    if "metafields" in given and (held is None or held.value != wanted["value"]):
        message = "The input argument `metafields` (if present) must contain the `customId` value."
        draft.wrong("METAFIELD_MISMATCH", _INPUT, message)
    elif held is None:
        entry = {"namespace": name[0], "key": name[1], "type": "id", "value": wanted["value"]}
        set_metafields(draft, draft.product, [entry], ["identifier", "customId"])
