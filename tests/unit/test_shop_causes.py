"""Why a shop is not connected, told apart."""

import re
from pathlib import Path

from app.domain.push.errors import ShopClosedError, ShopUnavailableError, code_of
from app.domain.shop.causes import cause_of
from app.domain.shop.check import LocationGoneError
from app.domain.shop.connection import EncryptionMissingError

_TABLE = Path("docs/shopify.md").read_text().partition("| code | is | do |")[2].partition("\n\n")[0]
DOCUMENTED = re.findall(r"^\| `([a-z_]+)` \|", _TABLE, re.MULTILINE)
"""The codes that `docs/shopify.md` lists under Connecting."""


def test_every_documented_code_has_a_sentence_of_its_own_and_says_what_to_do():
    assert {"invalid_client", "shop_not_permitted", "missing_scope", "shop_unavailable"} <= set(DOCUMENTED)
    causes = [cause_of(code, "the shop said so") for code in DOCUMENTED]
    assert len({one.what for one in causes}) == len(DOCUMENTED)
    assert not [one for one in causes if "the shop said so" in one.remedy.lower()]


def test_what_is_not_known_is_told_in_the_words_that_came():
    cause = cause_of("token_refused", "come back tomorrow")
    assert (cause.code, cause.what, cause.remedy) == (
        "token_refused",
        "The shop refused.",
        "Come back tomorrow.",
    )


def test_errors_are_known_by_the_codes_that_causes_have():
    for error in (
        ShopClosedError("invalid_client", "x"),
        ShopUnavailableError("x"),
        LocationGoneError("x"),
        EncryptionMissingError("x"),
    ):
        assert cause_of(code_of(error), "x").what != "The shop refused."
