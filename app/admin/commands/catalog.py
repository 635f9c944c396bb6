"""catalog import|activate, part import, item import, alias import|add."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any

from app.admin.commands.files import lines_of, with_file
from app.admin.commands.shape import group, shown, uuid, with_tenant
from app.domain.catalog.ports import Selection
from app.domain.errors import InvalidInputError
from app.domain.imports.batches import SAMPLE_MAX

if TYPE_CHECKING:
    from app.bootstrap import Container


def add_to(commands: Any) -> None:
    """Make the commands known."""
    catalog = group(commands, "catalog", "the central catalog")
    with_file(catalog("import", _import_catalog, "create and change central parts"))
    activate = with_tenant(catalog("activate", _activate, "let a tenant sell central parts"))
    activate.add_argument("--all", action="store_true", help="every part")
    activate.add_argument("--brand", action="extend", nargs="+", default=[], metavar="B")
    activate.add_argument("--part-number", action="extend", nargs="+", default=[], metavar="P")
    part = group(commands, "part", "a tenant's own SKUs")
    with_file(with_tenant(part("import", _import_parts, "create and change own SKUs")))
    item = group(commands, "item", "what a tenant says of its items")
    with_file(with_tenant(item("import", _import_items, "price, stock, SEO and tags")))
    alias = group(commands, "alias", "other names of a tenant's items")
    with_file(with_tenant(alias("import", _import_aliases, "create and turn aliases")))
    add = with_tenant(alias("add", _add_alias, "one alias"))
    add.add_argument("--alias", required=True, metavar="A")
    add.add_argument("--part-number", required=True, metavar="P")


def _import_catalog(services: Container, given: Namespace) -> Any:
    with lines_of(given.file) as lines:
        return shown(services.catalog.import_catalog(given.file.name, lines))


def _import_parts(services: Container, given: Namespace) -> Any:
    with lines_of(given.file) as lines:
        return shown(services.catalog.import_own_parts(uuid(given.tenant), given.file.name, lines))


def _import_items(services: Container, given: Namespace) -> Any:
    with lines_of(given.file) as lines:
        return shown(services.catalog.import_items(uuid(given.tenant), given.file.name, lines))


def _import_aliases(services: Container, given: Namespace) -> Any:
    with lines_of(given.file) as lines:
        return shown(services.catalog.import_aliases(uuid(given.tenant), given.file.name, lines))


def _add_alias(services: Container, given: Namespace) -> Any:
    return shown(services.catalog.add_alias(uuid(given.tenant), given.alias, given.part_number))


def _activate(services: Container, given: Namespace) -> Any:
    if not (given.all or given.brand or given.part_number):
        raise InvalidInputError("say which parts: --all, --brand B or --part-number P")
    selection = Selection(given.all, tuple(given.brand), tuple(given.part_number))
    activation = services.catalog.activate(uuid(given.tenant), selection)
    refused = [{"partNumber": number, "reason": "is not in the catalog"} for number in activation.unknown]
    return {
        "created": activation.created,
        "updated": 0,
        "unchanged": activation.unchanged,
        "refused": len(refused),
        "refusedSample": refused[:SAMPLE_MAX],
    }
