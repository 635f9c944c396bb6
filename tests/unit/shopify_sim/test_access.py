"""Scopes: what the schema says in requiredAccess is enforced, and nothing is done without them."""

import json

import pytest

from app.local.shopify_sim.access import access_of, widened
from app.local.shopify_sim.simulator import Simulator
from tests.shopify import DOMAIN, PRODUCT_SET, SET_QUANTITIES, Caller, part


def caller(simulator: Simulator, *scopes: str) -> Caller:
    simulator.store(DOMAIN).shop.apps["client"].scopes = list(scopes)
    return Caller(simulator)


def denied(answer: dict) -> list[tuple[str, list]]:
    assert {one["extensions"]["code"] for one in answer["errors"]} == {"ACCESS_DENIED"}
    return [(one["message"].split()[3], one["path"]) for one in answer["errors"]]


def test_a_sentence_names_scopes_of_which_one_is_enough():
    rule = access_of(
        "`read_products` access scope, `read_files` access scope or `read_themes` access scope. Also: The user must have `write_x`."
    )
    assert rule.any_of == {"read_products", "read_files", "read_themes"}
    assert access_of("the same access level needed to mutate the owner resource.") is None


def test_writing_includes_reading():
    assert widened(["write_products", "read_files"]) == {"write_products", "read_products", "read_files"}


def test_with_read_inventory_alone_only_a_locations_id_is_readable(simulator: Simulator):
    shop = caller(simulator, "read_inventory")
    assert len(shop.data("{ locations(first: 5) { nodes { id } } }")["locations"]["nodes"]) == 3

    answer = shop.ask("{ locations(first: 1) { nodes { id name } } }")
    assert denied(answer) == [("name", ["locations", "nodes", "0", "name"])]
    assert answer["data"] is None
    assert answer["errors"][0]["extensions"]["requiredAccess"] == (
        "`read_locations` access scope or `read_markets_home` access scope."
    )
    assert denied(shop.ask("{ locations(first: 1) { nodes { isActive } } }"))

    both = caller(simulator, "read_inventory", "read_locations")
    assert both.data("{ locations(first: 1) { nodes { name isActive } } }")


@pytest.mark.parametrize(
    ("query", "scope"),
    [
        ("{ products(first: 1) { nodes { id } } }", "read_products"),
        ("{ productVariants(first: 1) { nodes { id } } }", "read_products"),
        ('{ product(id: "gid://shopify/Product/1") { id } }', "read_products"),
        ("{ locations(first: 1) { nodes { id } } }", "read_inventory"),
        ("{ inventoryItems(first: 1) { nodes { id } } }", "read_inventory"),
        ("{ inventoryItems(first: 1) { nodes { id } } }", "read_products"),
        ("{ files(first: 1) { nodes { id } } }", "read_files"),
        ("{ publications(first: 1) { nodes { id } } }", "read_publications"),
        (
            'mutation { productDelete(input: {id: "gid://shopify/Product/1"}) { deletedProductId } }',
            "write_products",
        ),
        (
            'mutation { publishablePublish(id: "gid://shopify/Product/1", input: []) { userErrors { message } } }',
            "write_publications",
        ),
        (
            'mutation { webhookSubscriptionCreate(topic: ORDERS_CREATE, webhookSubscription: {uri: "https://a.test/"}) { userErrors { message } } }',
            "read_orders",
        ),
    ],
)
def test_a_scope_opens_a_field_and_without_it_it_is_closed(simulator: Simulator, query: str, scope: str):
    assert denied(caller(simulator, "read_reports").ask(query))
    assert "errors" not in caller(simulator, scope).ask(query)


def test_nothing_is_written_without_its_scope(simulator: Simulator):
    answer = caller(simulator, "read_products").ask(PRODUCT_SET, input=part())
    assert denied(answer) == [("productSet", ["productSet"])]
    assert answer["data"] == {"productSet": None}
    assert simulator.store(DOMAIN).shop.products == {}


def test_stock_needs_write_inventory_inside_a_product_set_too(simulator: Simulator):
    shop = caller(simulator, "write_products", "read_inventory")
    made = shop.made(part("A-1"))
    rows = [{"locationId": shop.location("Oslo"), "name": "available", "quantity": 1}]
    assert denied(shop.ask(PRODUCT_SET, input=part("A-2", variant={"inventoryQuantities": rows})))

    item = made["variants"]["nodes"][0]["inventoryItem"]["id"]
    row = {
        "inventoryItemId": item,
        "locationId": shop.location("Stockholm"),
        "quantity": 1,
        "changeFromQuantity": None,
    }
    given = {"name": "available", "reason": "correction", "quantities": [row]}
    assert denied(shop.ask(SET_QUANTITIES, input=given, key="k"))


def test_what_an_app_was_granted_is_told(simulator: Simulator):
    shop = caller(simulator, "write_products")
    granted = shop.data("{ currentAppInstallation { accessScopes { handle } } }")["currentAppInstallation"]

    assert granted == {"accessScopes": [{"handle": "read_products"}, {"handle": "write_products"}]}
    assert json.loads(shop.sign_in().body)["scope"] == "write_products"


def test_a_thing_behind_an_interface_asks_for_its_own_scope(simulator: Simulator):
    made = caller(simulator, "write_products").made(part())
    query = "query ($id: ID!) { node(id: $id) { id } }"

    assert denied(caller(simulator, "read_reports").ask(query, id=made["id"])) == [("node", ["node"])]
    assert caller(simulator, "read_products").data(query, id=made["id"])["node"] == {"id": made["id"]}
