"""How a field gets its value: access first, then the resolver that somebody wrote for it, then the object's own attribute.

A field that nobody wrote anything for is an error, never a null: whoever builds against the simulator must not take its
ignorance for Shopify's answer.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    get_directive_values,
    get_named_type,
)

from app.local.shopify_sim.access import Access
from app.local.shopify_sim.schema import admin
from app.local.shopify_sim.state import App, File, Thing
from app.local.shopify_sim.store import Store

Arguments = dict[str, Any]
Resolver = Callable[[Any, "Call", Arguments], Any]

_RESOLVERS: dict[tuple[str, str], Resolver] = {}
_CAPITAL = re.compile(r"(?<!^)([A-Z])")
_MISSING = object()


@dataclass
class Call:
    """One operation under way. The shop's lock is held."""

    store: Store
    app: App
    scopes: frozenset[str]
    now: float
    key: str | None = None
    """The idempotency key of the mutation at hand."""

    def require(self, scope: str, name: str) -> None:
        """Refuse when a scope is missing that the schema does not tell of."""
        if scope not in self.scopes:
            raise denied(name, Access(f"`{scope}` access scope.", frozenset({scope})))


Info = GraphQLResolveInfo[Call]


def resolves(*coordinates: str) -> Callable[[Resolver], Resolver]:
    """Write the resolver of `Type.field`, or of several."""

    def register(resolver: Resolver) -> Resolver:
        for one in coordinates:
            owner, name = one.split(".")
            _RESOLVERS[owner, name] = resolver
        return resolver

    return register


def resolve_field(source: Any, info: Info, **arguments: Any) -> Any:
    """For all fields of the schema."""
    owner, name, call = info.parent_type.name, info.field_name, info.context
    for rule in _rules(owner, name):
        if not rule.allows(call.scopes):
            raise denied(name, rule)
    resolver = _RESOLVERS.get((owner, name))
    if resolver:
        if owner == "Mutation":
            call.key = _key(info)
        return resolver(source, call, arguments)
    value = (
        source.get(name, _MISSING) if isinstance(source, dict) else getattr(source, _snake(name), _MISSING)
    )
    if value is _MISSING:
        raise GraphQLError(
            f"The simulator does not know {owner}.{name}.", extensions={"code": "SIMULATOR_UNSUPPORTED"}
        )
    return value


def _key(info: Info) -> str | None:
    directive = info.schema.get_directive("idempotent")
    assert directive
    given = get_directive_values(directive, info.field_nodes[0], info.variable_values)
    return str(given["key"]) if given else None


def resolve_type(value: Any, info: Info, _abstract: Any) -> str:
    """What an interface or union stands for, which may ask for scopes of its own."""
    name = value["__typename"] if isinstance(value, dict) else kind_of(value)
    rule = admin().rules.of_types.get(name)
    if rule and not rule.allows(info.context.scopes):
        raise denied(info.field_name, rule)
    return name


def kind_of(thing: Thing) -> str:
    """The type of an object."""
    return thing.media if isinstance(thing, File) else thing.kind


def denied(name: str, rule: Access) -> GraphQLError:
    """As Shopify says it."""
    return GraphQLError(
        f"Access denied for {name} field. Required access: {rule.sentence}",
        extensions={
            "code": "ACCESS_DENIED",
            "documentation": "https://shopify.dev/api/usage/access-scopes",
            "requiredAccess": rule.sentence,
        },
    )


@cache
def _rules(owner: str, name: str) -> tuple[Access, ...]:
    """Of a field: its own, and that of what it holds. A connection holds its nodes."""
    schema, rules = admin().schema, admin().rules
    kind = schema.type_map[owner]
    assert isinstance(kind, (GraphQLObjectType, GraphQLInterfaceType))
    held = get_named_type(kind.fields[name].type) if name in kind.fields else None
    if isinstance(held, GraphQLObjectType) and held.name.endswith("Connection"):
        held = get_named_type(held.fields["nodes"].type)
    found = [rules.of_fields.get((owner, name))]
    if isinstance(held, GraphQLObjectType):
        found.append(rules.of_types.get(held.name))
    return tuple(rule for rule in found if rule)


@cache
def _snake(name: str) -> str:
    return _CAPITAL.sub(r"_\1", name).lower()


def user_error(code: str | None, path: list[Any], message: str) -> dict[str, Any]:
    """An entry of `userErrors`."""
    return {"code": code, "field": [str(one) for one in path], "message": message}


class RefusedError(Exception):
    """A mutation that is not done, with its user errors."""

    def __init__(self, *errors: Mapping[str, Any]) -> None:
        super().__init__(errors)
        self.errors = [dict(one) for one in errors]


def refused(code: str | None, path: list[Any], message: str) -> RefusedError:
    """One reason."""
    return RefusedError(user_error(code, path, message))
