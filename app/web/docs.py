"""`/api/docs`: the OpenAPI document as a page, rendered here; no script and no outside host."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from flask import Response, render_template
from markupsafe import Markup, escape

from app.domain.storefront.rendering import answer
from app.web.api import JSON, Reply
from app.web.conditional import conditional
from app.web.openapi import api, described
from app.web.samples import sample

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_CODE: Final = re.compile(r"`([^`]+)`")
_OR: Final = Markup(" | ")
_UNIONS: Final = {"anyOf": _OR, "oneOf": _OR, "allOf": Markup(" & ")}
_REF: Final = "#/components/schemas/"


__all__ = ["api"]  # the section of openapi.json, which the page joins


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation with its place, as the page shows it."""

    method: str
    path: str
    told: Mapping[str, Any]
    schemas: Mapping[str, Any]

    @property
    def anchor(self) -> str:
        """Where links lead."""
        return str(self.told["operationId"])

    def example(self, media: Mapping[str, Any]) -> str:
        """The given example, or one that the schema makes."""
        made = media["example"] if "example" in media else sample(media["schema"], self.schemas)
        if isinstance(made, str) and media["schema"] == {"type": "string"}:
            return made
        return json.dumps(made, indent=2, ensure_ascii=False)

    @property
    def command(self) -> str:
        """The call from a shell."""
        words = ["curl -sS"]
        if self.method != "GET":
            words.append(f"-X {self.method}")
        if self.told["security"]:
            words.append("-H 'X-API-Key: pst_live_…'")
        if body := self.told.get("requestBody"):
            type_, media = next(iter(body["content"].items()))
            data = self.example(media)
            option = "--data-binary"
            if type_ == JSON:
                option, data = "-d", json.dumps(json.loads(data), ensure_ascii=False)
            words += [f"-H 'Content-Type: {type_}'", f"{option} '" + data.replace("'", "'\\''") + "'"]
        query = "&".join(f"{one['name']}=…" for one in self.told["parameters"] if _is_required_query(one))
        words.append(f"'https://YOUR-HOST{self.path}{'?' + query if query else ''}'")
        return " \\\n  ".join(words)


@api.route(
    "GET",
    "/api/docs",
    summary="The API as a page",
    scope=None,
    responses={200: Reply({"type": "string"}, "A page for people", content_type="text/html"), 304: None},
)
def get_docs() -> Response:
    """What `/api/openapi.json` says, to be read."""
    document = msgspec.json.decode(described().body)
    ready = answer(render_template("docs.html", **page(document)).encode())
    response = conditional(ready.body, ready.etag, cache_control="public, no-cache")
    if response.status_code == 200:
        response.content_type = "text/html; charset=utf-8"
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def page(document: Mapping[str, Any]) -> dict[str, Any]:
    """What the template is given."""
    operations = list(_operations(document))
    sections = [
        (tag, [one for one in operations if tag["name"] in one.told["tags"]]) for tag in document["tags"]
    ]
    return {
        "info": document["info"],
        "sections": sections,
        "schemas": document["components"]["schemas"],
        "prose": prose,
        "type_of": type_of,
    }


def prose(text: str) -> Markup:
    """Plain words with `code` in them, as HTML."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped right here


def type_of(schema: Mapping[str, Any]) -> Markup:
    """A schema in a few words; a named one is a link."""
    if ref := schema.get("$ref"):
        name = ref.removeprefix(_REF)
        return Markup('<a href="#schema-{}">{}</a>').format(name, name)
    for union, between in _UNIONS.items():
        if union in schema:
            return between.join(map(type_of, schema[union]))
    if "enum" in schema:
        return _OR.join(json.dumps(one) for one in schema["enum"])
    if "const" in schema:
        return escape(json.dumps(schema["const"]))
    if schema.get("type") == "array":
        return Markup("{}[]").format(type_of(schema.get("items", {})))
    return escape(_plain_type(schema))


def _plain_type(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type", "any")
    words = [" | ".join(kind) if isinstance(kind, list) else kind]
    words += [schema["format"]] if "format" in schema else []
    limits = [
        f"{sign} {schema[name]}"
        for name, sign in (
            ("minimum", "≥"),
            ("maximum", "≤"),
            ("maxLength", "at most"),
            ("maxItems", "at most"),
        )
        if name in schema
    ]
    return ", ".join([" ".join(words), *limits])


def _operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            yield Operation(method.upper(), path, told, document["components"]["schemas"])


def _is_required_query(parameter: Mapping[str, Any]) -> bool:
    return bool(parameter["in"] == "query" and parameter["required"])
