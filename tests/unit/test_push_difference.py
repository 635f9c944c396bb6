"""What is sent so that a product in the shop becomes what it should be."""

from dataclasses import replace
from decimal import Decimal

import pytest

from app.domain.push.creation import creation
from app.domain.push.difference import paired, stock_of_new, update
from app.domain.push.errors import ShopRefusedError
from app.domain.push.plan import Action, Change
from app.domain.push.ports import PushRules
from app.domain.push.product import Level, ShopVariant
from app.domain.push.profile import CONTENT, DEFAULT, OPERATIONAL, Field, Profile
from tests.pushing import EVERYTHING, RULES, in_the_shop, item, mapped, member, wanted

DRAFT = PushRules(DEFAULT, "DRAFT")


def only(*overwrite: Field) -> PushRules:
    return PushRules(Profile(overwrite=frozenset(overwrite)), "ACTIVE")


def changed(product, **values):
    """The product with its first variant's attributes changed."""
    first, *others = product.variants
    return replace(product, variants=(replace(first, **values), *others))


def stranger(name="Gold", sku="THEIRS", number=99) -> ShopVariant:
    """A variant that the merchant added."""
    return ShopVariant(
        f"variant/{number}",
        "product/1",
        sku,
        f"stock/{number}",
        (("Color", name),),
        {},
        tracked=True,
        available=5,
    )


class TestACreation:
    def test_sends_everything_in_one_go(self):
        plan = creation(wanted(), RULES)
        assert plan.action is Action.CREATE
        assert plan.product.values[Field.STATUS] == "ACTIVE"
        assert plan.product.images == ("https://cdn.example/1.jpg",)
        (variant,) = plan.product.variants
        assert (variant.sku, variant.quantity, variant.tracked) == ("P-1", 3, True)
        assert variant.image == "https://cdn.example/1.jpg"
        assert plan.quantities == ((1, 3),)

    def test_is_a_draft_where_the_tenant_says_so(self):
        assert creation(wanted(), DRAFT).product.values[Field.STATUS] == "DRAFT"

    @pytest.mark.parametrize("left_out", Field)
    def test_leaves_out_what_the_profile_does_not_create(self, left_out):
        rules = PushRules(Profile(create=frozenset(Field) - {left_out}), "ACTIVE")
        plan = creation(wanted(item(seo_title="S", seo_description="D", compare_at_price=Decimal(20))), rules)
        (variant,) = plan.product.variants
        sent = {*plan.product.values, *variant.values}
        sent |= {Field.IMAGE} if variant.image or plan.product.images else set()
        sent |= {Field.STOCK} if variant.quantity is not None or plan.quantities else set()
        assert sent == set(Field) - ({left_out} - {Field.TITLE})

    def test_has_a_title_in_any_case(self):
        rules = PushRules(Profile(create=frozenset()), "ACTIVE")
        assert creation(wanted(), rules).product.values == {Field.TITLE: "P-1"}

    def test_sends_a_picture_that_two_variants_share_once(self):
        both = (
            member(1, 0, "Red", image_url="https://x/a.jpg"),
            member(2, 1, "Blue", image_url="https://x/a.jpg"),
        )
        assert creation(wanted(*both), RULES).product.images == ("https://x/a.jpg",)

    def test_stock_that_is_there_in_spite_of_it_is_compared_and_set(self):
        product = wanted()
        made = changed(in_the_shop(product), available=9)
        assert stock_of_new(product, made, RULES, [1]).levels == (Level("stock/1", 3, 9),)
        assert stock_of_new(product, in_the_shop(product), RULES, [1]).action is Action.NONE


class TestAnUpdate:
    @pytest.mark.parametrize("rules", [RULES, EVERYTHING])
    def test_of_what_is_so_already_is_nothing(self, rules):
        product = wanted(item(mapping=mapped(1)))
        plan = update(product, in_the_shop(product), rules)
        assert plan == replace(plan, action=Action.NONE, product=None, variants=(), levels=(), changes=())

    def test_of_operational_fields_takes_the_cheap_calls(self):
        product = wanted(item(price=Decimal(99), stock=8, mapping=mapped(1)))
        plan = update(product, in_the_shop(wanted()), RULES)
        assert plan.product is None
        assert [(one.id, one.values) for one in plan.variants] == [("variant/1", {Field.PRICE: "99.00"})]
        assert plan.levels == (Level("stock/1", 8, 3),)
        assert plan.quantities == ((1, 8),)
        assert plan.changes == (
            Change(Field.PRICE, "12.50", "99.00", 1),
            Change(Field.STOCK, 3, 8, 1),
        )

    def test_of_content_touches_neither_variants_nor_pictures(self):
        product = wanted(item(name="New", mapping=mapped(1)))
        plan = update(product, in_the_shop(wanted()), EVERYTHING)
        assert (plan.product.values, plan.product.variants, plan.product.images) == (
            {Field.TITLE: "New"},
            None,
            None,
        )

    @pytest.mark.parametrize("field", sorted(CONTENT))
    def test_leaves_content_to_the_merchant_by_default(self, field):
        theirs = replace(in_the_shop(wanted()), values=dict.fromkeys(CONTENT, "theirs"), image_ids=("photo",))
        product = wanted(item(seo_title="S", seo_description="D", mapping=mapped(1)))
        assert update(product, theirs, RULES).action is Action.NONE
        assert field in [one.field for one in update(product, theirs, only(field)).changes]

    @pytest.mark.parametrize("field", sorted(OPERATIONAL))
    def test_overwrites_operational_fields_unless_told_to_leave_them_alone(self, field):
        theirs = changed(in_the_shop(wanted()), values={}, available=77)
        product = wanted(item(compare_at_price=Decimal(20), mapping=mapped(1)))
        assert field in [one.field for one in update(product, theirs, RULES).changes]
        others = update(product, theirs, only(*OPERATIONAL - {field})).changes
        assert field not in [one.field for one in others]

    def test_empties_a_price_to_compare_with(self):
        theirs = in_the_shop(wanted(item(compare_at_price=Decimal(20))))
        plan = update(wanted(item(mapping=mapped(1))), theirs, RULES)
        assert plan.variants[0].values == {Field.COMPARE_AT_PRICE: None}

    def test_does_not_clear_what_stockline_knows_nothing_about(self):
        product = wanted(item(ean=None, cost_price=None, tags=None, description=None, mapping=mapped(1)))
        assert update(product, in_the_shop(wanted()), EVERYTHING).action is Action.NONE

    def test_takes_a_weight_that_differs_by_rounding_for_the_same(self):
        theirs = changed(
            in_the_shop(wanted()),
            values={**in_the_shop(wanted()).variants[0].values, Field.WEIGHT: Decimal("0.2504")},
        )
        assert update(wanted(item(mapping=mapped(1))), theirs, RULES).action is Action.NONE

    def test_begins_to_track_and_to_keep_stock_where_the_shop_does_not(self):
        product = wanted(item(mapping=mapped(1)))
        plan = update(product, changed(in_the_shop(product), tracked=False, available=None), RULES)
        assert [one.tracked for one in plan.variants] == [True]
        assert plan.unstocked == (("stock/1", 3),)

    def test_knows_an_item_by_its_sku_where_the_mapping_was_lost(self):
        product = wanted()
        assert paired(product, in_the_shop(product))[1].id == "variant/1"

    def test_does_not_guess_between_two_of_the_same_sku(self):
        product = wanted()
        twice = replace(
            in_the_shop(product), variants=(stranger(sku="P-1", number=5), stranger(sku="P-1", number=6))
        )
        assert paired(product, twice) == {}

    def test_follows_the_mapping_though_the_merchant_renamed_the_sku(self):
        product = wanted(item(mapping=mapped(1)))
        assert paired(product, changed(in_the_shop(product), sku="RENAMED"))[1].id == "variant/1"


class TestMembership:
    def both(self):
        product = wanted(member(1, 0, "Red"), member(2, 1, "Blue"))
        return wanted(
            member(1, 0, "Red", mapping=mapped(1, product)), member(2, 1, "Blue", mapping=mapped(2, product))
        )

    def test_a_new_member_becomes_a_variant_beside_all_that_are_there(self):
        before = in_the_shop(wanted(member(1, 0, "Red")))
        theirs = replace(
            before, variants=(*before.variants, stranger()), options=(("Color", ("Red", "Gold")),)
        )
        plan = update(self.both(), theirs, RULES)
        assert [one.id for one in plan.product.variants] == ["variant/1", "variant/99", None]
        assert plan.product.options == (("Color", ("Red", "Gold", "Blue")),)
        new = plan.product.variants[-1]
        assert (new.sku, new.quantity, new.tracked) == ("P-2", None, True)
        assert plan.quantities == ((2, 3),)

    def test_who_left_loses_its_variant_and_nobody_else_does(self):
        product = self.both()
        theirs = in_the_shop(product)
        theirs = replace(
            theirs, variants=(*theirs.variants, stranger()), image_ids=(*theirs.image_ids, "photo")
        )
        left = mapped(2, product)
        plan = update(
            replace(wanted(member(1, 0, "Red", mapping=mapped(1, product))), gone=(left,)), theirs, RULES
        )
        assert [one.id for one in plan.product.variants] == ["variant/1", "variant/99"]
        assert plan.product.images == ("image/1", "photo")
        assert plan.product.options == (("Color", ("Red", "Gold")),)

    def test_a_value_that_a_variant_of_the_merchants_has_is_refused(self):
        before = in_the_shop(wanted(member(1, 0, "Red")))
        theirs = replace(before, variants=(*before.variants, stranger("Blue")))
        with pytest.raises(ShopRefusedError, match="'Blue' of another SKU") as refused:
            update(self.both(), theirs, RULES)
        assert refused.value.refusal == "option_taken"

    def test_a_new_member_takes_the_first_value_of_options_that_the_merchant_added(self):
        before = in_the_shop(wanted(member(1, 0, "Red")))
        theirs = replace(before, options=(("Colour", ("Red",)), ("Size", ("M", "L"))))
        theirs = changed(theirs, options=(("Colour", "Red"), ("Size", "M")))
        plan = update(self.both(), theirs, RULES)
        assert plan.product.variants[-1].options == (("Colour", "Blue"), ("Size", "M"))


class TestPictures:
    URL = "https://cdn.example/new.jpg"

    def test_ours_is_replaced_and_the_merchants_stay(self):
        product = wanted(item(image_url=self.URL, mapping=mapped(1)))
        theirs = replace(in_the_shop(wanted()), image_ids=("photo", "image/1"))
        plan = update(product, theirs, only(Field.IMAGE))
        assert plan.product.images == ("photo", self.URL)
        assert [one.image for one in plan.product.variants] == [self.URL]

    def test_the_same_one_is_not_sent_again(self):
        product = wanted(item(mapping=mapped(1)))
        assert update(product, in_the_shop(product), only(Field.IMAGE)).action is Action.NONE

    def test_one_that_was_taken_out_of_the_gallery_is_put_back(self):
        product = wanted(item(mapping=mapped(1)))
        theirs = replace(changed(in_the_shop(product), image_id=None), image_ids=("photo",))
        plan = update(product, theirs, only(Field.IMAGE))
        assert plan.product.images == ("photo", "https://cdn.example/1.jpg")

    def test_one_that_another_member_shows_too_is_kept(self):
        product = wanted(member(1, 0, "Red"), member(2, 1, "Blue"))
        shared = {"image_id": "image/1", "image_url": "https://cdn.example/1.jpg"}
        now = wanted(
            member(1, 0, "Red", mapping=mapped(1, product)),
            member(2, 1, "Blue", image_url=self.URL, mapping=mapped(2, product, **shared)),
        )
        theirs = replace(in_the_shop(product), image_ids=("image/1",))
        assert update(now, theirs, only(Field.IMAGE)).product.images == ("image/1", self.URL)
