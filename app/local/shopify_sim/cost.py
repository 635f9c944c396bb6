"""What an operation costs, before it runs and after.

Shopify publishes: a scalar 0, an object 1, a connection by `first` or `last`, a mutation 10, an abstract type its dearest
selection (https://shopify.dev/docs/apps/build/apis/graphql-admin/rate-limits). The scaling of connections,
2 + children × ⌊2 · ln(max(2, size))⌋, and that value objects without an identity are free, its staff told at
https://community.shopify.dev/t/how-to-calculate-graphql-cost-estimates/24364; the figure of
https://community.shopify.dev/t/unexpectedly-low-graphql-query-cost/23101 (250 variants with their items: 25) agrees.
productSet's figures are those of the project's facts; that the sum is rounded up is an assumption.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    get_named_type,
    value_from_ast_untyped,
)

COST_MAX = 1_000
MUTATION = 10
_FREE_OBJECTS = {"InventoryItemMeasurement"}  # it has an id and costs nothing all the same
_TWICE_THE_LOGARITHM = 2
_OF_THE_CONNECTION = 2

Variables = Mapping[str, Any]
Composite = GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType


def multiplier(size: int) -> int:
    """How often a connection's children are counted."""
    return math.floor(_TWICE_THE_LOGARITHM * math.log(max(2, min(size, 250)))) if size > 0 else 0


def product_set(given: Mapping[str, Any]) -> int:
    """What its input adds to a productSet: per variant, per variant's file, per metafield, per product's file."""
    variants = [one for one in _listed(given, "variants") if isinstance(one, dict)]
    metafields = sum(len(_listed(one, "metafields")) for one in (given, *variants))
    total = (
        Decimal("0.2") * len(variants)
        + Decimal("0.6") * sum(1 for one in variants if one.get("file") is not None)
        + Decimal("0.4") * metafields
        + Decimal("1.9") * len(_listed(given, "files"))
    )
    return math.ceil(total)


def _listed(given: Mapping[str, Any], name: str) -> list[Any]:
    """A list of the input, which may still turn out to be none."""
    value = given.get(name)
    return value if isinstance(value, list) else []


@dataclass(frozen=True)
class Estimate:
    """The cost of one operation with its variables."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    operation: OperationDefinitionNode
    variables: Variables

    def requested(self) -> int:
        """The most that it can cost."""
        if self.operation.operation is OperationType.MUTATION:
            return sum(self._mutation(one) for one in self._roots())
        root = self.schema.query_type
        assert root
        return self._selection(self.operation.selection_set, root, None)

    def actual(self, data: Mapping[str, Any] | None) -> int:
        """What it cost, by the answer. A mutation that was refused costs no more than a mutation."""
        if self.operation.operation is OperationType.MUTATION:
            return sum(self._mutation(one) if _succeeded(data, one) else MUTATION for one in self._roots())
        root = self.schema.query_type
        assert root
        return self._selection(self.operation.selection_set, root, data or {})

    def _roots(self) -> Iterable[FieldNode]:
        root = self.schema.mutation_type
        assert root
        return (nodes[0] for nodes in self._fields(self.operation.selection_set, root)[0].values())

    def _mutation(self, node: FieldNode) -> int:
        if node.name.value != "productSet":
            return MUTATION
        given = self._argument(node, "input")
        return MUTATION + (product_set(given) if isinstance(given, dict) else 0)

    def _argument(self, node: FieldNode, name: str) -> Any:
        for argument in node.arguments or ():
            if argument.name.value == name:
                return value_from_ast_untyped(argument.value, dict(self.variables))
        return None

    def _selection(
        self, selections: SelectionSetNode, kind: Composite, data: Mapping[str, Any] | None
    ) -> int:
        """Of a selection; by the data when there are some."""
        shared, special = self._fields(selections, kind)
        costs = [sum(self._field(nodes, kind, data) for nodes in shared.values())]
        dearest = 0
        for name, fields in special.items():
            if data is not None and data.get("__typename", name) != name:
                continue
            owner = self.schema.type_map[name]
            assert isinstance(owner, (GraphQLObjectType, GraphQLInterfaceType, GraphQLUnionType))
            dearest = max(dearest, sum(self._field(nodes, owner, data) for nodes in fields.values()))
        return sum(costs) + dearest

    def _field(self, nodes: Sequence[FieldNode], owner: Composite, data: Mapping[str, Any] | None) -> int:
        node = nodes[0]
        name = node.name.value
        if isinstance(owner, GraphQLUnionType) or name not in owner.fields or not node.selection_set:
            return 0
        kind = get_named_type(owner.fields[name].type)
        assert isinstance(kind, (GraphQLObjectType, GraphQLInterfaceType, GraphQLUnionType))
        selections = SelectionSetNode(
            selections=tuple(
                one for each in nodes if each.selection_set for one in each.selection_set.selections
            )
        )
        key = node.alias.value if node.alias else name
        value = data.get(key) if data is not None else None
        if kind.name.endswith("Connection"):
            return self._connection(node, selections, kind, value, measured=data is not None)
        return self._objects(node, selections, kind, value, measured=data is not None)

    def _connection(
        self, node: FieldNode, selections: SelectionSetNode, kind: Composite, value: Any, *, measured: bool
    ) -> int:
        if not measured:
            size = self._argument(node, "first") or self._argument(node, "last") or 1
            size = size if isinstance(size, int) else 1
            return _OF_THE_CONNECTION + multiplier(size) * self._selection(selections, kind, None)
        if not isinstance(value, dict):
            return 0
        items = max((len(one) for one in value.values() if isinstance(one, list)), default=0)
        return _OF_THE_CONNECTION + multiplier(items) * self._selection(selections, kind, value)

    def _objects(
        self, node: FieldNode, selections: SelectionSetNode, kind: Composite, value: Any, *, measured: bool
    ) -> int:
        own = _own_cost(kind)
        if not measured:
            ids = self._argument(node, "ids")
            times = len(ids) if isinstance(ids, list) else 1
            return times * (own + self._selection(selections, kind, None))
        if isinstance(value, list):
            present = [one for one in value if isinstance(one, dict)]
            each = max((self._selection(selections, kind, one) for one in present), default=0)
            times = len(present) if node.name.value == "nodes" and self._argument(node, "ids") else 1
            return times * (own + each)
        return own + (self._selection(selections, kind, value) if isinstance(value, dict) else 0)

    def _fields(
        self, selections: SelectionSetNode, kind: Composite
    ) -> tuple[dict[str, list[FieldNode]], dict[str, dict[str, list[FieldNode]]]]:
        """By response key: those of the type itself, and those of its possible types."""
        shared: dict[str, list[FieldNode]] = {}
        special: dict[str, dict[str, list[FieldNode]]] = {}
        for one in selections.selections:
            if isinstance(one, FieldNode):
                shared.setdefault(one.alias.value if one.alias else one.name.value, []).append(one)
                continue
            assert isinstance(one, (InlineFragmentNode, FragmentSpreadNode))
            inner = one if isinstance(one, InlineFragmentNode) else self.fragments[one.name.value]
            condition = inner.type_condition.name.value if inner.type_condition else kind.name
            deeper, deepest = self._fields(inner.selection_set, kind)
            if condition == kind.name or isinstance(kind, GraphQLObjectType):
                _merge(shared, deeper)
            else:
                _merge(special.setdefault(condition, {}), deeper)
            for name, fields in deepest.items():
                _merge(special.setdefault(name, {}), fields)
        return shared, special


def _merge(into: dict[str, list[FieldNode]], fields: Mapping[str, list[FieldNode]]) -> None:
    for key, nodes in fields.items():
        into.setdefault(key, []).extend(nodes)


def _own_cost(kind: Composite) -> int:
    if isinstance(kind, GraphQLUnionType) or kind.name.endswith("Edge"):
        return 0 if kind.name.endswith("Edge") else 1
    if kind.name in _FREE_OBJECTS:
        return 0
    return 1 if "id" in kind.fields or isinstance(kind, GraphQLInterfaceType) else 0


def _succeeded(data: Mapping[str, Any] | None, node: FieldNode) -> bool:
    payload = (data or {}).get(node.alias.value if node.alias else node.name.value)
    return isinstance(payload, dict) and not payload.get("userErrors")
