"""Metafields and their definitions."""

# ruff: noqa: D103 - a resolver says in its decorator which field it is

import json
import re
from typing import Any

from app.local.shopify_sim.gids import parsed
from app.local.shopify_sim.reading.metafields import Owned, definition_of, namespace_of, owner_of
from app.local.shopify_sim.resolving import Arguments, Call, RefusedError, refused, user_error
from app.local.shopify_sim.state import Definition, Metafield, Product, Variant
from app.local.shopify_sim.writing.draft import Draft
from app.local.shopify_sim.writing.mutation import mutation, unsupported

_NAMESPACE = re.compile(r"[\w-]{3,255}")
_KEY = re.compile(r"[\w-]{2,64}")
_AT_ONCE_MAX = 25
_VALUE_TYPES = {
    "boolean": re.compile(r"true|false"),
    "id": re.compile(r".{1,255}"),
    "number_decimal": re.compile(r"-?\d+(\.\d+)?"),
    "number_integer": re.compile(r"-?\d+"),
    "single_line_text_field": re.compile(r"[^\n\r]+"),
}
_OTHER_TYPES = {"multi_line_text_field", "json", "url", "date", "date_time", "color", "rich_text_field"}

Owner = Product | Variant


@mutation("metafieldDefinitionCreate", "createdDefinition")
def definition_create(call: Call, arguments: Arguments) -> dict[str, Any]:
    given = arguments["definition"]
    unsupported(given, "constraints", "validations", "useAsCollectionCondition")
    namespace = namespace_of(call, given.get("namespace"))
    owner, kind = given["ownerType"], given["type"]
    if owner in ("PRODUCT", "PRODUCTVARIANT"):
        call.require("write_products", "metafieldDefinitionCreate")
    path = ["definition"]
    if definition_of(call, owner, namespace, given["key"]):
        message = f"Key is in use for {owner.title()} metafields on the '{namespace}' namespace."
        raise refused("TAKEN", [*path, "key"], message)
    if kind not in _VALUE_TYPES and kind not in _OTHER_TYPES:
        raise refused("INCLUSION", [*path, "type"], f"Type name {kind} is not a valid type.")
    if not _NAMESPACE.fullmatch(namespace) or not _KEY.fullmatch(given["key"]):
        raise refused("INVALID_CHARACTER", [*path, "key"], "Key contains one or more invalid characters.")
    unique = ((given.get("capabilities") or {}).get("uniqueValues") or {}).get("enabled", False)
    made = Definition(
        id=call.store.shop.number(),
        name=given["name"],
        namespace=namespace,
        key=given["key"],
        type=kind,
        owner_type=owner,
        description=given.get("description"),
        unique=unique or kind == "id",
    )
    call.store.shop.definitions[made.id] = made
    call.store.touched = True
    return {"createdDefinition": made}


@mutation("metafieldsSet", "metafields")
def metafields_set(call: Call, arguments: Arguments) -> dict[str, Any]:
    """At most 25, all or none."""
    given = arguments["metafields"]
    if len(given) > _AT_ONCE_MAX:
        message = f"Exceeded the maximum metafields input limit of {_AT_ONCE_MAX}."
        raise refused("LESS_THAN_OR_EQUAL_TO", ["metafields"], message)
    planned = [_planned(call, one, ["metafields", place]) for place, one in enumerate(given)]
    if errors := [one for _, found, _ in planned for one in found]:
        raise RefusedError(*errors)
    for owner, _, made in planned:
        assert owner
        assert made
        product = owner if isinstance(owner, Product) else call.store.shop.products[owner.product]
        call.store.unindex(product)
        _put(owner.metafields, made)
        call.store.index(product)
    return {"metafields": [Owned(made, owner) for owner, _, made in planned if made and owner]}


def _planned(
    call: Call, given: dict[str, Any], path: list[Any]
) -> tuple[Owner | None, list[dict[str, Any]], Metafield | None]:
    unsupported(given, "compareDigest")
    if parsed(given["ownerId"])[0] in ("Product", "ProductVariant"):
        call.require("write_products", "metafieldsSet")
    owner = owner_of(call, given["ownerId"])
    if owner is None:
        return None, [user_error("INVALID", [*path, "ownerId"], "Owner does not exist.")], None
    errors: list[dict[str, Any]] = []
    made = made_of(call, owner, given, path, errors, code="INVALID_VALUE")
    return owner, errors, made


def made_of(
    call: Call, owner: Owner, given: dict[str, Any], path: list[Any], errors: list[dict[str, Any]], code: str
) -> Metafield | None:
    """A metafield out of its input, the old one's id kept; None with the reason in `errors`."""
    namespace, key = namespace_of(call, given.get("namespace")), given.get("key") or ""
    owner_type = "PRODUCT" if isinstance(owner, Product) else "PRODUCTVARIANT"
    definition = definition_of(call, owner_type, namespace, key)
    old = next((one for one in owner.metafields if (one.namespace, one.key) == (namespace, key)), None)
    kind = given.get("type") or (definition.type if definition else None) or (old.type if old else None)
    value = given.get("value") or ""
    reason = _reason(namespace, key, kind, value, definition)
    if reason:
        errors.append(user_error(code, [*path, reason[0]], reason[1]))
        return None
    if definition and definition.unique and _taken(call, owner, definition, value):
        message = "Value has already been used for this metafield definition."
        errors.append(user_error("CAPABILITY_VIOLATION", [*path, "value"], message))
        return None
    assert kind
    number = old.id if old else call.store.shop.number()
    return Metafield(number, namespace, key, kind, value, old.created_at if old else call.now, call.now)


def _reason(
    namespace: str, key: str, kind: str | None, value: str, definition: Definition | None
) -> tuple[str, str] | None:
    """What is wrong about it first: the field and the sentence."""
    if not _NAMESPACE.fullmatch(namespace) or not _KEY.fullmatch(key):
        return "key", "Namespace or key is invalid."
    if kind is None:
        return "type", "Type can't be blank"
    if definition and definition.type != kind:
        return "type", f"Type must be consistent with the definition's type: '{definition.type}'."
    if kind not in _VALUE_TYPES and kind not in _OTHER_TYPES:
        return "type", f"Type {kind} is not a valid type."
    return _reason_of_value(kind, value)


def _reason_of_value(kind: str, value: str) -> tuple[str, str] | None:
    if not value:
        return "value", "Value can't be blank"
    if kind in _VALUE_TYPES and not _VALUE_TYPES[kind].fullmatch(value):
        return "value", f"Value must be a valid {kind}."
    if kind == "json" and not _is_json(value):
        return "value", "Value is invalid JSON."
    return None


def _is_json(value: str) -> bool:
    try:
        json.loads(value)
    except ValueError:
        return False
    return True


def _taken(call: Call, owner: Owner, definition: Definition, value: str) -> bool:
    """Whether another owner of the same kind has the value already."""
    name = (definition.namespace, definition.key, value)
    if definition.type == "id" and isinstance(owner, Product):
        found = call.store.by_custom_id(*name)
        return found is not None and found.id != owner.id
    shop = call.store.shop
    others: list[Owner] = (
        list(shop.products.values())
        if isinstance(owner, Product)
        else [one for _, one in call.store.variants()]
    )
    return any(
        (one.namespace, one.key, one.value) == name
        for other in others
        if other.id != owner.id
        for one in other.metafields
    )


def _put(held: list[Metafield], made: Metafield) -> None:
    held[:] = [one for one in held if one.id != made.id] + [made]


def set_metafields(draft: Draft, owner: Owner, given: list[dict[str, Any]], path: list[Any]) -> None:
    """All metafields anew: what is left out is gone."""
    made = [
        made_of(draft.call, owner, one, [*path, place], draft.errors, code="INVALID_METAFIELD")
        for place, one in enumerate(given)
    ]
    owner.metafields = [one for one in made if one]


def add_metafields(
    draft: Draft, owner: Owner, given: list[dict[str, Any]], path: list[Any], code: str
) -> None:
    """Those that are given; the others stay."""
    for place, one in enumerate(given):
        if made := made_of(draft.call, owner, one, [*path, place], draft.errors, code):
            _put(owner.metafields, made)
