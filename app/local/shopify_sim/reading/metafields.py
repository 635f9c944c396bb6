"""Metafields, their definitions, and the custom ids that they carry."""

# ruff: noqa: D103 - a resolver says in its decorator which field it is

import hashlib
import json
from typing import Any

from graphql import GraphQLError

from app.local.shopify_sim.gids import parsed
from app.local.shopify_sim.paging import Page
from app.local.shopify_sim.resolving import Arguments, Call, resolves
from app.local.shopify_sim.state import Definition, Metafield, Product, Variant

RESERVED = "$app"


def namespace_of(call: Call, given: str | None) -> str:
    """The app's reserved one where none is given, or where `$app` stands for it."""
    reserved = f"app--{call.app.id}"
    if given is None or given == RESERVED:
        return reserved
    if given.startswith(f"{RESERVED}:"):
        return f"{reserved}--{given.removeprefix(f'{RESERVED}:')}"
    return given


def definition_of(call: Call, owner_type: str, namespace: str, key: str) -> Definition | None:
    """What a metafield is by its definition."""
    for one in call.store.shop.definitions.values():
        if (one.owner_type, one.namespace, one.key) == (owner_type, namespace, key):
            return one
    return None


def id_definition(call: Call, given: Arguments) -> Definition:
    """That of a custom id, which must be of type `id`."""
    found = definition_of(call, "PRODUCT", namespace_of(call, given.get("namespace")), given["key"])
    if not found or found.type != "id":
        raise GraphQLError(
            "Metafield definition of type 'id' is required when using custom ids.",
            extensions={"code": "NOT_FOUND"},
        )
    return found


def by_custom_id(call: Call, given: Arguments) -> Product | None:
    """The product that has it."""
    definition = id_definition(call, given)
    return call.store.by_custom_id(definition.namespace, definition.key, given["value"])


@resolves("QueryRoot.metafieldDefinitions")
def definitions(_: Any, call: Call, arguments: Arguments) -> Page:
    if arguments.get("query"):
        raise GraphQLError(
            "The simulator takes no query for metafieldDefinitions: use namespace and key.",
            extensions={"code": "SIMULATOR_UNSUPPORTED"},
        )
    namespace = namespace_of(call, arguments["namespace"]) if "namespace" in arguments else None
    found = [
        one
        for one in call.store.shop.definitions.values()
        if one.owner_type == arguments["ownerType"]
        and namespace in (None, one.namespace)
        and arguments.get("key") in (None, one.key)
    ]
    return Page(found, arguments, lambda _: 0)


@resolves("MetafieldDefinition.type")
def definition_type(source: Definition, _: Call, __: Arguments) -> dict[str, Any]:
    return {"category": source.type.upper(), "name": source.type, "supportsDefinitionMigrations": False}


@resolves("MetafieldDefinition.capabilities")
def capabilities(source: Definition, _: Call, __: Arguments) -> dict[str, Any]:
    return {"uniqueValues": {"eligible": True, "enabled": source.unique}}


@resolves("MetafieldDefinition.validations")
def validations(_: Definition, __: Call, ___: Arguments) -> list[Any]:
    return []


class Owned:
    """A metafield with what it belongs to."""

    kind = "Metafield"

    def __init__(self, one: Metafield, owner: Product | Variant) -> None:
        self.id, self.gid, self.owner = one.id, one.gid, owner
        self.namespace, self.key, self.type, self.value = one.namespace, one.key, one.type, one.value
        self.created_at, self.updated_at = one.created_at, one.updated_at
        self.owner_type = "PRODUCT" if isinstance(owner, Product) else "PRODUCTVARIANT"

    @property
    def compare_digest(self) -> str:
        """What `compareDigest` compares."""
        return hashlib.sha256(self.value.encode()).hexdigest()

    @property
    def json_value(self) -> Any:
        """The value as JSON, where it is."""
        try:
            return json.loads(self.value)
        except ValueError:
            return self.value

    @property
    def size_in_bytes(self) -> int:
        """Of the value."""
        return len(self.value.encode())


@resolves("Product.metafield", "ProductVariant.metafield")
def metafield(source: Product | Variant, call: Call, arguments: Arguments) -> Owned | None:
    namespace = namespace_of(call, arguments.get("namespace"))
    for one in source.metafields:
        if (one.namespace, one.key) == (namespace, arguments["key"]):
            return Owned(one, source)
    return None


@resolves("Product.metafields", "ProductVariant.metafields")
def metafields(source: Product | Variant, call: Call, arguments: Arguments) -> Page:
    found = source.metafields
    if "namespace" in arguments:
        namespace = namespace_of(call, arguments["namespace"])
        found = [one for one in found if one.namespace == namespace]
    if "keys" in arguments:
        wanted = set(arguments["keys"])
        found = [one for one in found if f"{one.namespace}.{one.key}" in wanted]
    page = Page(found, arguments, lambda _: 0)
    page.nodes = [Owned(one, source) for one in page.nodes]
    return page


@resolves("Metafield.definition")
def definition(source: Owned, call: Call, _: Arguments) -> Definition | None:
    return definition_of(call, source.owner_type, source.namespace, source.key)


def owner_of(call: Call, gid: str) -> Product | Variant | None:
    """A product or variant by its id."""
    kind, number = parsed(gid)
    if kind == "Product":
        return call.store.shop.products.get(number)
    if kind == "ProductVariant":
        found = call.store.variant(number)
        return found[1] if found else None
    return None
