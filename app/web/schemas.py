"""The JSON schemas of everything that the routes take and answer, made in one go."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import pydantic

from app.web.api import Api, Reply, Route

REF: Final = "#/components/schemas/{model}"


class Schemas:
    """Every model of the routes in one generation, so that equal names are told apart or shared."""

    def __init__(self, sections: Sequence[Api]) -> None:
        models = {id(model): model for route in routes_of(sections) for model in _models(route)}
        models[id(Error)] = Error
        adapters = [
            (key, "serialization", pydantic.TypeAdapter(model))
            for key, model in models.items()
            if not isinstance(model, dict)
        ]
        made, definitions = pydantic.TypeAdapter.json_schemas(adapters, ref_template=REF)  # type: ignore[arg-type]
        self._made = {key: schema for (key, _), schema in made.items()}
        self.definitions: dict[str, Any] = _without_null_defaults(definitions.get("$defs", {}))

    def of(self, model: Any) -> dict[str, Any]:
        """The schema of a model, or the schema that was given in its place."""
        return model if isinstance(model, dict) else dict(self._made[id(model)])


def _without_null_defaults(schema: Any) -> Any:
    """Pydantic writes a None that stands for "absent" as a default, which its own type may forbid."""
    if isinstance(schema, list):
        return [_without_null_defaults(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: _without_null_defaults(one)
        for name, one in schema.items()
        if not (name == "default" and one is None)
    }


class Error(pydantic.BaseModel):
    """What every error looks like."""

    error: str
    code: str
    details: Any = None


def routes_of(sections: Sequence[Api]) -> Iterator[Route]:
    """All routes of these sections, in their order."""
    return (route for section in sections for route in section.routes)


def _models(route: Route) -> Iterator[Any]:
    yield from (reply_of(one).model for one in route.responses.values() if one is not None)
    if route.body and route.body.model is not None:
        yield route.body.model


def reply_of(response: Any) -> Reply:
    """A documented answer, also where a route names only its model."""
    return response if isinstance(response, Reply) else Reply(response)
