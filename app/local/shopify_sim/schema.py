"""Shopify's Admin schema 2026-07 as it is, ready to be executed, and documents that were checked against it."""

import gzip
import json
from collections import OrderedDict
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    Source,
    build_client_schema,
    parse,
    validate,
)

from app.local.shopify_sim import scalars
from app.local.shopify_sim.access import Rules

VERSION = "2026-07"
FILE = Path(__file__).parent / "schema" / f"admin-{VERSION}.introspection.json.gz"
_KEPT_MAX = 500
_TOKENS_MAX = 50_000


@dataclass(frozen=True)
class Admin:
    """The schema and the rules of access that stand beside it."""

    schema: GraphQLSchema
    rules: Rules


@cache
def admin() -> Admin:
    """Loaded once in a process, in less than half a second."""
    with gzip.open(FILE) as file:
        introspection = json.load(file)["data"]
    schema = build_client_schema(introspection, assume_valid=True)
    scalars.attach(schema)
    return Admin(schema, Rules(introspection))


@dataclass(frozen=True)
class Document:
    """A parsed text with what is wrong about it."""

    node: DocumentNode | None
    errors: tuple[GraphQLError, ...]

    def operation(self, name: str | None) -> OperationDefinitionNode | None:
        """The one that is meant; None when that is not clear."""
        assert self.node is not None
        found = [one for one in self.node.definitions if isinstance(one, OperationDefinitionNode)]
        if name:
            found = [one for one in found if one.name and one.name.value == name]
        return found[0] if len(found) == 1 else None


class Documents:
    """The last few hundred texts: an application sends few, often."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Document] = OrderedDict()
        self._lock = Lock()

    def of(self, text: str) -> Document:
        """Parsed and validated, once per text."""
        with self._lock:
            known = self._kept.get(text)
            if known:
                self._kept.move_to_end(text)
                return known
        made = _document(text)
        with self._lock:
            self._kept[text] = made
            while len(self._kept) > _KEPT_MAX:
                self._kept.popitem(last=False)
        return made


def _document(text: str) -> Document:
    try:
        node = parse(Source(text, "GraphQL"), max_tokens=_TOKENS_MAX)
    except GraphQLError as error:
        return Document(None, (error,))
    return Document(node, tuple(validate(admin().schema, node)))
