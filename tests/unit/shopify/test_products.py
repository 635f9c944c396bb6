"""The products' verbs, against the simulator."""

from decimal import Decimal
from uuid import uuid4

import pytest

from app.domain.push.errors import ShopRefusedError
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


def test_merchants_own_pictures_stay_and_none_is_copied(front: Front):
    made = front.shop().create(KEY, part())
    front.act("addPhoto", sku="A-1", filename="own.jpg")
    (own,) = front.shop().product(made.id, variants=1).image_ids
    ours = "https://c.test/a.jpg"

    after = front.shop().change(made.id, ProductInput(images=(own, ours)))
    again = front.shop().change(made.id, ProductInput(images=after.image_ids))
    assert again.image_ids == after.image_ids
    assert (len(again.image_ids), again.image_ids[0]) == (2, own)
    assert len(front.store.shop.files) == 2


def test_what_is_not_given_is_left_alone(front: Front):
    made = front.shop().create(KEY, group("red", "blue"))
    front.act("editProduct", sku="G-red", set={"vendor": "Theirs", "tags": ["theirs"]})
    after = front.shop().change(made.id, ProductInput({Field.TITLE: "New"}))

    assert after.values[Field.TITLE] == "New"
    assert (after.values[Field.VENDOR], after.values[Field.TAGS]) == ("Theirs", ("theirs",))
    assert (after.key, [one.id for one in after.variants]) == (KEY, [one.id for one in made.variants])


def test_members_join_and_leave(front: Front):
    made = front.shop().create(KEY, group("red", "blue"))
    red = made.variants[0]
    kept = VariantInput(red.id, None, options=red.options)
    joined = VariantInput(None, "G-green", {Field.PRICE: "6.00"}, (("Color", "green"),))
    after = front.shop().change(
        made.id, ProductInput(options=(("Color", ("red", "green")),), variants=(kept, joined))
    )

    assert [one.sku for one in after.variants] == ["G-red", "G-green"]
    assert after.variants[0] == red
    assert after.options == (("Color", ("red", "green")),)


def test_creating_what_is_there_makes_no_second(front: Front):
    first = front.shop().create(KEY, part(quantity=None))
    again = front.shop().create(KEY, part(quantity=None, **{Field.PRICE: "99.00"}))

    assert (again.id, only(again).id) == (first.id, only(first).id)
    assert only(again).values[Field.PRICE] == "99.00"


def test_our_key_is_defined_once_in_a_process_and_anew_when_it_is_lost(front: Front):
    front.shop().prepare()
    front.shop().create(KEY, part())
    assert front.operations().count("metafieldDefinitionCreate") == 1

    front.store.shop.definitions.clear()
    front.shop().find(uuid4(), ["A-1"])
    assert front.operations().count("metafieldDefinitionCreate") == 2

    front.shops._sessions.clear()
    front.shop().prepare()
    assert front.operations().count("metafieldDefinitionCreate") == 3


STRANGE = ('A"1', "B\\2", "C 3 (x)", "Ä-ö/ß", "日本-7", "D'4", "OR", "sku:*", "E*", "---", "-F:9", "😀")


def test_skus_of_any_spelling_are_found_and_no_others(front: Front):
    for sku in STRANGE:
        front.shop().create(uuid4(), part(sku))
        front.shop().create(uuid4(), part(f"{sku} more"))
    found = front.shop().find(uuid4(), STRANGE)

    assert {one.sku for one in found.skus} == set(STRANGE)
    assert len(found.skus) == len(STRANGE)


def test_a_sku_is_compared_in_its_letters_too(front: Front):
    front.act("createProduct", title="Own", sku="ab-1")

    assert front.shop().find(KEY, ["AB-1"]).skus == ()


def test_every_variant_of_a_sku_is_told_wherever_it_is(front: Front):
    for _ in range(2):
        front.act("createProduct", title="Own", sku="TWIN")
    found = front.shop().find(KEY, ["TWIN"]).skus

    assert len({one.product_id for one in found}) == 2


def test_many_skus_are_asked_for_in_portions_and_many_hits_read_to_the_end(front: Front):
    for number in range(130):
        front.act("createProduct", title="Own", sku=f"X {number}")
    found = front.shop().find(KEY, ["X", *(f"X {number}" for number in range(60))])

    assert {one.sku for one in found.skus} == {f"X {number}" for number in range(60)}
    assert front.operations().count("productVariants") >= 2


def test_three_hundred_variants_and_their_pictures_are_read_page_by_page(front: Front):
    front.act("createProduct", title="Own", sku="V-0", handle="own")
    sku = "V-0"
    for number in range(1, 300):
        front.act("addVariant", sku=sku, newSku=f"V-{number}", value=f"Size {number}")
    for number in range(30):
        front.act("addPhoto", sku=sku, filename=f"{number}.jpg")
    (product,) = front.store.shop.products.values()
    shop = front.shop()
    read = shop.product(product.gid, variants=1)

    assert [one.sku for one in read.variants] == [f"V-{number}" for number in range(300)]
    assert len(read.image_ids) == 30
    assert read == shop.product(product.gid, variants=300)
    assert shop.find(KEY, ["V-299"]).skus == read.variants[299:]


def test_three_hundred_variants_change_in_portions(front: Front):
    front.act("createProduct", title="Own", sku="V-0", handle="own")
    for number in range(1, 300):
        front.act("addVariant", sku="V-0", newSku=f"V-{number}", value=f"Size {number}")
    (product,) = front.store.shop.products.values()
    shop = front.shop()
    changes = [VariantInput(one.gid, None, {Field.PRICE: "3.00"}) for one in product.variants]
    shop.change_variants(product.gid, changes)

    read = shop.product(product.gid, variants=300)
    assert {one.values[Field.PRICE] for one in read.variants} == {"3.00"}
    assert front.operations().count("productVariantsBulkUpdate") == 2


def test_a_group_that_shopify_cannot_take_at_once_is_refused_with_what_to_do(front: Front):
    with pytest.raises(ShopRefusedError, match="split the group") as refused:
        front.shop().create(KEY, group(*map(str, range(251))))

    assert refused.value.refusal == "too_many_variants"


def test_a_compare_at_price_is_emptied(front: Front):
    made = front.shop().create(KEY, part(**{Field.COMPARE_AT_PRICE: "20.00"}))
    front.shop().change_variants(made.id, [VariantInput(only(made).id, None, {Field.COMPARE_AT_PRICE: None})])

    assert Field.COMPARE_AT_PRICE not in only(front.shop().product(made.id, variants=1)).values
