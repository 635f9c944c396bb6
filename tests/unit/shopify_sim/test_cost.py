"""What calls cost, and what becomes of those that cannot be paid."""

import pytest
from graphql import FragmentDefinitionNode, parse

from app.local.shopify_sim.cost import Estimate, multiplier, product_set
from app.local.shopify_sim.schema import admin
from app.local.shopify_sim.simulator import Simulator
from tests.shopify import DOMAIN, PRODUCT_SET, Caller, group, part


def estimate(query: str, **variables: object) -> Estimate:
    document = parse(query)
    fragments = {
        one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)
    }
    return Estimate(admin().schema, fragments, document.definitions[0], variables)


@pytest.mark.parametrize(
    ("query", "cost"),
    [
        ("{ shop { name } }", 1),
        ("{ product(id: 1) { variants(first: 250) { nodes { inventoryItem { id tracked } } } } }", 25),
        (
            "{ product(id: 1) { variants(first: 250) { edges { node { inventoryItem { id } } } pageInfo { hasNextPage } } } }",
            25,
        ),
        (
            "{ product(id: 1) { seo { title } variants(first: 1) { nodes { inventoryItem { unitCost { amount } } } } } }",
            5,
        ),
        (
            "{ nodes(ids: [1, 2, 3]) { id ... on Product { title } ... on InventoryItem { inventoryLevel(locationId: 1) { id } } } }",
            6,
        ),
        ("query Q { a: shop { name } ...F } fragment F on QueryRoot { shop { id } b: shop { id } }", 3),
        (
            "mutation { productDelete(input: {id: 1}) { shop { id } } inventoryItemUpdate(id: 1, input: {}) { userErrors { message } } }",
            20,
        ),
    ],
)
def test_the_published_rules(query: str, cost: int):
    assert estimate(query).requested() == cost


def test_a_connection_counts_its_children_by_the_logarithm_of_its_size():
    assert [multiplier(size) for size in (0, 1, 2, 10, 50, 100, 250, 999)] == [0, 1, 1, 4, 7, 9, 11, 11]


def test_a_variable_sizes_a_connection():
    assert estimate("query ($n: Int!) { products(first: $n) { nodes { id } } }", n=50).requested() == 2 + 7


def test_product_set_costs_by_what_it_holds():
    assert product_set({}) == 0
    variant = {"file": {}, "metafields": [{}] * 2}
    given = {"variants": [variant] * 10, "files": [{}] * 3, "metafields": [{}] * 5}
    assert product_set(given) == 24, "2 + 6 + 10 + 5.7, rounded up"


def test_an_answer_tells_its_cost_and_the_bucket(shop: Caller):
    answer = shop.ask("{ products(first: 50) { nodes { id } } }")

    assert answer["extensions"]["cost"] == {
        "requestedQueryCost": 9,
        "actualQueryCost": 2,
        "throttleStatus": {"maximumAvailable": 2000, "currentlyAvailable": 1998, "restoreRate": 100},
    }


def test_the_actual_cost_is_by_what_came_back(shop: Caller):
    for number in range(3):
        shop.made(part(f"A-{number}"))
    answer = shop.ask("{ products(first: 50) { nodes { id variants(first: 100) { nodes { id } } } } }")

    cost = answer["extensions"]["cost"]
    assert cost["requestedQueryCost"] == 2 + 7 * (1 + 2 + 9)
    assert cost["actualQueryCost"] == 2 + 2 * (1 + 2 + 1)


def test_a_refused_product_set_costs_no_more_than_a_mutation(shop: Caller):
    good = shop.ask(PRODUCT_SET, input=group(*map(str, range(50))))["extensions"]["cost"]
    bad = shop.ask(PRODUCT_SET, input={**group(*map(str, range(50))), "title": ""})["extensions"]["cost"]

    assert (good["requestedQueryCost"], good["actualQueryCost"]) == (20, 20)
    assert (bad["requestedQueryCost"], bad["actualQueryCost"]) == (20, 10)


@pytest.mark.parametrize(
    ("plan", "rate"), [("standard", 100), ("advanced", 200), ("plus", 1_000), ("enterprise", 2_000)]
)
def test_a_plan_has_its_rate_and_twenty_times_that_as_its_bucket(simulator: Simulator, plan: str, rate: int):
    simulator.make_shop(f"{plan}.myshopify.com", plan=plan)
    status = Caller(simulator, f"{plan}.myshopify.com").ask("{ shop { name } }")["extensions"]["cost"][
        "throttleStatus"
    ]

    assert status == {"maximumAvailable": 20 * rate, "currentlyAvailable": 20 * rate - 1, "restoreRate": rate}


def test_an_empty_bucket_throttles_with_200_and_fills_at_its_rate(shop: Caller, simulator, clock):
    shop.ask("{ shop { name } }")
    app = shop.store.shop.apps["client"]
    app.bucket.drain(1_995, clock.now())

    answer = shop.ask(PRODUCT_SET, input=part())
    assert answer == {
        "errors": [
            {
                "message": "Throttled",
                "extensions": {
                    "code": "THROTTLED",
                    "documentation": "https://shopify.dev/api/usage/rate-limits",
                },
            }
        ],
        "extensions": {
            "cost": {
                "requestedQueryCost": 11,
                "actualQueryCost": None,
                "throttleStatus": {"maximumAvailable": 2000, "currentlyAvailable": 4, "restoreRate": 100},
            }
        },
    }
    assert shop.store.shop.products == {}

    clock.advance((11 - 4) / 100 - 0.001)
    assert "errors" in shop.ask(PRODUCT_SET, input=part())
    clock.advance(0.001)
    shop.made(part())

    clock.advance(1_000)
    assert (
        shop.ask("{ shop { name } }")["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"] == 1_999
    )


def test_a_bucket_is_of_an_app_in_a_shop(simulator: Simulator, clock):
    simulator.make_shop("south.myshopify.com")
    north, south = Caller(simulator, DOMAIN), Caller(simulator, "south.myshopify.com")
    north.ask("{ shop { name } }")
    north.store.shop.apps["client"].bucket.drain(2_000, clock.now())

    assert "errors" in north.ask("{ shop { name } }")
    assert "errors" not in south.ask("{ shop { name } }")


def test_other_calls_of_the_app_may_drain_it(shop: Caller, clock):
    shop.ask("{ shop { name } }")
    bucket = shop.store.shop.apps["client"].bucket
    bucket.drain(2_000, clock.now())
    bucket.others_rate = 50
    clock.advance(10)

    assert shop.ask("{ shop { name } }")["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"] == 499


def test_more_than_a_thousand_points_are_too_many_whatever_the_bucket_holds(shop: Caller):
    query = "{ products(first: 250) { nodes { variants(first: 250) { nodes { inventoryItem { inventoryLevels(first: 250) { nodes { location { id } } } } } } } } }"
    answer = shop.ask(query)

    assert list(answer) == ["errors"], "no top-level extensions"
    assert answer["errors"][0]["extensions"]["code"] == "MAX_COST_EXCEEDED"
    assert answer["errors"][0]["extensions"]["maxCost"] == 1_000
    assert shop.store.shop.apps["client"].bucket.available == 2_000
