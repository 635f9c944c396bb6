import secrets

import pytest

from app.domain.tenancy import keys


def test_a_key_is_prefixed_readable_and_carries_128_bits_or_more():
    key = keys.new_key()

    assert key.text.startswith(f"pst_live_{key.prefix}_")
    assert len(key.prefix) >= 12
    assert keys.SECRET_LENGTH * 5.16 > 128
    assert keys.prefix_of(key.text) == key.prefix


def test_only_the_hash_of_the_whole_key_is_kept():
    key = keys.new_key()

    assert key.secret_hash == keys.digest(key.text)
    assert len(key.secret_hash) == 32


def test_no_two_keys_are_alike():
    assert len({keys.new_key() for _ in range(500)}) == 500


def test_a_key_with_one_letter_mistyped_is_refused_without_the_database():
    text = keys.new_key().text
    for place in range(len(text)):
        wrong = text[:place] + ("b" if text[place] != "b" else "c") + text[place + 1 :]
        assert keys.prefix_of(wrong) is None


@pytest.mark.parametrize(
    "text",
    ["", "pst_live_", "pst_live_" + "a" * 200, "sk_live_x", "pst_live_é" * 9, "\ud800", "\0", "x\n"],
)
def test_what_is_no_key_has_no_prefix_and_still_has_a_digest(text):
    assert keys.prefix_of(text) is None
    assert len(keys.digest(text)) == 32


def test_a_key_with_a_line_feed_behind_it_is_refused():
    assert keys.prefix_of(keys.new_key().text + "\n") is None


def test_digests_are_compared_in_constant_time(monkeypatch):
    compared = []
    monkeypatch.setattr(secrets, "compare_digest", lambda one, other: compared.append((one, other)) or True)

    assert keys.same(b"a", b"b")
    assert compared == [(b"a", b"b")]
