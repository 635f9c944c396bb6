"""How a route is written: one decorator that admits, validates, answers, and documents.

A route's own words make its part of the OpenAPI document, so that the two cannot drift apart.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar, get_origin
from urllib.parse import parse_qsl

import msgspec
import pydantic
from flask import Flask, Response, request

from app.bootstrap import Container
from app.domain.tenancy.tenant import Scope
from app.domain.tenancy.users import Role
from app.web.auth import authenticate, authenticate_person
from app.web.context import ROUTE
from app.web.limits import spend

Handler = Callable[..., Any]
_H = TypeVar("_H", bound=Handler)
JSON: Final = "application/json"
PORTAL_ROUTES: Final = "/api/app/"


@dataclass(frozen=True, slots=True)
class Reply:
    """One documented answer of a route. `model` is anything pydantic can describe, or a JSON schema."""

    model: Any
    description: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = JSON
    example: Any = None


@dataclass(frozen=True, slots=True)
class Body:
    """A documented request body; the handler reads it with `bodies`.

    JSON of a model, or text of one of the content types in `texts`, each with an example.
    """

    model: Any = None
    description: str = ""
    example: Any = None
    gzip: bool = True
    texts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Route:
    """One operation, as it is served and as it is documented."""

    method: str
    rule: str
    handler: Handler
    summary: str
    scope: Scope | None
    tag: str
    description: str
    query: type[pydantic.BaseModel] | None
    body: Body | None
    responses: Mapping[int, Any]
    errors: Mapping[int, Sequence[str]]
    request_headers: Mapping[str, str]
    parameters: Mapping[str, str]
    role: Role
    platform: bool
    keys: bool

    @property
    def sessions(self) -> bool:
        """True when a browser that is signed in may call it too."""
        return self.rule.startswith(PORTAL_ROUTES)

    @property
    def endpoint(self) -> str:
        """Unique in the application, and the operationId."""
        words = self.handler.__name__.split("_")
        return words[0] + "".join(word.capitalize() for word in words[1:])


class Api:
    """The routes of one section of the contract."""

    def __init__(self, tag: str, description: str = "") -> None:
        self.tag = tag
        self.description = description
        self.routes: list[Route] = []

    def route(
        self,
        method: str,
        rule: str,
        *,
        summary: str,
        scope: Scope | None,
        responses: Mapping[int, Any],
        query: type[pydantic.BaseModel] | None = None,
        body: Body | None = None,
        errors: Mapping[int, Sequence[str]] | None = None,
        request_headers: Mapping[str, str] | None = None,
        parameters: Mapping[str, str] | None = None,
        role: Role | None = None,
        platform: bool = False,
        keys: bool = True,
    ) -> Callable[[_H], _H]:
        """Serve `rule` (in werkzeug's words) by the decorated function; its docstring is the description.

        With a scope the caller is authenticated and pays from the tenant's bucket before anything else.
        With `query`, the function gets the validated model as `query`. `errors` adds status -> codes to
        those that every such route has; `parameters` describes what is in the path. Under /api/app a
        person's session does as well as a key: `role` is what it takes of a person (viewers read, operators
        change), `platform` asks for one who runs the platform, without `keys` it is for people only. The function
        answers with a Response, or with data, (data, status), (data, status, headers).
        """

        def register(handler: _H) -> _H:
            self.routes.append(
                Route(
                    method=method,
                    rule=rule,
                    handler=handler,
                    summary=summary,
                    scope=scope,
                    tag=self.tag,
                    description=re.sub(r"\s*\n\s*", " ", (handler.__doc__ or "").strip()),
                    query=query,
                    body=body,
                    responses=responses,
                    errors=errors or {},
                    request_headers=request_headers or {},
                    parameters=parameters or {},
                    role=role or (Role.VIEWER if method == "GET" else Role.OPERATOR),
                    platform=platform,
                    keys=keys,
                ),
            )
            return handler

        return register


def install(app: Flask, sections: Sequence[Api], container: Container) -> None:
    """Put every route of the sections on the application."""
    for section in sections:
        for route in section.routes:
            app.add_url_rule(route.rule, route.endpoint, _view(route, container), methods=[route.method])


def _view(route: Route, container: Container) -> Callable[..., Response]:
    handler, scope, rule = route.handler, route.scope, route.rule
    read_query = _query_reader(route.query) if route.query else None

    def view(**arguments: Any) -> Response:
        environ = request.environ
        environ[ROUTE] = rule
        if scope is not None:
            by_session = route.sessions and (not route.keys or "HTTP_X_API_KEY" not in environ)
            caller = (
                authenticate_person(environ, route.role, platform=route.platform)
                if by_session
                else authenticate(container, environ, scope)
            )
            spend(container, caller.tenant, scope)
        if read_query is not None:
            arguments["query"] = read_query(environ.get("QUERY_STRING", ""))
        return respond(handler(**arguments))

    return view


def _query_reader(model: type[pydantic.BaseModel]) -> Callable[[str], pydantic.BaseModel]:
    """Read the model from a query string: a list field may be repeated, other parameters are ignored.

    Straight from the string: werkzeug's MultiDict costs a storefront's read more than the model does.
    """
    fields = {
        field.alias or name: get_origin(field.annotation) is list
        for name, field in model.model_fields.items()
    }

    def read(query: str) -> pydantic.BaseModel:
        given: dict[str, Any] = {}
        if not query.isascii():  # sent unencoded; PEP 3333 has bytes look like Latin-1
            query = query.encode("latin-1").decode(errors="replace")
        for name, value in parse_qsl(query, keep_blank_values=True, errors="werkzeug.url_quote"):
            is_list = fields.get(name)
            if is_list:
                given.setdefault(name, []).append(value)
            elif is_list is not None:
                given.setdefault(name, value)
        return model.model_validate(given)

    return read


def respond(answer: Any) -> Response:
    """A handler's answer as a Response."""
    if isinstance(answer, Response):
        return answer
    data, status, headers = answer, 200, None
    if isinstance(answer, tuple):
        data, status, headers = (*answer, None)[:3]
    return Response(to_json(data), status, headers, mimetype=JSON)


def no_content() -> Response:
    """204: done, and nothing to say."""
    response = Response(status=204)
    del response.headers["Content-Type"]
    return response


def to_json(data: Any) -> bytes:
    """JSON bytes: bytes are taken as ready, Decimals become strings, times RFC 3339."""
    if isinstance(data, bytes):
        return data
    if isinstance(data, pydantic.BaseModel):
        return data.model_dump_json(by_alias=True).encode()
    return msgspec.json.encode(data, enc_hook=_dump_model)


def _dump_model(value: Any) -> Any:
    if isinstance(value, pydantic.BaseModel):
        return value.model_dump(mode="json", by_alias=True)
    raise NotImplementedError(f"{type(value).__name__} has no JSON form here")
