"""The OpenAPI 3.1 document, drawn from the routes themselves."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

from flask import Response, current_app

from app.domain.storefront.rendering import Answer, answer
from app.web.api import JSON, Api, Body, Reply, Route, to_json
from app.web.conditional import conditional
from app.web.schemas import REF, Error, Schemas, reply_of, routes_of
from app.web.sessions import COOKIE, CSRF_HEADER

EXTENSION: Final = "stockline.openapi"
KEY_SCHEME: Final = "ApiKey"
SESSION_SCHEME: Final = "Session"
_PATH_PARAMETER: Final = re.compile(r"<(?:(?P<converter>\w+):)?(?P<name>\w+)>")
_PATH_SCHEMAS: Final[Mapping[str, dict[str, Any]]] = {
    "uuid": {"type": "string", "format": "uuid"},
    "int": {"type": "integer", "minimum": 0},
}
ERRORS: Final[Mapping[int, str]] = {
    400: "The request is not what the contract allows",
    401: "The API key is missing, malformed, unknown or revoked, its tenant is inactive, or nobody is signed in",
    403: "The key, the person or the tenant may not do this",
    404: "It does not exist, or belongs to somebody else",
    409: "Its state forbids the request",
    413: "The body is too large, on the wire or decompressed",
    415: "The body's type or encoding is not understood",
    422: "The Idempotency-Key was used with another body",
    429: "Over the tenant's rate",
    500: "Our fault",
    503: "Nothing was accepted, or it is not known; send it again",
}
_BODY_ERRORS: Final = {
    400: ("invalid_request", "undecodable_body"),
    413: ("body_too_large",),
    415: ("unsupported_media_type", "unsupported_encoding"),
}
_SCOPE_ERRORS: Final = {
    401: ("unauthorized",),
    403: ("origin_not_allowed", "insufficient_scope"),
    429: ("rate_limited",),
    503: ("database_unavailable", "temporarily_unavailable"),
}
_SESSION_ERRORS: Final = {403: ("not_allowed", "csrf")}
_RETRY: Final = {
    "Retry-After": {"description": "Seconds to wait", "schema": {"type": "integer", "minimum": 1}}
}
_ERROR_HEADERS: Final[Mapping[int, dict[str, Any]]] = {
    401: {"WWW-Authenticate": {"schema": {"type": "string"}}},
    429: _RETRY,
    503: _RETRY,
}
_REQUEST_ID: Final = {"X-Request-Id": {"$ref": "#/components/headers/X-Request-Id"}}

api = Api("Description", "The API describes itself.")


@api.route(
    "GET",
    "/api/openapi.json",
    summary="This document",
    scope=None,
    responses={200: Reply({"type": "object"}, "An OpenAPI 3.1 document"), 304: None},
)
def get_openapi() -> Response:
    """True to the routes that this process serves."""
    ready = described()
    return conditional(ready.body, ready.etag, cache_control="public, max-age=300")


def prepare(extensions: dict[str, Any], sections: Sequence[Api]) -> None:
    """Let the document be drawn for an application that serves these sections, once and when it is first asked for.

    Drawing takes a tenth of a process's start, and few processes are ever asked. Two who ask at once draw the same.
    """
    extensions[EXTENSION] = cache(lambda: answer(to_json(document(sections))))


def described() -> Answer:
    """The document of the application that serves the request, ready to be sent."""
    ready: Answer = current_app.extensions[EXTENSION]()
    return ready


def document(sections: Sequence[Api]) -> dict[str, Any]:
    """The OpenAPI document of these sections."""
    schemas = Schemas(sections)
    paths: dict[str, dict[str, Any]] = {}
    for route in routes_of(sections):
        paths.setdefault(path_of(route.rule), {})[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Stockline",
            "version": "1",
            "summary": "Keeps stock true between the systems of powersport retail.",
            "description": (
                "Every error is `{error, code, details?}`; program against `code`. Every answer carries "
                "`X-Request-Id`. Send your key as `X-API-Key`."
            ),
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": one.tag, "description": one.description} for one in sections],
        "paths": paths,
        "components": {
            "schemas": schemas.definitions,
            "headers": {
                "X-Request-Id": {
                    "description": "Tell it to support; the request's own if it sent a sane one",
                    "schema": {"type": "string"},
                },
            },
            "securitySchemes": {
                KEY_SCHEME: {"type": "apiKey", "in": "header", "name": "X-API-Key"},
                SESSION_SCHEME: {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": COOKIE,
                    "description": f"Of a browser that signed in to the portal; a change also sends {CSRF_HEADER}, "
                    "as the page's `csrf-token` has it",
                },
            },
        },
    }


def path_of(rule: str) -> str:
    """A werkzeug rule as an OpenAPI path."""
    return _PATH_PARAMETER.sub(lambda found: f"{{{_camel(found['name'])}}}", rule)


def _operation(route: Route, schemas: Schemas) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.endpoint,
        "summary": route.summary,
        "description": route.description,
        "tags": [route.tag],
        "parameters": [*_path_parameters(route), *_query_parameters(route), *_header_parameters(route)],
        "responses": {
            **{str(status): _response(status, one, schemas) for status, one in route.responses.items()},
            **_error_responses(route, schemas),
        },
        "security": _security(route),
    }
    if route.scope:
        operation["x-scope"] = route.scope.value
    if route.scope and route.sessions:
        operation["x-role"] = "platform operator" if route.platform else route.role.value
    if route.body:
        operation["requestBody"] = _request_body(route.body, schemas)
    return operation


def _security(route: Route) -> list[dict[str, list[str]]]:
    if not route.scope:
        return []
    schemes = [KEY_SCHEME] * route.keys + [SESSION_SCHEME] * route.sessions
    return [{scheme: []} for scheme in schemes]


def _request_body(body: Body, schemas: Schemas) -> dict[str, Any]:
    if body.texts:
        content = {
            type_: {"schema": {"type": "string"}, "example": example} for type_, example in body.texts.items()
        }
        return {"description": body.description, "required": True, "content": content}
    media: dict[str, Any] = {"schema": schemas.of(body.model)}
    if body.example is not None:
        media["example"] = body.example
    return {"description": body.description, "required": True, "content": {JSON: media}}


def _response(status: int, response: Any, schemas: Schemas) -> dict[str, Any]:
    if response is None:
        text = "What you have is still true" if status == 304 else "Done"
        return {"description": text, "headers": _REQUEST_ID}
    reply = reply_of(response)
    media: dict[str, Any] = {"schema": schemas.of(reply.model)}
    if reply.example is not None:
        media["example"] = reply.example
    headers = {
        name: {"description": text, "schema": {"type": "string"}} for name, text in reply.headers.items()
    }
    description = reply.description or media["schema"].get("description") or "Done"
    return {
        "description": description,
        "headers": {**_REQUEST_ID, **headers},
        "content": {reply.content_type: media},
    }


def _error_responses(route: Route, schemas: Schemas) -> dict[str, Any]:
    """What can go wrong, by status: the codes each route shares with its like, and its own."""
    codes: dict[int, list[str]] = {500: ["internal_error"]} if route.scope else {}
    sources: list[Mapping[int, Sequence[str]]] = [route.errors]
    if route.query:
        sources.append({400: ("invalid_request",)})
    if route.body:
        sources.append(_BODY_ERRORS)
    if route.scope:
        sources.append(_SCOPE_ERRORS)
        if route.sessions:
            sources.append(_SESSION_ERRORS)
    for source in sources:
        for status, names in source.items():
            codes.setdefault(status, []).extend(name for name in names if name not in codes[status])
    taken = route.responses.keys()
    return {
        str(status): _error_response(status, names, schemas)
        for status, names in sorted(codes.items())
        if status not in taken
    }


def _error_response(status: int, codes: Sequence[str], schemas: Schemas) -> dict[str, Any]:
    base = schemas.of(Error)
    schema = {"allOf": [base, {"type": "object", "properties": {"code": {"enum": list(codes)}}}]}
    return {
        "description": f"{ERRORS.get(status, 'An error')}: {', '.join(f'`{code}`' for code in codes)}",
        "headers": {**_REQUEST_ID, **_ERROR_HEADERS.get(status, {})},
        "content": {JSON: {"schema": schema}},
    }


def _path_parameters(route: Route) -> Iterator[dict[str, Any]]:
    for found in _PATH_PARAMETER.finditer(route.rule):
        yield {
            "name": _camel(found["name"]),
            "in": "path",
            "required": True,
            "description": route.parameters.get(found["name"], ""),
            "schema": _PATH_SCHEMAS.get(found["converter"] or "", {"type": "string", "minLength": 1}),
        }


def _query_parameters(route: Route) -> Iterator[dict[str, Any]]:
    if route.query is None:
        return
    schema = route.query.model_json_schema(ref_template=REF)
    required = schema.get("required", ())
    named = {REF.format(model=name): one for name, one in schema.get("$defs", {}).items()}
    for name, one in _in_place(schema.get("properties", {}), named).items():
        description = one.pop("description", "")
        one.pop("title", None)
        yield {
            "name": name,
            "in": "query",
            "required": name in required,
            "description": description,
            "schema": _without_null(one),
        }


def _in_place(schema: Any, named: Mapping[str, Any]) -> Any:
    """With what is named elsewhere written out: a parameter's types are no components of the document."""
    if isinstance(schema, list):
        return [_in_place(one, named) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if (ref := schema.get("$ref", "")) in named:
        told = {key: one for key, one in named[ref].items() if key not in {"title", "description"}}
        schema = {**told, **{key: one for key, one in schema.items() if key != "$ref"}}
    return {key: _in_place(one, named) for key, one in schema.items()}


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A query parameter is absent, never null."""
    choices = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    if len(choices) == 1:
        rest = {key: value for key, value in schema.items() if key not in {"anyOf", "default"}}
        return {**rest, **choices[0]}
    return schema


def _header_parameters(route: Route) -> Iterator[dict[str, Any]]:
    for name, description in route.request_headers.items():
        yield {
            "name": name,
            "in": "header",
            "required": False,
            "description": description,
            "schema": {"type": "string"},
        }


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
