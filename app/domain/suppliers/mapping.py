"""Where in a supplier's payload what is: JMESPath behind a whitelist, made into functions once.

A chain of 24 `[@,@][]` keeps jmespath busy for ever, so that nothing is let in that can make more of a document than
is in it: no multi-selects, no filters, no pipes, and projections only on the way to the rows.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

import jmespath
from jmespath.exceptions import JMESPathError

from app.domain.errors import InvalidInputError

EXPRESSION_MAX: Final = 200
NODES_MAX: Final = 40
DEPTH_MAX: Final = 12
PROJECTIONS_MAX: Final = 3
FUNCTIONS: Final = ("not_null", "to_number", "to_string", "length")

_ONE: Final = {"field", "index", "index_expression", "subexpression"}
_VALUE: Final = {*_ONE, "literal", "function_expression", "or_expression", "and_expression", "not_expression"}
_ROWS: Final = {*_ONE, "projection", "value_projection", "flatten", "identity", "current"}
_PROJECTIONS: Final = {"projection", "value_projection", "flatten"}

Reader = Callable[[Any], Any]


class BadExpressionError(InvalidInputError):
    """An expression that is no JMESPath, or not of the part of it that is understood here."""


def value_reader(expression: str) -> Reader:
    """Reads one value of a row; None where there is none. Raises BadExpressionError."""
    parsed = _checked(expression, _VALUE)
    plain = _path(parsed)
    if plain is None:
        return _searching(expression)
    return _getter(plain[0]) if len(plain) == 1 else _walker(plain)


def rows_reader(expression: str) -> Reader:
    """Reads the rows of a document. Raises BadExpressionError."""
    parsed = _checked(expression, _ROWS)
    plain = _path(parsed)
    return _searching(expression) if plain is None else _walker(plain)


def _checked(expression: str, allowed: set[str]) -> Mapping[str, Any]:
    if not expression.strip() or len(expression) > EXPRESSION_MAX:
        raise BadExpressionError(f"an expression has 1 to {EXPRESSION_MAX} characters")
    try:
        parsed: Mapping[str, Any] = jmespath.compile(expression).parsed
    except (JMESPathError, RecursionError, ValueError, Warning) as error:  # warnings may be errors
        first = (str(error).splitlines() or ["it cannot be read"])[0]
        raise BadExpressionError(f"{expression[:60]!r} is no JMESPath: {first[:120]}") from error
    _walk(parsed, allowed)
    return parsed


def _walk(parsed: Mapping[str, Any], allowed: set[str]) -> None:
    """Look at every node, without recursion: the depth is one of the things that are looked at."""
    waiting, nodes, projections = [(parsed, 1)], 0, 0
    while waiting:
        node, depth = waiting.pop()
        kind = node["type"]
        nodes += 1
        projections += kind in _PROJECTIONS
        _admit(node, kind, allowed)
        if depth > DEPTH_MAX or nodes > NODES_MAX or projections > 2 * PROJECTIONS_MAX:
            raise BadExpressionError("the expression is too deep: it takes a plain path to the value")
        waiting.extend((child, depth + 1) for child in node["children"] if isinstance(child, dict))


def _admit(node: Mapping[str, Any], kind: str, allowed: set[str]) -> None:
    if kind not in allowed:
        said = kind.replace("_", " ")
        raise BadExpressionError(
            f"a {said} is not understood here: name a field, as in stock.quantity or warehouses[0].qty"
        )
    if kind == "function_expression" and node["value"] not in FUNCTIONS:
        raise BadExpressionError(f"{node['value']}() is not understood here; {', '.join(FUNCTIONS)} are")


def _path(parsed: Mapping[str, Any]) -> list[str] | None:
    """The names of a plain path such as stock.quantity; None for anything else."""
    if parsed["type"] == "field":
        return [parsed["value"]]
    if parsed["type"] == "subexpression":
        parts = [_path(child) for child in parsed["children"]]
        return None if None in parts else [name for part in parts if part for name in part]
    return None


def _getter(name: str) -> Reader:
    def get(row: Any) -> Any:
        return row.get(name) if isinstance(row, dict) else None

    return get


def _walker(names: list[str]) -> Reader:
    def walk(row: Any) -> Any:
        for name in names:
            if not isinstance(row, dict):
                return None
            row = row.get(name)
        return row

    return walk


def _searching(expression: str) -> Reader:
    compiled = jmespath.compile(expression)

    def search(row: Any) -> Any:
        try:
            return compiled.search(row)
        except (JMESPathError, ValueError, OverflowError):
            return None  # a function met a value that it is not for: there is nothing to read

    return search
