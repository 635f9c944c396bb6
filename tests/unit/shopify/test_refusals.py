"""What Shopify refuses, as a merchant meets it: a stable code and Shopify's own sentence."""

import pytest

from app.adapters.shopify.errors import failed, refused
from app.domain.push.errors import ShopClosedError, ShopGoneError, ShopRefusedError, StaleStockError
from app.domain.push.product import ProductInput, VariantInput
from app.domain.push.profile import Field
from tests.unit.shopify.shopfront import KEY, Front, group, only, part


def refusal(work) -> ShopRefusedError:
    with pytest.raises(ShopRefusedError) as caught:
        work()
    return caught.value


@pytest.mark.parametrize(
    ("field", "value", "code", "words"),
    [
        (Field.PRICE, "-1", "invalid_price", "Price must be greater than or equal to 0"),
        (Field.COMPARE_AT_PRICE, "-1", "invalid_compare_at_price", "Compare at price must be"),
        (Field.COST_PRICE, "-1", "invalid_cost_price", "Cost must be"),
        (Field.HS_CODE, "12", "invalid_hs_code", "between six and thirteen digits"),
        (Field.COUNTRY_OF_ORIGIN, "UK", "invalid_country_of_origin", "UK"),
        (Field.WEIGHT, "-1", "invalid_weight", "weight"),
        (Field.EAN, "4" * 256, "invalid_ean", "Barcode is too long"),
    ],
)
def test_a_variants_value(front: Front, field: Field, value: str, code: str, words: str):
    error = refusal(lambda: front.shop().create(KEY, part(**{field: value})))

    assert (error.refusal, words in error.message) == (code, True)
    assert front.store.shop.products == {}


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        (Field.TITLE, "x" * 256, "title_too_long"),
        (Field.TITLE, " ", "invalid_title"),
        (Field.VENDOR, "x" * 256, "vendor_too_long"),
        (Field.PRODUCT_TYPE, "x" * 256, "product_type_too_long"),
        (Field.DESCRIPTION_HTML, "x" * 600_000, "description_too_long"),
        (Field.TAGS, ("x" * 256,), "invalid_tags"),
    ],
)
def test_a_products_value(front: Front, field: Field, value, code: str):
    made = front.shop().create(KEY, part())

    assert refusal(lambda: front.shop().change(made.id, ProductInput({field: value}))).refusal == code


def test_a_picture(front: Front):
    made = front.shop().create(KEY, part())

    error = refusal(lambda: front.shop().change(made.id, ProductInput(images=("ftp://c.test/a.jpg",))))
    assert error.refusal == "invalid_image"


def test_the_variant_is_named_that_it_is_about(front: Front):
    good, bad = group("red", "blue").variants
    bad = VariantInput(None, "B", {Field.PRICE: "-1"}, bad.options)
    given = ProductInput({Field.TITLE: "Lever"}, variants=(good, bad))

    assert "(variant 2)" in refusal(lambda: front.shop().create(KEY, given)).message


def test_an_option_value_that_is_there_twice(front: Front):
    given = group("red", "RED")

    assert refusal(lambda: front.shop().create(KEY, given)).refusal == "option_taken"


def test_more_variants_than_a_day_allows_close_the_shop_for_now(front: Front):
    front.store.shop.variants_before_throttle = front.store.shop.variants_a_day = 0
    with pytest.raises(ShopClosedError) as closed:
        front.shop().create(KEY, part())

    assert closed.value.reason == "variant_limit"


def test_what_is_gone_is_looked_for_again(front: Front):
    made = front.shop().create(KEY, part())
    dearer = VariantInput(only(made).id, None, {Field.PRICE: "1.00"})
    photo = ProductInput(images=("gid://shopify/MediaImage/1",))
    with pytest.raises(ShopGoneError):
        front.shop().change(made.id, photo)
    front.act("deleteProduct", sku="A-1")
    for work in (
        lambda: front.shop().change_variants(made.id, [dearer]),
        lambda: front.shop().change(made.id, ProductInput({Field.TITLE: "New"})),
    ):
        with pytest.raises(ShopGoneError):
            work()

    assert front.shop().product(made.id, variants=1) is None
    front.shop().delete_product(made.id)


def entry(code: str | None, message: str, *path: str) -> dict:
    return {"code": code, "field": list(path), "message": message}


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (
            entry("INVALID_VARIANT", "The variant 'Red' already exists.", "input", "variants", "0"),
            "option_taken",
        ),
        (entry("INVALID_VARIANT", "Price can't be blank", "input", "variants", "0"), "invalid_price"),
        (entry("OPTIONS_OVER_LIMIT", "Options are limited to 3", "input"), "too_many_options"),
        (entry("PRODUCT_SUSPENDED", "Product is suspended", "input"), "product_suspended"),
        (entry("GENERIC_ERROR", "Something else", "input"), "shopify_refused"),
        (entry(None, "Something else"), "shopify_refused"),
    ],
)
def test_paths_that_end_early_leave_it_to_the_words(error: dict, code: str):
    made = refused([error])

    assert isinstance(made, ShopRefusedError)
    assert made.refusal == code


def test_of_several_the_gravest_counts_and_few_are_told():
    errors = [entry("INVALID_VARIANT", f"Wrong {number}", "input") for number in range(9)]
    stale = entry("CHANGE_FROM_QUANTITY_STALE", "Stale", "input", "quantities", "0")

    assert "Wrong 2 and 6 more" in refused(errors).message
    assert isinstance(refused([*errors, stale]), StaleStockError)


def test_errors_of_the_answer_are_told_apart():
    denied = {"message": "Access denied", "extensions": {"code": "ACCESS_DENIED"}}

    assert failed([denied]).reason == "missing_scope"
    assert failed([{"message": "Field 'x' doesn't exist"}]).refusal == "shopify_refused"
    assert failed([{"message": "too many", "extensions": {"code": "MAX_INPUT_SIZE_EXCEEDED"}}]).refusal == (
        "too_many_variants"
    )
