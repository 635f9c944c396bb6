"""An example for a schema that came without one."""

from collections.abc import Mapping
from typing import Any, Final

_DEPTH_MAX: Final = 6
_STRINGS: Final = {
    "uuid": "01980a3e-6c2b-7d10-9d5e-0c4f5a1b2c3d",
    "date-time": "2026-11-21T09:30:00Z",
    "uri": "https://shop.example.com/",
}
_PLAIN: Final[Mapping[str, Any]] = {
    "integer": 1,
    "number": 1.5,
    "boolean": True,
    "string": "string",
    "null": None,
}


def sample(schema: Mapping[str, Any], schemas: Mapping[str, Any], depth: int = 0) -> Any:
    """A value that looks like the schema; a nested one stops after a few steps."""
    if depth > _DEPTH_MAX:
        return None
    if ref := schema.get("$ref"):
        return sample(schemas[ref.rsplit("/", 1)[1]], schemas, depth + 1)
    for given in ("example", "const", "default"):
        if schema.get(given) is not None:
            return schema[given]
    if listed := schema.get("examples") or schema.get("enum"):
        return listed[0]
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        return sample(choices[0], schemas, depth)
    return _typed(schema, schemas, depth)


def _typed(schema: Mapping[str, Any], schemas: Mapping[str, Any], depth: int) -> Any:
    if "allOf" in schema:
        return _merged([sample(one, schemas, depth) for one in schema["allOf"]])
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "array":
        return [sample(schema.get("items", {}), schemas, depth + 1)]
    if kind == "object" or "properties" in schema:
        properties = schema.get("properties", {})
        return {name: sample(one, schemas, depth + 1) for name, one in properties.items()}
    if kind == "string":
        return _STRINGS.get(schema.get("format", ""), "string")
    return _PLAIN.get(kind or "", None)


def _merged(values: list[Any]) -> Any:
    merged: dict[str, Any] = {}
    for value in values:
        if isinstance(value, dict):
            merged.update(value)
    return merged
