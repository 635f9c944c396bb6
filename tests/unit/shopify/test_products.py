"""The products' verbs, against the simulator."""

from decimal import Decimal
from uuid import uuid4

from app.domain.push.product import Level, ProductInput, VariantInput
from app.domain.push.profile import Field
from tests.unit.shopify.shopfront import KEY, Front, group, only, part


def test_a_product_is_made_with_everything_and_read_back_as_it_was_wanted(front: Front):
    values = {
        Field.PRICE: "12.50",
        Field.COMPARE_AT_PRICE: "15.00",
        Field.COST_PRICE: "7.25",
        Field.WEIGHT: Decimal("0.35"),
        Field.EAN: "4006381333931",
        Field.HS_CODE: "871410",
        Field.COUNTRY_OF_ORIGIN: "SE",
    }
    variant = VariantInput(
        None, "A-1", values, (("Title", "Default Title"),), "https://c.test/a.jpg", 7, tracked=True
    )
    content = {
        Field.TITLE: "Lever",
        Field.DESCRIPTION_HTML: "<p>Short</p>",
        Field.VENDOR: "Acme",
        Field.PRODUCT_TYPE: "Levers",
        Field.TAGS: ("brake", "anodised"),
        Field.STATUS: "DRAFT",
        Field.SEO_TITLE: "Lever, short",
        Field.SEO_DESCRIPTION: "A lever",
    }
    made = front.shop().create(
        KEY, ProductInput(content, variants=(variant,), images=("https://c.test/a.jpg",))
    )

    assert made.key == KEY
    assert dict(made.values) == {**content, Field.TAGS: ("anodised", "brake")}
    assert dict(only(made).values) == {**values, Field.STOCK: 7}
    assert (only(made).sku, only(made).available, only(made).tracked) == ("A-1", 7, True)
    assert made.image_ids == (only(made).image_id,)
    assert front.shop().product(made.id, variants=1) == made


def test_a_product_is_found_by_its_key_and_its_sku(front: Front):
    made = front.shop().create(KEY, part())
    found = front.shop().find(KEY, ["A-1"])

    assert found.product == made
    assert found.skus == made.variants
    assert front.shop().find(uuid4(), ["nothing"]).product is None


def test_variants_change_cheaply(front: Front):
    made = front.shop().create(KEY, group("red", "blue"))
    red = made.variants[0]
    front.shop().change_variants(made.id, [VariantInput(red.id, None, {Field.PRICE: "9.99"})])

    after = front.shop().product(made.id, variants=2)
    assert [one.values[Field.PRICE] for one in after.variants] == ["9.99", "5.00"]


def test_stock_is_set_where_it_is_what_was_seen(front: Front):
    made = front.shop().create(KEY, part())
    front.shop().set_stock([Level(only(made).inventory_item_id, 9, 5)], uuid4())

    assert front.stock("A-1") == 9
