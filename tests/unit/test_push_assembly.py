"""The mapping of fields: what Stockline has, as the product that the shop should have."""

from decimal import Decimal
from uuid import UUID

from app.domain.push.assemble import assembled
from app.domain.push.product import Mapped
from app.domain.push.profile import Field
from tests.pushing import TENANT, item, member, wanted


def test_a_part_is_a_product_with_one_variant():
    product = wanted(item(1, seo_title="S", seo_description="D"))
    assert product.values == {
        Field.TITLE: "Part 1",
        Field.DESCRIPTION_HTML: "<p>Good</p>",
        Field.VENDOR: "KTM",
        Field.PRODUCT_TYPE: "Levers",
        Field.TAGS: ("new", "steel"),
        Field.SEO_TITLE: "S",
        Field.SEO_DESCRIPTION: "D",
    }
    (variant,) = product.variants
    assert (variant.sku, variant.option) == ("P-1", "Default Title")
    assert variant.values == {
        Field.PRICE: "12.50",
        Field.COMPARE_AT_PRICE: None,
        Field.COST_PRICE: "7.00",
        Field.WEIGHT: Decimal("0.25"),
        Field.EAN: "4006381333931",
        Field.HS_CODE: "871410",
        Field.COUNTRY_OF_ORIGIN: "AT",
        Field.STOCK: 3,
        Field.IMAGE: "https://cdn.example/1.jpg",
    }


def test_html_is_reduced_to_what_may_stand_in_a_shop():
    product = wanted(item(description='<p onclick="x()">A</p><script>x</script><img src=x onerror=y>'))
    assert product.values[Field.DESCRIPTION_HTML] == "<p>A</p>"


def test_what_stockline_has_nothing_to_say_about_is_not_said():
    bare = item(
        description=None, brand=None, tags=None, ean=None, price=None, cost_price=None, image_url=None
    )
    product = wanted(bare)
    assert set(product.values) == {Field.TITLE, Field.PRODUCT_TYPE}
    assert set(product.variants[0].values) == {
        Field.WEIGHT, Field.HS_CODE, Field.COUNTRY_OF_ORIGIN, Field.STOCK,
    }  # fmt: skip


def test_a_price_without_one_to_compare_with_says_that_the_sale_is_over():
    assert wanted(item(compare_at_price=None)).variants[0].values[Field.COMPARE_AT_PRICE] is None
    assert wanted(item(compare_at_price=Decimal(20))).variants[0].values[Field.COMPARE_AT_PRICE] == "20.00"
    assert Field.COMPARE_AT_PRICE not in wanted(item(price=None)).variants[0].values


def test_money_is_exact():
    assert wanted(item(price=Decimal("9999999999.99"))).variants[0].values[Field.PRICE] == "9999999999.99"


class TestAGroup:
    def test_is_one_product_titled_by_its_name_with_a_variant_per_member_in_their_order(self):
        product = wanted(member(1, 2, "Red"), member(2, 1, "Blue"))
        assert product.values[Field.TITLE] == "Lever"
        assert product.option_name == "Color"
        assert [(one.sku, one.option) for one in product.variants] == [("P-2", "Blue"), ("P-1", "Red")]

    def test_has_the_content_of_its_first_member(self):
        product = wanted(member(1, 1, "Red", brand="Second"), member(2, 0, "Blue", brand="First"))
        assert product.values[Field.VENDOR] == "First"

    def test_without_a_name_is_titled_by_its_first_member(self):
        product = wanted(member(1, 0, "Red", group_name=None), member(2, 1, "Blue", group_name=None))
        assert product.values[Field.TITLE] == "Part 1"

    def test_without_an_option_or_values_goes_by_part_numbers(self):
        product = wanted(member(1, 0, None, option_name=None))
        assert (product.option_name, product.variants[0].option) == ("Variant", "P-1")

    def test_tells_members_of_the_same_value_apart(self):
        product = wanted(member(1, 0, "Red"), member(2, 1, "red"))
        assert [one.option for one in product.variants] == ["Red", "red (P-2)"]

    def test_knows_who_left_it(self):
        key = wanted(member(1, 0, "Red")).key
        left = Mapped(9, key, "product/1", "variant/9")
        assert wanted(member(1, 0, "Red"), gone=(left,)).gone == (left,)


class TestTheKey:
    def test_is_the_same_for_ever_and_for_all_members(self):
        first = wanted(member(1, 0, "Red")).key
        assert first == wanted(member(2, 5, "Blue", name="Other")).key
        assert wanted(item()).key == wanted(item(name="Renamed", price=None)).key

    def test_tells_tenants_sources_parts_and_groups_apart(self):
        keys = {
            wanted(item()).key,
            wanted(item(source="own")).key,
            wanted(item(part_number="Q")).key,
            wanted(item(group_code="P-1")).key,
            assembled(UUID(int=8), [item()])[0].key,
        }
        assert len(keys) == 5

    def test_products_of_several_items_are_each_there_once(self):
        products = assembled(TENANT, [item(3), member(1, 0, "Red"), member(2, 1, "Blue")])
        assert [len(one.variants) for one in products] == [1, 2]
