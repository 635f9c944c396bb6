"""Every document against the real schema: valid, its scopes published, its cost well guessed."""

import pytest
from graphql import (
    GraphQLObjectType,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    parse,
    validate,
    visit,
)

from app.adapters.shopify import documents
from app.adapters.shopify.documents import Document, all_documents
from app.adapters.shopify.shops import NEEDED_SCOPES
from app.domain.shop.connection import OPTIONAL_SCOPES, SCOPES
from app.local.shopify_sim.access import Access, widened
from app.local.shopify_sim.cost import Estimate
from app.local.shopify_sim.schema import admin

FOLDER = documents._FOLDER
BEYOND_THE_SCHEMA = {
    "read_orders": "webhookSubscriptionCreate asks for it at run time, for the topics of orders",
    "read_files": "published by the seed for images; read_products shows those of products as well",
}
SIZES = {
    "variants": 3,
    "media": documents.MEDIA,
    "hits": documents.hits(3),
    "first": 3,
    "metafields": 2,
    "collections": 3,
}


class _Rules(Visitor):
    """The rules of access of all fields, and of the types that they hold."""

    def __init__(self, info: TypeInfo) -> None:
        super().__init__()
        self.info, self.found = info, list[Access]()

    def enter_field(self, node, *_):
        rules, owner = admin().rules, self.info.get_parent_type()
        held = get_named_type(self.info.get_type())
        if isinstance(held, GraphQLObjectType) and held.name.endswith("Connection"):
            held = get_named_type(held.fields["nodes"].type)
        self.found += [
            rule
            for rule in (rules.of_fields.get((owner.name, node.name.value)), rules.of_types.get(held.name))
            if rule and rule.any_of
        ]


def rules_of(document: Document) -> list[Access]:
    info = TypeInfo(admin().schema)
    visitor = _Rules(info)
    visit(parse(document.text), TypeInfoVisitor(info, visitor))
    return visitor.found


def needed_by(chosen) -> set[str]:
    """The least that lets all in: what a rule names alone. Alternatives must be among them."""
    rules = [rule for one in chosen for rule in rules_of(one)]
    needed = {scope for rule in rules if len(rule.any_of) == 1 for scope in rule.any_of}
    assert all(rule.any_of & widened(needed) for rule in rules)
    return needed


def test_every_file_is_used_and_every_document_is_one_operation():
    used = {one.name for one in all_documents()} | set(documents._FRAGMENTS.values())

    assert used == {path.stem for path in FOLDER.glob("*.graphql")}


@pytest.mark.parametrize("document", all_documents(), ids=str)
def test_it_is_valid_in_shopifys_schema(document: Document):
    assert validate(admin().schema, parse(document.text)) == []


def test_the_published_scopes_are_those_that_the_documents_need():
    needed = needed_by(all_documents())

    assert needed <= widened(SCOPES)
    assert set(SCOPES) - needed == set(BEYOND_THE_SCHEMA)


def test_what_is_optional_is_needed_by_the_publishing_alone():
    publishing = {documents.PUBLICATIONS, documents.PUBLISH}
    needed = needed_by(one for one in all_documents() if one not in publishing)

    assert needed <= widened(set(SCOPES) - set(OPTIONAL_SCOPES))
    assert set(OPTIONAL_SCOPES) - needed_by(publishing) == {"read_orders"}


def test_a_push_is_begun_with_no_less_than_reading_and_writing_products_takes():
    reading = [
        one for one in all_documents() if one.text.startswith("query") and "publications" not in one.name
    ]

    assert needed_by(reading) <= widened(NEEDED_SCOPES)


@pytest.mark.parametrize("document", all_documents(), ids=str)
def test_the_first_estimate_of_its_cost_is_the_real_one(document: Document):
    node = parse(document.text)
    fragments = {one.name.value: one for one in node.definitions if one.kind == "fragment_definition"}
    operation = next(one for one in node.definitions if one.kind == "operation_definition")
    real = Estimate(admin().schema, fragments, operation, {**SIZES, "input": {}}).requested()
    size = SIZES["hits"] if document is documents.VARIANTS_BY_SKU else 3
    size = 0 if document is documents.PRODUCT_SET else size

    assert document.estimate(size) == real
