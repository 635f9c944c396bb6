"""Locations and quantities: their order, their comparison, their keys."""

import pytest

from tests.shopify import SET_QUANTITIES, Caller, part

ACTIVATE = """
mutation Activate($item: ID!, $place: ID!, $available: Int, $key: String!) {
  inventoryActivate(inventoryItemId: $item, locationId: $place, available: $available) @idempotent(key: $key) {
    inventoryLevel { id quantities(names: ["available"]) { quantity } }
    userErrors { field message }
  }
}"""
LOCATIONS = "{ locations(first: 9) { nodes { id name isActive } } }"


@pytest.fixture
def item(shop: Caller) -> str:
    rows = [{"locationId": shop.location("Berlin"), "name": "available", "quantity": 5}]
    return shop.made(part(variant={"inventoryQuantities": rows}))["variants"]["nodes"][0]["inventoryItem"][
        "id"
    ]


def available(shop: Caller) -> int:
    return sum(one.available for one in shop.store.by_handle("part-a-1").variants[0].item.levels.values())


def test_locations_come_by_name_and_only_active_ones(shop: Caller, simulator):
    def names() -> list[str]:
        return [one["name"] for one in shop.data(LOCATIONS)["locations"]["nodes"]]

    assert names() == ["Berlin", "Oslo", "Stockholm"]

    simulator.act(shop.domain, "renameLocation", {"location": "Stockholm", "to": "Aalborg"})
    assert names() == ["Aalborg", "Berlin", "Oslo"], "the first one moved"

    simulator.act(shop.domain, "deactivateLocation", {"location": "Aalborg"})
    assert names() == ["Berlin", "Oslo"]
    everything = shop.data("{ locations(first: 9, includeInactive: true, sortKey: ID) { nodes { name } } }")
    assert [one["name"] for one in everything["locations"]["nodes"]] == ["Aalborg", "Berlin", "Oslo"]
    assert shop.data("{ location { name } }") == {"location": {"name": "Berlin"}}


def test_a_quantity_is_set_when_the_comparison_holds(shop: Caller, item: str):
    payload = shop.stock(item, shop.location("Berlin"), 8, 5, "k1")

    assert payload["userErrors"] == []
    assert payload["inventoryAdjustmentGroup"]["changes"] == [
        {"name": "available", "delta": 3, "quantityAfterChange": 8},
        {"name": "on_hand", "delta": 3, "quantityAfterChange": 8},
    ]
    assert available(shop) == 8


def test_a_stale_comparison_is_refused(shop: Caller, item: str):
    payload = shop.stock(item, shop.location("Berlin"), 8, 4, "k1")

    assert [(one["code"], one["field"]) for one in payload["userErrors"]] == [
        ("CHANGE_FROM_QUANTITY_STALE", ["input", "quantities", "0"])
    ]
    assert payload["inventoryAdjustmentGroup"] is None
    assert available(shop) == 5


def test_null_skips_the_comparison(shop: Caller, item: str):
    assert shop.stock(item, shop.location("Berlin"), 8, None, "k1")["userErrors"] == []


def test_the_comparison_must_be_sent(shop: Caller, item: str):
    row = {"inventoryItemId": item, "locationId": shop.location("Berlin"), "quantity": 1}
    given = {"name": "available", "reason": "correction", "quantities": [row]}
    answer = shop.ask(SET_QUANTITIES, input=given, key="k")

    assert answer["data"] == {"inventorySetQuantities": None}
    assert answer["errors"][0]["extensions"]["code"] == "INVALID_FIELD_ARGUMENTS"
    assert answer["errors"][0]["message"] == (
        "InventoryQuantityInput must include the following argument: changeFromQuantity."
    )


def test_the_key_is_required_at_run_time_only(shop: Caller, item: str):
    row = {
        "inventoryItemId": item,
        "locationId": shop.location("Berlin"),
        "quantity": 1,
        "changeFromQuantity": None,
    }
    given = {"name": "available", "reason": "correction", "quantities": [row]}
    query = "mutation ($input: InventorySetQuantitiesInput!) { inventorySetQuantities(input: $input) { userErrors { code } } }"
    answer = shop.ask(query, input=given)

    assert answer["errors"][0]["message"] == (
        "The @idempotent directive is required for this mutation but was not provided."
    )
    assert answer["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    assert available(shop) == 5
    assert "errors" in shop.ask(SET_QUANTITIES, input=given, key=" ")


def test_a_key_does_it_once(shop: Caller, item: str):
    berlin = shop.location("Berlin")
    first = shop.stock(item, berlin, 8, 5, "k1")
    again = shop.stock(item, berlin, 8, 5, "k1")

    assert again == first, "the second would be stale if it were done"
    assert available(shop) == 8


def test_a_key_belongs_to_its_arguments(shop: Caller, item: str):
    berlin = shop.location("Berlin")
    shop.stock(item, berlin, 8, 5, "k1")
    payload = shop.stock(item, berlin, 9, 8, "k1")

    assert payload["userErrors"][0]["code"] == "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"
    assert available(shop) == 8


def test_a_refused_key_is_spent_and_any_key_is_forgotten_after_a_day(shop: Caller, item: str, clock):
    berlin = shop.location("Berlin")
    shop.stock(item, berlin, 8, 4, "k1")
    payload = shop.stock(item, berlin, 8, 4, "k1")
    assert payload["userErrors"][0]["code"] == "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED"

    clock.advance(24 * 3600 + 1)
    shop.token = Caller(shop.simulator).token
    assert shop.stock(item, berlin, 8, 4, "k1")["userErrors"][0]["code"] == "CHANGE_FROM_QUANTITY_STALE"


def test_only_stocked_places_take_quantities(shop: Caller, item: str):
    payload = shop.stock(item, shop.location("Oslo"), 1, None, "k1")
    assert payload["userErrors"][0]["code"] == "ITEM_NOT_STOCKED_AT_LOCATION"

    made = shop.data(ACTIVATE, item=item, place=shop.location("Oslo"), available=2, key="a1")[
        "inventoryActivate"
    ]
    assert made["inventoryLevel"]["quantities"] == [{"quantity": 2}]
    again = shop.data(ACTIVATE, item=item, place=shop.location("Oslo"), available=3, key="a2")[
        "inventoryActivate"
    ]
    assert again["userErrors"] != []
    assert shop.stock(item, shop.location("Oslo"), 4, 2, "k2")["userErrors"] == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": "incoming"}, "INVALID_NAME"),
        ({"reason": "because"}, "INVALID_REASON"),
        ({"referenceDocumentUri": "gid://shopify/Order/1"}, "INVALID_REFERENCE_DOCUMENT"),
    ],
)
def test_words_are_checked(shop: Caller, item: str, change: dict, code: str):
    row = {
        "inventoryItemId": item,
        "locationId": shop.location("Berlin"),
        "quantity": 1,
        "changeFromQuantity": None,
    }
    given = {"name": "available", "reason": "correction", "quantities": [row], **change}
    payload = shop.data(SET_QUANTITIES, input=given, key="k")["inventorySetQuantities"]

    assert payload["userErrors"][0]["code"] == code


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"quantity": 1_000_000_001}, "INVALID_QUANTITY_TOO_HIGH"),
        ({"quantity": -1_000_000_001}, "INVALID_QUANTITY_TOO_LOW"),
        ({"inventoryItemId": "gid://shopify/InventoryItem/1"}, "INVALID_INVENTORY_ITEM"),
        ({"locationId": "gid://shopify/Location/1"}, "INVALID_LOCATION"),
    ],
)
def test_rows_are_checked_and_all_or_none_are_done(shop: Caller, item: str, change: dict, code: str):
    row = {
        "inventoryItemId": item,
        "locationId": shop.location("Berlin"),
        "quantity": 1,
        "changeFromQuantity": None,
    }
    given = {"name": "available", "reason": "correction", "quantities": [row, {**row, **change}]}
    payload = shop.data(SET_QUANTITIES, input=given, key="k")["inventorySetQuantities"]

    assert code in [one["code"] for one in payload["userErrors"]]
    assert available(shop) == 5


def test_a_pair_stands_once(shop: Caller, item: str):
    row = {
        "inventoryItemId": item,
        "locationId": shop.location("Berlin"),
        "quantity": 1,
        "changeFromQuantity": None,
    }
    given = {"name": "available", "reason": "correction", "quantities": [row, row]}
    payload = shop.data(SET_QUANTITIES, input=given, key="k")["inventorySetQuantities"]

    assert [one["code"] for one in payload["userErrors"]] == [
        "NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR"
    ] * 2


def test_on_hand_includes_what_is_committed(shop: Caller, item: str, simulator):
    simulator.act(shop.domain, "sell", {"location": "Berlin", "lines": [{"sku": "A-1", "quantity": 2}]})
    assert available(shop) == 3
    row = {
        "inventoryItemId": item,
        "locationId": shop.location("Berlin"),
        "quantity": 10,
        "changeFromQuantity": 5,
    }
    given = {"name": "on_hand", "reason": "correction", "quantities": [row]}
    shop.data(SET_QUANTITIES, input=given, key="k")

    assert available(shop) == 8


def test_an_item_is_updated(shop: Caller, item: str):
    query = """mutation ($id: ID!, $input: InventoryItemInput!) { inventoryItemUpdate(id: $id, input: $input) {
        inventoryItem { sku unitCost { amount } harmonizedSystemCode tracked } userErrors { field message } } }"""
    given = {"cost": "3.10", "harmonizedSystemCode": "871410", "sku": "B-1", "tracked": False}
    payload = shop.data(query, id=item, input=given)["inventoryItemUpdate"]
    assert payload["inventoryItem"] == {
        "sku": "B-1",
        "unitCost": {"amount": "3.10"},
        "harmonizedSystemCode": "871410",
        "tracked": False,
    }

    payload = shop.data(query, id=item, input={"harmonizedSystemCode": "1"})["inventoryItemUpdate"]
    assert payload["inventoryItem"] is None
    assert payload["userErrors"][0]["message"] == (
        "Harmonized system code must be a number between six and thirteen digits"
    )


def test_items_and_levels_are_read_in_pages(shop: Caller):
    for number in range(5):
        shop.made(part(f"P-{number}"))
    query = """query ($after: String) { inventoryItems(first: 2, after: $after) {
        nodes { sku inventoryLevels(first: 5) { nodes { location { id } quantities(names: ["available"]) { quantity } } } }
        pageInfo { hasNextPage endCursor } } }"""
    seen, after = [], None
    while True:
        page = shop.data(query, after=after)["inventoryItems"]
        seen += [one["sku"] for one in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
        if len(seen) == 2:
            shop.store.remove(shop.store.by_handle("part-p-1"))

    assert seen == ["P-0", "P-1", "P-2", "P-3", "P-4"], "a deletion before the cursor takes nothing away"
    assert shop.data('{ inventoryItems(first: 5, query: "sku:P-3") { nodes { sku } } }')["inventoryItems"][
        "nodes"
    ] == [{"sku": "P-3"}]
