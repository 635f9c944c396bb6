"""The mapping both ways, without a shop: what is given is sent and nothing else, exactly."""

from decimal import Decimal
from uuid import uuid4

import pytest

from app.adapters.shopify.reading import product_of
from app.adapters.shopify.searching import sku_query
from app.adapters.shopify.sending import bulk_variant, points, product_set_input
from app.domain.push.product import ProductInput, VariantInput
from app.domain.push.profile import Field

AT = "gid://shopify/Location/1"
KNOWN = "gid://shopify/MediaImage/7"


def test_nothing_given_is_nothing_sent():
    assert product_set_input(ProductInput(), AT) == {}
    assert bulk_variant(VariantInput("gid://1", None)) == {"id": "gid://1"}


def test_one_field_of_the_seo_leaves_the_other_alone():
    sent = product_set_input(ProductInput({Field.SEO_TITLE: "T"}), AT)

    assert sent == {"seo": {"title": "T"}}


def test_known_pictures_go_by_their_id_and_new_ones_by_their_source():
    sent = product_set_input(ProductInput(images=(KNOWN, "https://c.test/a.jpg")), AT)

    assert sent["files"] == [
        {"id": KNOWN},
        {"originalSource": "https://c.test/a.jpg", "contentType": "IMAGE"},
    ]


def test_lists_that_are_given_empty_are_sent_empty():
    assert product_set_input(ProductInput(images=()), AT) == {"files": []}
    assert product_set_input(ProductInput({Field.TAGS: ()}), AT) == {"tags": []}


def test_money_stays_exact_and_none_empties_it():
    values = {Field.PRICE: "0.10", Field.COMPARE_AT_PRICE: None, Field.COST_PRICE: "1E+2"}
    sent = bulk_variant(VariantInput("gid://1", "A", values, tracked=False, image=KNOWN))

    assert sent == {
        "id": "gid://1",
        "price": "0.10",
        "compareAtPrice": None,
        "mediaId": KNOWN,
        "inventoryItem": {"cost": "100", "sku": "A", "tracked": False},
    }


def test_a_new_variant_brings_its_stock_and_its_options():
    variant = VariantInput(None, "A", {Field.WEIGHT: Decimal("0.1")}, (("Color", "Red"),), quantity=0)
    sent = product_set_input(ProductInput(variants=(variant,)), AT)

    assert sent["productOptions"] == [{"name": "Color", "values": [{"name": "Red"}]}]
    assert sent["variants"] == [
        {
            "sku": "A",
            "optionValues": [{"optionName": "Color", "name": "Red"}],
            "inventoryItem": {"measurement": {"weight": {"value": 0.1, "unit": "KILOGRAMS"}}},
            "inventoryQuantities": [{"locationId": AT, "name": "available", "quantity": 0}],
        }
    ]


def test_points_are_rounded_up():
    picture = "https://c.test/a.jpg"
    variants = (VariantInput(None, "A", image=picture), VariantInput(None, "B"))

    assert points(ProductInput()) == 0
    assert points(ProductInput(variants=variants, images=(picture,))) == 3


@pytest.mark.parametrize(
    ("value", "unit", "kilograms"),
    [
        (0.35, "KILOGRAMS", "0.35"),
        (350.0, "GRAMS", "0.35"),
        (2.0, "POUNDS", "0.90718474"),
        (1.0, "OUNCES", "0.028349523125"),
        (100.0, "KILOGRAMS", "100"),
        (0.0, "KILOGRAMS", "0"),
    ],
)
def test_weights_are_read_in_any_unit(value: float, unit: str, kilograms: str):
    (variant,) = product_of(node(weight={"value": value, "unit": unit})).variants

    assert variant.values[Field.WEIGHT] == Decimal(kilograms)


@pytest.mark.parametrize(
    ("amount", "text"), [("5.0", "5.00"), ("12.5", "12.50"), ("1200", "1200.00"), ("0.125", "0.125")]
)
def test_money_is_read_with_two_decimals(amount: str, text: str):
    (variant,) = product_of(node(price=amount)).variants

    assert variant.values[Field.PRICE] == text


def test_what_has_no_value_is_not_among_the_values():
    product = product_of(node())

    assert set(product.values) == {Field.TITLE, Field.STATUS}
    assert set(product.variants[0].values) == {Field.PRICE, Field.WEIGHT}
    assert (product.variants[0].available, product.variants[0].image_id, product.key) == (None, None, None)


def test_a_key_that_is_none_of_ours_is_no_key():
    key = uuid4()

    assert product_of({**node(), "metafield": {"value": str(key)}}).key == key
    assert product_of({**node(), "metafield": {"value": "theirs"}}).key is None


def node(price="1.00", weight=None) -> dict:
    variant = {
        "id": "gid://shopify/ProductVariant/2",
        "sku": None,
        "barcode": "",
        "price": price,
        "compareAtPrice": None,
        "selectedOptions": [{"name": "Title", "value": "Default Title"}],
        "media": {"nodes": []},
        "inventoryItem": {
            "id": "gid://shopify/InventoryItem/3",
            "tracked": False,
            "unitCost": None,
            "measurement": {"weight": weight or {"value": 0.0, "unit": "KILOGRAMS"}},
            "harmonizedSystemCode": None,
            "countryCodeOfOrigin": None,
            "inventoryLevel": None,
        },
    }
    return {
        "id": "gid://shopify/Product/1",
        "title": "T",
        "descriptionHtml": "",
        "vendor": "",
        "productType": "",
        "tags": [],
        "status": "ACTIVE",
        "seo": {"title": None, "description": None},
        "options": [],
        "metafield": None,
        "media": {"nodes": []},
        "variants": {"nodes": [variant]},
    }


def test_skus_are_quoted_so_that_nothing_in_them_is_syntax():
    assert sku_query(['A" OR "B', "back\\slash"]) == r'sku:"A\" OR \"B" OR sku:"back\\slash"'
