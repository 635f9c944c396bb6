"""The profile: every field, for new products and for those that are there."""

import pytest

from app.domain.errors import InvalidInputError
from app.domain.push.profile import CONTENT, DEFAULT, OPERATIONAL, Field, profile_of


def test_the_defaults_leave_content_to_the_merchant_and_overwrite_what_is_operational():
    shown = DEFAULT.shown()
    assert {name for name, rule in shown.items() if rule["update"] == "leave-alone"} == {
        "title", "descriptionHtml", "vendor", "productType", "tags", "status", "seoTitle", "seoDescription", "image",
    }  # fmt: skip
    assert {name for name, rule in shown.items() if rule["update"] == "overwrite"} == {
        "price", "compareAtPrice", "costPrice", "weight", "ean", "hsCode", "countryOfOrigin", "stock",
    }  # fmt: skip
    assert all(rule["create"] for rule in shown.values())
    assert set(Field) == CONTENT | OPERATIONAL


def test_a_profile_comes_back_as_it_was_given():
    given = DEFAULT.shown()
    given["title"] = {"create": False, "update": "overwrite"}
    assert profile_of(given).shown() == given


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"title": None}, "title"),
        ({"colour": {"create": True, "update": "overwrite"}}, "colour"),
        ({"title": {"create": "yes", "update": "overwrite"}}, "create is true or false"),
        ({"title": {"create": True, "update": "maybe"}}, "overwrite or leave-alone"),
        ({"title": {"create": True}}, "title"),
        ({"title": {"create": True, "update": ["overwrite"]}}, "overwrite or leave-alone"),
    ],
)
def test_anything_else_is_refused(change, told):
    with pytest.raises(InvalidInputError, match=told):
        profile_of(DEFAULT.shown() | change)


def test_a_profile_that_lacks_a_field_is_refused():
    given = DEFAULT.shown()
    del given["stock"]
    with pytest.raises(InvalidInputError, match="lacks stock"):
        profile_of(given)
