"""app/local/shopify_sim/writing/product_set.py: what is given is set, what is left out of a list is gone."""

import pytest

from tests.shopify import PRODUCT_SET, Caller, group, part

PHOTO = "https://cdn.test/a.jpg"


def test_a_product_is_made_with_all_that_was_given(shop: Caller):
    shop.made(
        part(
            "A-1",
            vendor="Kestrel",
            productType="Brakes",
            status="DRAFT",
            descriptionHtml="<p>Good</p>",
            seo={"title": "T", "description": "D"},
            tags=["b", "a"],
            variant={
                "barcode": "4006381333931",
                "compareAtPrice": "12.5",
                "inventoryItem": {
                    "cost": "4.2",
                    "tracked": True,
                    "harmonizedSystemCode": "871410",
                    "countryCodeOfOrigin": "DE",
                    "measurement": {"weight": {"value": 1.5, "unit": "KILOGRAMS"}},
                },
                "inventoryQuantities": [
                    {"locationId": shop.location("Oslo"), "name": "available", "quantity": 7}
                ],
            },
        )
    )

    shown = shop.data("""{ products(first: 1) { nodes {
        title vendor productType status descriptionHtml tags handle seo { title description } totalInventory
        variants(first: 1) { nodes { sku barcode price compareAtPrice title inventoryQuantity inventoryItem {
            tracked unitCost { amount currencyCode } harmonizedSystemCode countryCodeOfOrigin
            measurement { weight { value unit } }
            inventoryLevels(first: 3) { nodes { location { name } quantities(names: ["available", "on_hand"]) { name quantity } } }
    } } } } } }""")["products"]["nodes"][0]
    assert shown == {
        "title": "Part A-1",
        "vendor": "Kestrel",
        "productType": "Brakes",
        "status": "DRAFT",
        "descriptionHtml": "<p>Good</p>",
        "tags": ["a", "b"],
        "handle": "part-a-1",
        "seo": {"title": "T", "description": "D"},
        "totalInventory": 7,
        "variants": {
            "nodes": [
                {
                    "sku": "A-1",
                    "barcode": "4006381333931",
                    "price": "10.00",
                    "compareAtPrice": "12.50",
                    "title": "Default Title",
                    "inventoryQuantity": 7,
                    "inventoryItem": {
                        "tracked": True,
                        "unitCost": {"amount": "4.20", "currencyCode": "EUR"},
                        "harmonizedSystemCode": "871410",
                        "countryCodeOfOrigin": "DE",
                        "measurement": {"weight": {"value": 1.5, "unit": "KILOGRAMS"}},
                        "inventoryLevels": {
                            "nodes": [
                                {
                                    "location": {"name": "Oslo"},
                                    "quantities": [
                                        {"name": "available", "quantity": 7},
                                        {"name": "on_hand", "quantity": 7},
                                    ],
                                }
                            ]
                        },
                    },
                }
            ]
        },
    }


def test_fields_that_are_left_out_stay(shop: Caller):
    made = shop.made(part(vendor="Kestrel", tags=["x"]))

    again = shop.made({"id": made["id"], "title": "Another"})

    assert again["title"] == "Another"
    assert again["tags"] == ["x"]
    assert [one["sku"] for one in again["variants"]["nodes"]] == ["A-1"]
    assert shop.store.by_handle("part-a-1").vendor == "Kestrel"


def test_variants_that_are_left_out_are_deleted(shop: Caller):
    made = shop.made(group("Red", "Blue"))
    red = made["variants"]["nodes"][0]["id"]

    again = shop.made({**group("Red", "Green"), "id": made["id"]})

    assert [one["sku"] for one in again["variants"]["nodes"]] == ["G-Red", "G-Green"]
    assert again["variants"]["nodes"][0]["id"] == red, "the same option values are the same variant"
    assert shop.data('{ productVariants(first: 5, query: "sku:G-Blue") { nodes { id } } }') == {
        "productVariants": {"nodes": []}
    }


def test_a_variant_is_known_by_its_id_when_its_option_value_changes(shop: Caller):
    made = shop.made(group("Red", "Blue"))
    renamed = group("Crimson", "Blue")
    renamed["variants"][0]["id"] = made["variants"]["nodes"][0]["id"]

    again = shop.made({**renamed, "id": made["id"]})

    assert [one["id"] for one in again["variants"]["nodes"]] == [
        one["id"] for one in made["variants"]["nodes"]
    ]
    assert again["options"] == [{"name": "Color", "values": ["Crimson", "Blue"]}]


def test_files_that_are_left_out_leave_the_product_the_merchants_own_photos_too(shop: Caller, simulator):
    made = shop.made(part(files=[{"originalSource": PHOTO}]))
    simulator.act(shop.domain, "addPhoto", {"sku": "A-1"})

    again = shop.made({"id": made["id"], "files": [{"id": made["media"]["nodes"][0]["id"]}]})

    assert again["media"] == made["media"]
    assert len(shop.data("{ files(first: 9) { nodes { id } } }")["files"]["nodes"]) == 2, (
        "they stay in the shop"
    )


def test_files_stay_when_the_list_is_left_out(shop: Caller):
    made = shop.made(part(files=[{"originalSource": PHOTO}]))

    assert shop.made({"id": made["id"], "title": "New"})["media"] == made["media"]


def test_a_source_that_is_sent_again_becomes_another_file(shop: Caller):
    made = shop.made(part(files=[{"originalSource": PHOTO}]))
    again = shop.made({"id": made["id"], "files": [{"originalSource": PHOTO}]})

    names = sorted(one.filename for one in shop.store.shop.files.values())
    assert again["media"] != made["media"]
    assert len(names) == 2
    assert names[0] == "a.jpg"
    assert names[1].startswith("a_"), "APPEND_UUID is the default"


def test_a_variants_file_is_among_the_products_files(shop: Caller):
    file = {"originalSource": PHOTO}
    made = shop.made(part(files=[file], variant={"file": file}))
    shown = shop.data(
        "query ($id: ID!) { product(id: $id) { variants(first: 1) { nodes { media(first: 2) { nodes { id } } } } } }",
        id=made["id"],
    )
    assert shown["product"]["variants"]["nodes"][0]["media"] == made["media"]

    assert shop.refused(part("B-1", variant={"file": file})) == [("INVALID_INPUT", "input.variants.0.file")]
    other = part("B-1", files=[{"originalSource": "https://cdn.test/b.jpg"}], variant={"file": file})
    assert shop.refused(other) == [("INVALID_INPUT", "input.variants.0.file")]


def test_a_file_that_leaves_the_product_leaves_its_variants(shop: Caller):
    file = {"originalSource": PHOTO}
    made = shop.made(part(files=[file], variant={"file": file}))
    shop.made({"id": made["id"], "files": []})

    assert shop.store.by_handle("part-a-1").variants[0].files == []


def test_tags_are_overwritten(shop: Caller):
    made = shop.made(part(tags=["old", "Sale", "sale"]))
    assert made["tags"] == ["old", "Sale"]

    assert shop.made({"id": made["id"], "tags": ["new"]})["tags"] == ["new"]


def test_metafields_that_are_left_out_are_deleted(shop: Caller):
    one = {"namespace": "custom", "key": "one", "type": "single_line_text_field", "value": "1"}
    two = {**one, "key": "two"}
    made = shop.made(part(metafields=[one, two]))
    shop.made({"id": made["id"], "metafields": [{**two, "value": "2"}]})

    query = "query ($id: ID!) { product(id: $id) { metafields(first: 9) { nodes { key value } } } }"
    assert shop.data(query, id=made["id"])["product"]["metafields"]["nodes"] == [{"key": "two", "value": "2"}]


def test_null_clears_a_compare_at_price(shop: Caller):
    made = shop.made(part(variant={"compareAtPrice": "12"}))
    again = shop.made({**part(variant={"compareAtPrice": None}), "id": made["id"]})

    assert made["variants"]["nodes"][0]["compareAtPrice"] == "12.00"
    assert again["variants"]["nodes"][0]["compareAtPrice"] is None


def test_a_product_without_variants_gets_the_default_one(shop: Caller):
    made = shop.made({"title": "Bare"})

    assert made["options"] == [{"name": "Title", "values": ["Default Title"]}]
    assert len(made["variants"]["nodes"]) == 1


def test_options_and_variants_come_together(shop: Caller):
    given = part()
    del given["productOptions"]
    assert shop.refused(given) == [("PRODUCT_OPTIONS_INPUT_MISSING", "input.productOptions")]

    given = part()
    del given["variants"]
    assert shop.refused(given) == [("VARIANTS_INPUT_MISSING", "input.variants")]

    made = shop.made(part())
    given = {"id": made["id"], "variants": part()["variants"]}
    assert shop.refused(given) == [("PRODUCT_OPTIONS_INPUT_MISSING", "input.productOptions")]


def test_option_values_are_mandatory_in_the_schema_and_for_every_option(shop: Caller):
    given = part()
    del given["variants"][0]["optionValues"]
    answer = shop.ask(PRODUCT_SET, input=given)
    assert answer["errors"][0]["extensions"]["code"] == "INVALID_VARIABLE"
    assert "variants.0" in answer["errors"][0]["message"]

    given = part(variant={"optionValues": []})
    assert shop.refused(given) == [("INVALID_VARIANT", "input.variants.0")]


def test_what_a_variant_chooses_must_exist(shop: Caller):
    given = part(variant={"optionValues": [{"optionName": "Size", "name": "M"}]})
    assert shop.refused(given) == [("OPTION_DOES_NOT_EXIST", "input.variants.0.optionValues.0")]

    given = part(variant={"optionValues": [{"optionName": "Title", "name": "M"}]})
    assert shop.refused(given) == [("OPTION_VALUE_DOES_NOT_EXIST", "input.variants.0.optionValues.0")]


def test_options_and_their_values_are_told_apart(shop: Caller):
    given = group("Red", "red")
    assert ("DUPLICATED_OPTION_VALUE", "input.productOptions.0.values.1.name") in shop.refused(given)

    given = group("Red")
    given["productOptions"].append(given["productOptions"][0])
    assert ("DUPLICATED_OPTION_NAME", "input.productOptions.1.name") in shop.refused(given)

    given = group("Red")
    given["variants"].append(given["variants"][0])
    assert shop.refused(given) == [("INVALID_VARIANT", "input.variants.1")]

    given = group("Red")
    given["productOptions"][0]["values"] = []
    assert ("OPTION_VALUES_MISSING", "input.productOptions.0.values") in shop.refused(given)


def test_there_are_three_options_at_most(shop: Caller):
    names = ["A", "B", "C", "D"]
    given = {
        "title": "Many",
        "productOptions": [{"name": one, "values": [{"name": "x"}]} for one in names],
        "variants": [{"optionValues": [{"optionName": one, "name": "x"} for one in names]}],
    }
    assert shop.refused(given) == [("OPTIONS_OVER_LIMIT", "input.productOptions")]


def test_lists_have_250_entries_at_most_and_variants_2048(shop: Caller):
    answer = shop.ask(PRODUCT_SET, input=part(tags=["x"] * 251))
    assert answer["errors"][0]["extensions"]["code"] == "MAX_INPUT_SIZE_EXCEEDED"
    assert answer["errors"][0]["path"] == ["productSet", "input", "tags"]
    assert "data" not in answer

    one = {"optionValues": [{"optionName": "Color", "name": "x"}]}
    answer = shop.ask(PRODUCT_SET, input={**group("x"), "variants": [one] * 2_049})
    assert answer["errors"][0]["message"] == (
        "The input array size of 2049 is greater than the maximum allowed of 2048."
    )


def test_2048_variants_fit(shop: Caller):
    names = [f"{place:04}" for place in range(2_048)]
    options = [
        {"name": "Ten", "values": [{"name": one} for one in sorted({name[:3] for name in names})]},
        {"name": "One", "values": [{"name": str(one)} for one in range(10)]},
    ]
    variants = [
        {"optionValues": [{"optionName": "Ten", "name": one[:3]}, {"optionName": "One", "name": one[3]}]}
        for one in names
    ]
    shop.made({"title": "Wide", "productOptions": options, "variants": variants})

    assert shop.store.count_variants() == 2_048


@pytest.mark.parametrize("code", ["12345", "12345678901234", "8714.10", "abcdef"])
def test_an_hs_code_has_six_to_thirteen_digits(shop: Caller, code: str):
    given = part(variant={"inventoryItem": {"harmonizedSystemCode": code}})
    path = "input.variants.0.inventoryItem.harmonizedSystemCode"
    assert shop.refused(given) == [("INVALID_VARIANT", path)]


def test_a_country_is_iso_alpha_2_and_uk_is_none(shop: Caller):
    for country in ("UK", "Germany", "de"):
        given = part(variant={"inventoryItem": {"countryCodeOfOrigin": country}})
        answer = shop.ask(PRODUCT_SET, input=given)
        assert answer["errors"][0]["extensions"]["code"] == "INVALID_VARIABLE"
    assert shop.store.shop.products == {}

    shop.made(part(variant={"inventoryItem": {"countryCodeOfOrigin": "GB"}}))


def test_a_weight_has_one_of_four_units_and_is_not_negative(shop: Caller):
    weight = {"value": 1, "unit": "KG"}
    answer = shop.ask(PRODUCT_SET, input=part(variant={"inventoryItem": {"measurement": {"weight": weight}}}))
    assert answer["errors"][0]["extensions"]["code"] == "INVALID_VARIABLE"

    weight = {"value": -1, "unit": "KILOGRAMS"}
    given = part(variant={"inventoryItem": {"measurement": {"weight": weight}}})
    assert shop.refused(given)[0][0] == "INVALID_VARIANT"


@pytest.mark.parametrize(("field", "value"), [("price", "12,50"), ("price", "ten"), ("compareAtPrice", True)])
def test_money_is_a_decimal_with_a_point(shop: Caller, field: str, value: object):
    answer = shop.ask(PRODUCT_SET, input=part(variant={field: value}))

    assert answer["errors"][0]["extensions"]["code"] == "INVALID_VARIABLE"
    assert "data" not in answer
    assert "extensions" in answer


@pytest.mark.parametrize("field", ["price", "compareAtPrice"])
def test_money_is_not_negative(shop: Caller, field: str):
    assert shop.refused(part(variant={field: "-1"})) == [("INVALID_VARIANT", f"input.variants.0.{field}")]


def test_a_title_is_needed_and_has_255_characters_at_most(shop: Caller):
    assert shop.refused({"vendor": "x"}) == [("INVALID_PRODUCT", "input.title")]
    assert shop.refused({"title": " "}) == [("INVALID_PRODUCT", "input.title")]
    assert shop.refused({"title": "x" * 256}) == [("INVALID_PRODUCT", "input.title")]


def test_everything_that_is_wrong_is_told_at_once_and_nothing_is_done(shop: Caller):
    made = shop.made(part())
    wrong = part("A-2", tags=["new"], variant={"price": "-1", "inventoryItem": {"cost": "-1"}})
    errors = shop.refused({**wrong, "id": made["id"], "title": "", "files": [{"originalSource": "nowhere"}]})

    assert len(errors) == 4
    kept = shop.store.by_handle("part-a-1")
    assert (kept.title, kept.tags, kept.variants[0].sku) == ("Part A-1", [], "A-1")
    assert shop.store.shop.files == {}


def test_handles_are_unique_and_made_up_when_none_is_given(shop: Caller):
    shop.made(part("A-1", handle="lever"))
    assert shop.refused(part("A-2", handle="Lever")) == [("HANDLE_NOT_UNIQUE", "input.handle")]

    assert shop.made({"title": "Lever"})["handle"] == "lever-1"
    assert shop.made({"title": "Lever"})["handle"] == "lever-2"
    assert shop.made({"title": "Älg & Sön"})["handle"] == "älg-sön"


def test_an_identifier_finds_or_makes_by_handle(shop: Caller):
    first = shop.made(part(handle="lever"), {"handle": "lever"})
    again = shop.made({"handle": "lever", "title": "New"}, {"handle": "lever"})

    assert first["id"] == again["id"]
    assert shop.refused({"title": "x"}, {"handle": "lever"}) == [("MISSING_FIELD_REQUIRED", "input")]
    assert shop.refused({"title": "x", "handle": "a"}, {"handle": "b"}) == [("INPUT_MISMATCH", "input")]


def test_an_identifier_is_one_of_three_and_never_a_sku(shop: Caller):
    answer = shop.ask(PRODUCT_SET, input=part(), identifier={"handle": "a", "id": "gid://shopify/Product/1"})
    assert answer["errors"][0]["extensions"]["code"] == "INVALID_VARIABLE"
    answer = shop.ask(PRODUCT_SET, input=part(), identifier={"sku": "A-1"})
    assert answer["errors"][0]["extensions"]["code"] == "INVALID_VARIABLE"


def test_ids_that_lead_nowhere_are_refused(shop: Caller):
    nowhere = "gid://shopify/Product/1"
    assert shop.refused({"id": nowhere, "title": "x"}) == [("PRODUCT_DOES_NOT_EXIST", "input.id")]
    assert shop.refused({"title": "x"}, {"id": nowhere}) == [("NOT_FOUND", "identifier.id")]
    assert shop.refused({"id": nowhere, "title": "x"}, {"id": nowhere}) == [("ID_NOT_ALLOWED", "input")]
    given = part(variant={"id": "gid://shopify/ProductVariant/1"})
    assert shop.refused(given) == [("PRODUCT_VARIANT_DOES_NOT_EXIST", "input.variants.0.id")]
    assert shop.refused(part(files=[{"id": "gid://shopify/MediaImage/1"}])) == [
        ("NOT_FOUND", "input.files.0.id")
    ]


def test_stock_of_a_known_variant_changes_only_where_it_is_stocked(shop: Caller):
    berlin, oslo = shop.location("Berlin"), shop.location("Oslo")

    def at(place: str, quantity: int) -> dict:
        return {"inventoryQuantities": [{"locationId": place, "name": "available", "quantity": quantity}]}

    made = shop.made(part(variant=at(berlin, 5)))
    shop.made({**part(variant=at(oslo, 9)), "id": made["id"]})
    shop.made({**part(variant=at(berlin, 6)), "id": made["id"]})

    levels = shop.store.by_handle("part-a-1").variants[0].item.levels.values()
    assert [(f"gid://shopify/Location/{one.location}", one.available) for one in levels] == [(berlin, 6)]


def test_a_new_variant_without_quantities_is_stocked_at_the_oldest_location(shop: Caller):
    shop.made(part())

    levels = shop.store.by_handle("part-a-1").variants[0].item.levels
    assert [shop.store.shop.locations[one].name for one in levels] == ["Stockholm"]


def test_quantities_need_a_place_and_a_known_name(shop: Caller):
    row = {"locationId": "gid://shopify/Location/1", "name": "available", "quantity": 1}
    given = part(variant={"inventoryQuantities": [row]})
    assert shop.refused(given) == [("INVALID_INPUT", "input.variants.0.inventoryQuantities.0.locationId")]

    row = {"locationId": shop.location("Oslo"), "name": "incoming", "quantity": 1}
    given = part(variant={"inventoryQuantities": [row]})
    assert shop.refused(given) == [("INVALID_INPUT", "input.variants.0.inventoryQuantities.0.name")]


def test_an_asynchronous_one_is_done_later(shop: Caller, clock):
    payload = shop.data(PRODUCT_SET, input=part(), synchronous=False)["productSet"]
    operation = payload["productSetOperation"]
    assert payload["product"] is None
    assert operation["status"] == "CREATED"
    assert shop.store.shop.products == {}

    query = "query ($id: ID!) { productOperation(id: $id) { status product { handle } ... on ProductSetOperation { userErrors { code } } } }"
    clock.advance(0.6)
    assert shop.data(query, id=operation["id"])["productOperation"]["status"] == "ACTIVE"
    clock.advance(0.6)
    assert shop.data(query, id=operation["id"])["productOperation"] == {
        "status": "COMPLETE",
        "product": {"handle": "part-a-1"},
        "userErrors": [],
    }


def test_an_asynchronous_one_tells_its_errors_later(shop: Caller, clock):
    payload = shop.data(PRODUCT_SET, input={"title": ""}, synchronous=False)["productSet"]
    clock.advance(2)

    query = "query ($id: ID!) { productOperation(id: $id) { status product { id } ... on ProductSetOperation { userErrors { code } } } }"
    assert payload["userErrors"] == []
    assert shop.data(query, id=payload["productSetOperation"]["id"])["productOperation"] == {
        "status": "COMPLETE",
        "product": None,
        "userErrors": [{"code": "INVALID_PRODUCT"}],
    }


def test_more_than_ten_thousand_new_variants_a_day_are_throttled_in_a_crowded_shop(simulator, clock):
    for plan, refused in (("standard", True), ("plus", False)):
        domain = f"{plan}.myshopify.com"
        simulator.make_shop(domain, plan=plan, variants_before_throttle=2, variants_a_day=3)
        shop = Caller(simulator, domain)
        for number in range(3):
            shop.made(part(f"A-{number}"))
        answer = shop.ask(PRODUCT_SET, input=part("A-9"))
        assert ("errors" in answer) is refused
        if refused:
            assert answer["errors"][0]["extensions"]["code"] == "VARIANT_THROTTLE_EXCEEDED"
            clock.advance(24 * 3600)
            shop.token = Caller(simulator, domain).token
            shop.made(part("A-9"))


def test_what_the_simulator_does_not_play_is_an_error_and_no_silence(shop: Caller):
    answer = shop.ask(PRODUCT_SET, input=part(collections=["gid://shopify/Collection/1"]))
    assert answer["errors"][0]["extensions"]["code"] == "SIMULATOR_UNSUPPORTED"

    answer = shop.ask("{ shop { taxesIncluded } }")
    assert answer["errors"][0]["extensions"]["code"] == "SIMULATOR_UNSUPPORTED"


def test_a_place_that_was_closed_and_opened_again_has_no_stock(shop: Caller, simulator):
    def at(quantity: int) -> dict:
        row = {"locationId": shop.location("Berlin"), "name": "available", "quantity": quantity}
        return part(variant={"inventoryQuantities": [row]})

    made = shop.made(at(5))
    simulator.act(shop.domain, "deactivateLocation", {"location": "Berlin"})
    assert shop.refused({**at(6), "id": made["id"]})[0][0] == "INVALID_INPUT"
    simulator.act(shop.domain, "activateLocation", {"location": "Berlin"})
    shop.made({**at(6), "id": made["id"]})

    level = next(iter(shop.store.by_handle("part-a-1").variants[0].item.levels.values()))
    assert (level.is_active, level.available) == (False, 5)
