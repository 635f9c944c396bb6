"""Reading: by every name that a push needs, in pages, and with searches that are Shopify's."""

import pytest

from app.local.shopify_sim.state import Product
from tests.shopify import Caller, group, part


@pytest.fixture
def filled(shop: Caller) -> Caller:
    shop.made(part("AB-1", handle="one", tags=["Red", "sale"], vendor="Kestrel", variant={"barcode": "111"}))
    shop.made(part("AB-1-X", handle="two", tags=["blue"], status="DRAFT"))
    shop.made(group("Red", "Blue", handle="three", productType="Levers"))
    return shop


@pytest.mark.parametrize(
    ("query", "handles"),
    [
        ("handle:one", ["one"]),
        ("sku:AB-1", ["one", "two"]),
        ('sku:"AB-1-X"', ["two"]),
        ("sku:G*", ["three"]),
        ("tag:red", ["one"]),
        ("tag:red OR tag:blue", ["one", "two"]),
        ("-tag:red", ["two", "three"]),
        ("status:active tag:sale", ["one"]),
        ("vendor:Kestrel AND barcode:111", ["one"]),
        ("product_type:Levers", ["three"]),
        ("title:Lever", ["three"]),
        ("lever", ["three"]),
        ("id:>0", ["one", "two", "three"]),
        ("updated_at:<2020-01-01", []),
        ("", ["one", "two", "three"]),
    ],
)
def test_products_are_searched(filled: Caller, query: str, handles: list[str]):
    found = filled.data(
        "query ($q: String) { products(first: 9, query: $q) { nodes { handle } } productsCount(query: $q) { count } }",
        q=query,
    )

    assert [one["handle"] for one in found["products"]["nodes"]] == handles
    assert found["productsCount"]["count"] == len(handles)


@pytest.mark.parametrize("query", ["colour:red", "tag:(red", "id:abc"])
def test_a_search_that_is_not_known_is_refused(filled: Caller, query: str):
    assert "errors" in filled.ask(
        "query ($q: String) { products(first: 9, query: $q) { nodes { id } } }", q=query
    )


def test_variants_are_found_by_sku_word_by_word(filled: Caller):
    query = "query ($q: String) { productVariants(first: 9, query: $q) { nodes { sku product { handle } } } }"

    assert filled.data(query, q='sku:"AB-1"')["productVariants"]["nodes"] == [
        {"sku": "AB-1", "product": {"handle": "one"}},
        {"sku": "AB-1-X", "product": {"handle": "two"}},
    ]
    assert filled.data(query, q="sku:ZZ")["productVariants"]["nodes"] == []


def test_a_product_is_found_by_its_handle_and_id(filled: Caller):
    found = filled.data(
        '{ a: productByIdentifier(identifier: {handle: "one"}) { id } b: productByHandle(handle: "one") { id } c: productByIdentifier(identifier: {handle: "no"}) { id } }'
    )
    assert found["a"] == found["b"]
    assert found["c"] is None
    by_id = filled.data(
        "query ($id: ID!) { productByIdentifier(identifier: {id: $id}) { handle } }", id=found["a"]["id"]
    )
    assert by_id["productByIdentifier"] == {"handle": "one"}


def test_pages_go_forth_and_back(filled: Caller):
    query = """query ($f: Int, $l: Int, $a: String, $b: String, $r: Boolean) {
        products(first: $f, last: $l, after: $a, before: $b, reverse: $r, sortKey: TITLE) {
        edges { cursor node { handle } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""

    def page(**arguments: object) -> tuple[list[str], dict]:
        found = filled.data(query, **arguments)["products"]
        return [one["node"]["handle"] for one in found["edges"]], found["pageInfo"]

    names, info = page(f=2)
    assert (names, info["hasNextPage"], info["hasPreviousPage"]) == (["three", "one"], True, False)
    names, last = page(f=2, a=info["endCursor"])
    assert (names, last["hasNextPage"], last["hasPreviousPage"]) == (["two"], False, True)
    assert page(l=1, b=last["startCursor"])[0] == ["one"]
    assert page(l=2)[0] == ["one", "two"]
    assert page(f=2, r=True)[0] == ["two", "one"]


def test_nodes_are_anything_by_id_and_null_for_what_is_gone(filled: Caller):
    product: Product = filled.store.by_handle("one")
    variant = product.variants[0]
    level = next(iter(variant.item.levels.values()))
    ids = [
        product.gid,
        variant.gid,
        variant.item.gid,
        level.gid,
        filled.location("Oslo"),
        "gid://shopify/Product/1",
    ]
    query = """query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Product { handle }
        ... on InventoryLevel { item { sku } } } }"""

    found = filled.data(query, ids=ids)["nodes"]
    assert [one and one["__typename"] for one in found] == [
        "Product",
        "ProductVariant",
        "InventoryItem",
        "InventoryLevel",
        "Location",
        None,
    ]
    assert found[3]["item"] == {"sku": "AB-1"}


def test_a_picture_is_in_processing_for_a_while(shop: Caller, clock):
    shop.store.shop.file_s = 5
    shop.made(
        part(
            files=[
                {"originalSource": "https://cdn.test/a.jpg", "alt": "A"},
                {"originalSource": "https://cdn.test/b.exe"},
            ]
        )
    )
    query = "{ products(first: 1) { nodes { media(first: 2) { nodes { id alt status ... on MediaImage { fileStatus image { url } fileErrors { code } } } } } } }"

    def shown() -> list[dict]:
        return shop.data(query)["products"]["nodes"][0]["media"]["nodes"]

    assert [(one["status"], one["image"]) for one in shown()] == [("PROCESSING", None)] * 2
    clock.advance(5)
    assert shown()[0]["image"]["url"].startswith("https://cdn.shopify.com/")
    assert (shown()[1]["status"], shown()[1]["fileErrors"]) == (
        "FAILED",
        [{"code": "IMAGE_DOWNLOAD_FAILURE"}],
    )
