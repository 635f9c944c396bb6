"""Errors in Shopify's words: of documents, of variables, of costs, and of Shopify itself."""

import json
import uuid
from collections.abc import Mapping
from typing import Any

from graphql import GraphQLError, OperationDefinitionNode, is_input_type, print_ast, type_from_ast
from graphql.utilities import validate_input_value

from app.local.shopify_sim.cost import COST_MAX
from app.local.shopify_sim.schema import admin

LIMITS = "https://shopify.dev/api/usage/rate-limits"


def unclear(name: str | None) -> str:
    """Which operation was meant."""
    return f"No operation named {json.dumps(name)}" if name else "An operation name is required"


def as_shopify(error: GraphQLError) -> dict[str, Any]:
    """An entry of `errors`; what the document does wrong has codes of its own, of which the commonest are played."""
    made: dict[str, Any] = {"message": error.message}
    if error.locations:
        made["locations"] = [{"line": one.line, "column": one.column} for one in error.locations]
    if error.path is not None:
        made["path"] = [str(one) if isinstance(one, int) else one for one in error.path]
    code = _code(error)
    if error.extensions or code:
        made["extensions"] = {**(error.extensions or {}), **({"code": code} if code else {})}
    return made


def _code(error: GraphQLError) -> str | None:
    if error.extensions and "code" in error.extensions:
        return None
    if error.original_error is not None:
        return "INTERNAL_SERVER_ERROR"
    for words, code in (
        ("Cannot query field", "undefinedField"),
        ("is not defined by type", "argumentNotAccepted"),
        ("Unknown argument", "argumentNotAccepted"),
        ("is required, but it was not provided", "missingRequiredArguments"),
        ("Unknown type", "undefinedType"),
        ("is not defined", "variableNotDefined"),
        ("is never used", "variableNotUsed"),
        ("must not have a selection", "selectionMismatch"),
        ("must have a selection", "selectionMismatch"),
    ):
        if words in error.message:
            return code
    return None


def too_dear(requested: int) -> dict[str, Any]:
    """More than a single operation may cost."""
    return {
        "message": f"Query cost is {requested}, which exceeds the single query max cost limit ({COST_MAX}).\n\n"
        f"See {LIMITS} for more information on how the cost of a query is calculated.\n\n"
        "To query larger amounts of data with fewer limits, bulk operations should be used instead.\n",
        "extensions": {
            "code": "MAX_COST_EXCEEDED",
            "cost": requested,
            "maxCost": COST_MAX,
            "documentation": "https://shopify.dev/api/usage/limits#rate-limits",
        },
    }


def internal() -> dict[str, Any]:
    """Shopify's own fault."""
    request_id = str(uuid.uuid4())
    return {
        "message": "Internal error. Looks like something went wrong on our end.\n"
        f"Request ID: {request_id} (include this in support requests).",
        "extensions": {"code": "INTERNAL_SERVER_ERROR", "requestId": request_id},
    }


def bad_variables(operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each variable that does not fit, with all its problems, as Shopify tells them: INVALID_VARIABLE."""
    found = []
    for one in operation.variable_definitions or ():
        name, kind = one.variable.name.value, type_from_ast(admin().schema, one.type)
        if not is_input_type(kind) or (name not in variables and one.default_value):
            continue
        problems: list[dict[str, Any]] = []

        def note(error: GraphQLError, path: list[str | int], into: list[Any] = problems) -> None:
            into.append({"path": list(path), "explanation": error.message})

        validate_input_value(variables.get(name), kind, note)
        if problems:
            found.append(_bad_variable(one, name, variables.get(name), problems))
    return found


def _bad_variable(node: Any, name: str, value: Any, problems: list[dict[str, Any]]) -> dict[str, Any]:
    told = ", ".join(
        f"{'.'.join(str(part) for part in one['path']) or name} ({one['explanation']})" for one in problems
    )
    kind = print_ast(node.type)
    return {
        "message": f"Variable ${name} of type {kind} was provided invalid value for {told}",
        "extensions": {"code": "INVALID_VARIABLE", "value": value, "problems": problems},
    }
