"""Contract §3, POST /stock-feed: sentence by sentence, on the real engines, in chunks of three rows."""

import pytest

from tests.stockline import Stockline, stamp


def row(part_number, stock=1, **more):
    return {"partNumber": part_number, "stock": stock, **more}


def outcomes(stockline: Stockline, result) -> list[str]:
    return [one["outcome"] for one in stockline.rows(result["feedId"])]


class TestTheAnswer:
    def test_the_seeds_example_is_answered_as_the_seeds_have_it(self, stockline: Stockline):
        stockline.activate("55716013", "55716067", stock=3)
        stockline.own("SKU-1")
        stockline.alias("LP-12345", "SKU-1")
        result = stockline.stock_feed(row("55716013", 12), row("55716067", 0), row("LP-12345", 4))
        assert result == {
            "feedId": result["feedId"],
            "received": 3,
            "updated": 3,
            "resolvedViaAlias": 1,
            "echoSkipped": 0,
            "notFound": 0,
            "notFoundSample": [],
            "changed": 3,
            "duplicates": 0,
            "stale": 0,
            "rejected": 0,
            "rejectedSample": [],
        }
        assert stockline.stock() == {"55716013": 12, "55716067": 0, "SKU-1": 4}

    def test_received_is_the_sum_of_the_outcomes(self, stockline: Stockline):
        (echoed, *_) = stockline.activate("E", "A", "B", "C")
        stockline.pushed(echoed, 7, seconds_ago=10)
        stockline.stock_feed(row("C", 1))
        result = stockline.stock_feed(
            row("E", 7),
            row("A", 5),
            row("B", 0),
            row("A", 6),
            row("none"),
            row("C", 9, asOf=stamp(hours=1)),
            row(""),
        )
        assert (result["received"], result["updated"], result["changed"]) == (6, 2, 1)
        assert (result["echoSkipped"], result["notFound"]) == (1, 1)
        assert (result["duplicates"], result["stale"], result["rejected"]) == (1, 1, 1)

    def test_changed_counts_those_that_had_another_value_before(self, stockline: Stockline):
        stockline.activate("A", "B", stock=5)
        result = stockline.stock_feed(row("A", 5), row("B", 6))
        assert (result["updated"], result["changed"]) == (2, 1)
        again = stockline.stock_feed(row("A", 5), row("B", 6))
        assert (again["updated"], again["changed"]) == (2, 0)

    def test_sending_the_same_payload_twice_leaves_the_same_state(self, stockline: Stockline):
        stockline.activate(*"ABCDEFG", stock=9)
        rows = [row(name, position) for position, name in enumerate("ABCDEFG")]
        stockline.stock_feed(*rows)
        before = stockline.stock()
        stockline.stock_feed(*rows)
        assert stockline.stock() == before == dict(zip("ABCDEFG", range(7), strict=True))

    def test_not_found_sample_has_at_most_20_verbatim_and_in_payload_order(self, stockline: Stockline):
        stockline.activate("A")
        names = [f" x-{number} " for number in range(25)]
        result = stockline.stock_feed(*[row(name) for name in names], row("A"))
        assert (result["notFound"], result["updated"]) == (25, 1)
        assert result["notFoundSample"] == names[:20]

    def test_an_unknown_number_counts_as_often_as_it_came(self, stockline: Stockline):
        result = stockline.stock_feed(*[row("x")] * 5)
        assert (result["notFound"], result["duplicates"]) == (5, 0)
        assert result["notFoundSample"] == ["x"] * 5

    def test_zero_clears(self, stockline: Stockline):
        stockline.activate("A", stock=5)
        stockline.stock_feed(row("A", 0))
        assert stockline.stock() == {"A": 0}

    def test_other_tenants_are_not_touched(self, stockline: Stockline):
        other = stockline.another()
        for one in (stockline, other):
            one.activate("A", stock=1)
        stockline.stock_feed(row("A", 9))
        assert (stockline.stock(), other.stock()) == ({"A": 9}, {"A": 1})


MALFORMED = [
    pytest.param(5, "the row is not an object", id="number"),
    pytest.param(None, "the row is not an object", id="null"),
    pytest.param([], "the row is not an object", id="array"),
    pytest.param({"stock": 1}, "partNumber is missing", id="no partNumber"),
    pytest.param(row(None), "partNumber is not a string", id="null partNumber"),
    pytest.param(row(5), "partNumber is not a string", id="number for partNumber"),
    pytest.param(row(""), "partNumber is empty", id="empty"),
    pytest.param(row(" \t\n"), "partNumber is empty", id="only space"),
    pytest.param(row("x" * 129), "partNumber is longer than 128 characters", id="129 characters"),
    pytest.param(row("a\0b"), "partNumber contains a NUL character", id="NUL"),
    pytest.param({"partNumber": "A"}, "stock is missing", id="no stock"),
    pytest.param(row("A", None), "stock is not a number", id="null stock"),
    pytest.param(row("A", "5"), "stock is not a number", id="string for stock"),
    pytest.param(row("A", True), "stock is not a number", id="true for stock"),
    pytest.param(row("A", False), "stock is not a number", id="false for stock"),
    pytest.param(row("A", [1]), "stock is not a number", id="array for stock"),
    pytest.param(row("A", -1), "stock is negative", id="-1"),
    pytest.param(row("A", -0.5), "stock is negative", id="-0.5"),
    pytest.param(row("A", 2_147_483_648), "stock is larger than 2147483647", id="beyond the limit"),
    pytest.param(row("A", 1e300), "stock is larger than 2147483647", id="huge"),
    pytest.param(row("A", asOf=None), "asOf is not an RFC 3339 string", id="null asOf"),
    pytest.param(row("A", asOf=1700000000), "asOf is not an RFC 3339 string", id="number for asOf"),
    pytest.param(
        row("A", asOf="yesterday"), "asOf is not an RFC 3339 time with its offset", id="word for asOf"
    ),
    pytest.param(
        row("A", asOf="2026-02-30T00:00:00Z"),
        "asOf is not an RFC 3339 time with its offset",
        id="no such day",
    ),
    pytest.param(
        row("A", asOf="2026-01-01T00:00:00"), "asOf is not an RFC 3339 time with its offset", id="naive asOf"
    ),
    pytest.param(
        row("A", asOf="2026-01-01"), "asOf is not an RFC 3339 time with its offset", id="date for asOf"
    ),
]
WRITTEN_BY_HAND = [
    (rb'{"partNumber":"A","stock":1,"stock":2}', "a key stands twice in the row"),
    (rb'{"partNumber":"A","stock":1,"stock":1}', "a key stands twice in the row"),
    (rb'{"partNumber":"A","part\u004eumber":"B","stock":1}', "a key stands twice in the row"),
    (rb'{"partNumber":"A","stock":1,"x":1,"\u0078":2}', "a key stands twice in the row"),
    (rb'{"partNumber":"\ud800","stock":1}', "partNumber contains an unpaired surrogate"),
    (rb'{"partNumber":"a\udc00b","stock":1}', "partNumber contains an unpaired surrogate"),
    (rb'{"partNumber":"\ud83dx\ude00","stock":1}', "partNumber contains an unpaired surrogate"),
    (rb'{"partNumber":"A","stock":1e400}', "stock is larger than 2147483647"),
    (rb'{"partNumber":"A","stock":1e9999999999999999999}', "stock is larger than 2147483647"),
    (b'{"partNumber":"A","stock":' + b"9" * 400 + b"}", "stock is larger than 2147483647"),
    (rb'{"partNumber":"A","stock":-1e400}', "stock is negative"),
]


class TestStrictRows:
    @pytest.mark.parametrize(("malformed", "reason"), MALFORMED)
    def test_a_malformed_row_is_dropped_counted_and_told(self, stockline: Stockline, malformed, reason):
        stockline.activate("A", "B", stock=3)
        result = stockline.stock_feed(row("B", 4), malformed)
        assert (result["received"], result["rejected"]) == (1, 1)
        assert result["rejectedSample"] == [{"index": 1, "reason": reason}]
        assert stockline.stock() == {"A": 3, "B": 4}

    @pytest.mark.parametrize(("malformed", "reason"), WRITTEN_BY_HAND)
    def test_a_row_that_only_a_hand_can_write_is_malformed_too(self, stockline: Stockline, malformed, reason):
        stockline.activate("A", "B", stock=3)
        result = stockline.send("stock-feed", b'[%b, {"partNumber":"B","stock":4}]' % malformed)
        assert result["rejectedSample"] == [{"index": 0, "reason": reason}]
        assert stockline.stock() == {"A": 3, "B": 4}

    def test_the_sample_has_at_most_20_in_payload_order(self, stockline: Stockline):
        result = stockline.stock_feed(row("A"), *[row("")] * 25)
        assert result["rejected"] == 25
        assert [one["index"] for one in result["rejectedSample"]] == list(range(1, 21))

    @pytest.mark.parametrize(
        ("sent", "stored"),
        [
            (1.9, 1),
            (0.999, 0),
            (12.0, 12),
            (2_147_483_647, 2_147_483_647),
            (2_147_483_647.5, 2_147_483_647),
            (1e3, 1000),
        ],
    )
    def test_stock_is_floored(self, stockline: Stockline, sent: float, stored: int):
        stockline.activate("A", stock=77)
        assert stockline.stock_feed(row("A", sent))["updated"] == 1
        assert stockline.stock() == {"A": stored}

    @pytest.mark.parametrize("literal", [b"-0", b"-0.0", b"0e5", b"0.0001", b"1e-400", b"0E-99999999"])
    def test_whatever_floors_to_zero_is_zero(self, stockline: Stockline, literal: bytes):
        stockline.activate("A", stock=77)
        stockline.send("stock-feed", b'[{"partNumber":"A","stock":%b}]' % literal)
        assert stockline.stock() == {"A": 0}

    def test_a_part_number_is_trimmed(self, stockline: Stockline):
        stockline.activate("A")
        assert stockline.stock_feed(row(" \t A \n", 5))["updated"] == 1
        assert stockline.stock() == {"A": 5}

    def test_case_counts(self, stockline: Stockline):
        stockline.activate("a")
        assert stockline.stock_feed(row("A"))["notFound"] == 1

    @pytest.mark.parametrize("padding", ["", "  "])
    def test_128_are_code_points_and_counted_trimmed(self, stockline: Stockline, padding: str):
        name = "😀" * 128
        stockline.activate(name)
        assert stockline.stock_feed(row(padding + name + padding, 5))["updated"] == 1
        assert stockline.stock() == {name: 5}

    def test_an_escaped_pair_of_surrogates_is_one_character(self, stockline: Stockline):
        stockline.activate("😀")
        body = rb'[{"partNumber":"\ud83d\ude00","stock":4}]'
        assert stockline.send("stock-feed", body)["updated"] == 1

    def test_extra_keys_are_ignored(self, stockline: Stockline):
        stockline.activate("A")
        assert stockline.stock_feed(row("A", 5, name="x", price=[{"a": None}]))["updated"] == 1

    def test_names_that_only_look_alike_are_other_names(self, stockline: Stockline):
        composed, decomposed = "\u00e9", "e\u0301"
        stockline.activate(composed)
        result = stockline.stock_feed(row(decomposed, 1), row(composed, 2))
        assert (result["notFound"], result["updated"]) == (1, 1)


BAD_BODIES = [
    b"",
    b"   ",
    b"{}",
    b'{"partNumber":"A","stock":1}',
    b"null",
    b"5",
    b'"x"',
    b"[",
    b"[1",
    b"[,]",
    b'[{"partNumber":"A","stock":1},]',
    b'[{"partNumber":"A","stock":1}] x',
    b'[{"partNumber":"A","stock":1}{"partNumber":"A","stock":1}]',
    b'[{"partNumber":"A","stock":01}]',
    b'[{"partNumber":"A","stock":+1}]',
    b'[{"partNumber":"A","stock":NaN}]',
    b'[{"partNumber":"A","stock":Infinity}]',
    b'[{"partNumber":"A","stock":-Infinity}]',
    b'[{"partNumber":"\xff","stock":1}]',
    b'[{"partNumber":"\xed\xa0\x80","stock":1}]',
    b'[{"partNumber":"a\x00b","stock":1}]',
    b"[" * 100_000,
    b'[{"partNumber":"A","stock":1}'.decode().encode("utf-16"),
]
NO_VALID_ROW = [b"[]", b" [ ] ", b"[1, null]", b'[{"partNumber":"","stock":1}]']


class TestBadBodies:
    @pytest.mark.parametrize("body", BAD_BODIES, ids=lambda body: repr(body[:40]))
    def test_what_is_no_json_array_is_400(self, stockline: Stockline, body: bytes):
        stockline.activate("A", stock=3)
        response = stockline.post("stock-feed", body)
        assert (response.status_code, response.json["code"]) == (400, "invalid_request")
        assert " " in response.json["error"]
        assert (stockline.count("feed"), stockline.stock()) == (0, {"A": 3})

    @pytest.mark.parametrize("body", NO_VALID_ROW, ids=repr)
    def test_no_valid_row_is_400(self, stockline: Stockline, body: bytes):
        response = stockline.post("stock-feed", body)
        assert (response.status_code, response.json["code"]) == (400, "invalid_request")
        assert stockline.count("feed") == 0

    def test_the_refusal_shows_what_was_wrong_with_the_rows(self, stockline: Stockline):
        response = stockline.post("stock-feed", [row(""), row("A", -1)])
        assert response.json["details"] == [
            {"index": 0, "reason": "partNumber is empty"},
            {"index": 1, "reason": "stock is negative"},
        ]


class TestResolution:
    def test_an_activated_central_part_comes_before_an_own_one(self, stockline: Stockline):
        stockline.own("A")
        stockline.activate("A")
        stockline.stock_feed(row("A", 5))
        assert (stockline.stock("catalog"), stockline.stock("own")) == ({"A": 5}, {"A": 0})

    def test_an_own_part_comes_before_an_alias(self, stockline: Stockline):
        stockline.own("A", "B")
        stockline.alias("A", "B")
        assert stockline.stock_feed(row("A", 5))["resolvedViaAlias"] == 0
        assert stockline.stock() == {"A": 5, "B": 0}

    def test_a_central_part_comes_before_an_alias(self, stockline: Stockline):
        stockline.activate("A", "B")
        stockline.alias("A", "B")
        stockline.stock_feed(row("A", 5))
        assert stockline.stock() == {"A": 5, "B": 0}

    def test_an_alias_comes_last_and_is_counted_within_updated(self, stockline: Stockline):
        stockline.activate("A", "B")
        stockline.alias("x", "A")
        result = stockline.stock_feed(row("x", 5), row("B", 6))
        assert (result["updated"], result["resolvedViaAlias"]) == (2, 1)
        assert stockline.stock() == {"A": 5, "B": 6}

    def test_an_alias_whose_row_is_stale_is_not_counted_as_resolved(self, stockline: Stockline):
        stockline.activate("A")
        stockline.alias("x", "A")
        stockline.stock_feed(row("A", 1))
        result = stockline.stock_feed(row("x", 5, asOf=stamp(hours=1)))
        assert (result["stale"], result["resolvedViaAlias"]) == (1, 0)

    def test_a_central_part_that_is_not_activated_is_not_found(self, stockline: Stockline):
        stockline.another().activate("A")
        assert stockline.stock_feed(row("A"))["notFound"] == 1

    def test_another_tenants_parts_and_aliases_are_not_found(self, stockline: Stockline):
        other = stockline.another()
        other.own("A")
        other.alias("x", "A")
        assert stockline.stock_feed(row("A"), row("x"))["notFound"] == 2


class TestDuplicates:
    def test_the_last_position_wins(self, stockline: Stockline):
        stockline.activate("A", "B")
        result = stockline.stock_feed(row("A", 1), row("B", 7), row("A", 2), row("A", 3))
        assert (result["duplicates"], result["updated"]) == (2, 2)
        assert outcomes(stockline, result) == ["duplicate", "changed", "duplicate", "changed"]
        assert stockline.stock() == {"A": 3, "B": 7}

    def test_the_latest_as_of_wins_over_the_last_position(self, stockline: Stockline):
        stockline.activate("A")
        result = stockline.stock_feed(
            row("A", 1, asOf=stamp(hours=2)),
            row("A", 2, asOf=stamp(hours=1)),
            row("A", 3, asOf=stamp(hours=3)),
        )
        assert outcomes(stockline, result) == ["duplicate", "changed", "duplicate"]
        assert stockline.stock() == {"A": 2}

    def test_without_as_of_a_row_is_as_late_as_the_acceptance(self, stockline: Stockline):
        stockline.activate("A")
        stockline.stock_feed(row("A", 1), row("A", 2, asOf=stamp(seconds=1)))
        assert stockline.stock() == {"A": 1}

    def test_equal_stamps_are_settled_by_position(self, stockline: Stockline):
        stockline.activate("A")
        moment = stamp(hours=1)
        stockline.stock_feed(row("A", 1, asOf=moment), row("A", 2, asOf=moment))
        assert stockline.stock() == {"A": 2}

    def test_equal_times_in_other_offsets_are_equal(self, stockline: Stockline):
        stockline.activate("A")
        result = stockline.stock_feed(
            row("A", 1, asOf="2026-01-01T12:00:00Z"), row("A", 2, asOf="2026-01-01T14:00:00+02:00")
        )
        assert outcomes(stockline, result) == ["duplicate", "changed"]

    @pytest.mark.parametrize("between", [0, 1, 2, 3, 8])
    def test_rows_of_one_name_meet_whatever_lies_between(self, stockline: Stockline, between: int):
        names = [f"N{number}" for number in range(between)]
        stockline.activate("A", *names)
        result = stockline.stock_feed(row("A", 1), *[row(name) for name in names], row(" A ", 2))
        assert (result["duplicates"], stockline.stock()["A"]) == (1, 2)

    @pytest.mark.parametrize("between", [0, 1, 2, 3, 8])
    @pytest.mark.parametrize("names", [("A", "x"), ("x", "A"), ("x", "y")])
    def test_rows_of_one_item_meet_under_every_name(self, stockline: Stockline, names, between: int):
        fillers = [f"N{number}" for number in range(between)]
        stockline.activate("A", *fillers)
        stockline.alias("x", "A")
        stockline.alias("y", "A")
        first, last = names
        result = stockline.stock_feed(row(first, 1), *[row(name) for name in fillers], row(last, 2))
        assert (result["duplicates"], result["updated"]) == (1, between + 1)
        assert outcomes(stockline, result)[0] == "duplicate"
        assert stockline.stock()["A"] == 2

    def test_an_alias_with_the_later_as_of_wins_from_an_earlier_chunk(self, stockline: Stockline):
        stockline.activate("A", *"BCDE")
        stockline.alias("x", "A")
        result = stockline.stock_feed(
            row("x", 1, asOf=stamp(hours=1)),
            *[row(name) for name in "BCDE"],
            row("A", 2, asOf=stamp(hours=2)),
        )
        assert outcomes(stockline, result) == ["changed", *["changed"] * 4, "duplicate"]
        assert stockline.stock()["A"] == 1

    def test_three_names_in_three_chunks_have_one_winner(self, stockline: Stockline):
        stockline.activate("A", *"BCDE")
        stockline.alias("x", "A")
        stockline.alias("y", "A")
        result = stockline.stock_feed(
            row("x", 1), row("B"), row("C"), row("A", 2), row("D"), row("E"), row("y", 3), row("x", 4)
        )
        assert result["duplicates"] == 3
        assert outcomes(stockline, result)[-1] == "changed"
        assert stockline.stock()["A"] == 4

    def test_duplicates_are_settled_before_the_first_chunk_is_applied(self, stockline: Stockline):
        """Else the first chunk would write what the last chunk takes back, and count it as changed."""
        stockline.activate("A", *"BCDE", stock=2)
        stockline.alias("x", "A")
        result = stockline.stock_feed(row("x", 1), *[row(name, 2) for name in "BCDE"], row("A", 2))
        assert (result["changed"], result["duplicates"]) == (0, 1)


class TestAsOf:
    def test_a_row_older_than_the_standing_value_is_stale_and_not_written(self, stockline: Stockline):
        stockline.activate("A")
        stockline.stock_feed(row("A", 5, asOf=stamp(hours=1)))
        result = stockline.stock_feed(row("A", 9, asOf=stamp(hours=2)))
        assert (result["stale"], result["updated"]) == (1, 0)
        assert stockline.stock() == {"A": 5}

    def test_a_younger_one_is_written(self, stockline: Stockline):
        stockline.activate("A")
        stockline.stock_feed(row("A", 5, asOf=stamp(hours=2)))
        assert stockline.stock_feed(row("A", 9, asOf=stamp(hours=1)))["changed"] == 1
        assert stockline.stock() == {"A": 9}

    def test_among_equals_the_feed_accepted_last_wins(self, stockline: Stockline):
        stockline.activate("A")
        moment = stamp(hours=1)
        for stock in (5, 9, 7):
            assert stockline.stock_feed(row("A", stock, asOf=moment))["changed"] == 1
        assert stockline.stock() == {"A": 7}

    def test_a_row_without_as_of_is_as_old_as_its_feeds_acceptance(self, stockline: Stockline):
        stockline.activate("A")
        stockline.stock_feed(row("A", 5))
        assert stockline.stock_feed(row("A", 9, asOf=stamp(seconds=30)))["stale"] == 1
        assert stockline.stock_feed(row("A", 8))["changed"] == 1

    def test_an_item_that_no_feed_has_written_takes_any_stamp(self, stockline: Stockline):
        stockline.activate("A", stock=3)
        assert stockline.stock_feed(row("A", 5, asOf="1999-12-31T23:59:59Z"))["changed"] == 1

    def test_up_to_five_minutes_ahead_is_taken_as_the_acceptance(self, stockline: Stockline):
        stockline.activate("A")
        assert stockline.stock_feed(row("A", 5, asOf=stamp(minutes=-4.9)))["changed"] == 1
        assert stockline.stock_feed(row("A", 6))["changed"] == 1
        assert stockline.stock() == {"A": 6}

    def test_more_than_five_minutes_ahead_is_malformed(self, stockline: Stockline):
        stockline.activate("A", stock=3)
        result = stockline.stock_feed(row("A", 5, asOf=stamp(minutes=-5.1)), row("A", 4))
        assert result["rejectedSample"] == [
            {"index": 0, "reason": "asOf is more than 5 minutes in the future"}
        ]

    @pytest.mark.parametrize(
        "moment",
        [
            "2026-01-01T10:00:00Z",
            "2026-01-01t10:00:00z",
            "2026-01-01T12:00:00.000001+02:00",
            "2026-01-01T01:00:00-09:30",
        ],
    )
    def test_every_spelling_of_rfc_3339_is_read(self, stockline: Stockline, moment: str):
        stockline.activate("A")
        assert stockline.stock_feed(row("A", 5, asOf=moment))["rejected"] == 0

    def test_an_offset_is_taken_into_account(self, stockline: Stockline):
        stockline.activate("A")
        stockline.stock_feed(row("A", 5, asOf="2026-01-01T12:00:00+02:00"))
        assert stockline.stock_feed(row("A", 6, asOf="2026-01-01T10:30:00Z"))["changed"] == 1
        assert stockline.stock_feed(row("A", 7, asOf="2026-01-01T13:00:00+05:00"))["stale"] == 1

    def test_a_confirmation_makes_a_value_as_young_as_a_change_would(self, stockline: Stockline):
        """An unchanged value is not written again; what is older than its confirmation is stale all the same."""
        stockline.activate("A")
        stockline.stock_feed(row("A", 5, asOf=stamp(minutes=10)))
        assert stockline.stock_feed(row("A", 5, asOf=stamp(minutes=2)))["changed"] == 0
        assert stockline.stock_feed(row("A", 9, asOf=stamp(minutes=5)))["stale"] == 1
        assert stockline.stock() == {"A": 5}


class TestEchoGuard:
    def echo(self, stockline: Stockline, *, seconds_ago: float, sent: int = 7):
        (item,) = stockline.activate("A", stock=3)
        stockline.pushed(item, 7, seconds_ago=seconds_ago)
        return stockline.stock_feed(row("A", sent))

    def test_the_value_just_pushed_is_skipped(self, stockline: Stockline):
        result = self.echo(stockline, seconds_ago=60)
        assert (result["echoSkipped"], result["updated"]) == (1, 0)
        assert stockline.stock() == {"A": 3}

    def test_another_value_is_written(self, stockline: Stockline):
        assert self.echo(stockline, seconds_ago=60, sent=8)["echoSkipped"] == 0
        assert stockline.stock() == {"A": 8}

    def test_up_to_just_under_five_minutes_it_is_skipped(self, stockline: Stockline):
        assert self.echo(stockline, seconds_ago=290)["echoSkipped"] == 1

    def test_at_five_minutes_it_writes_through(self, stockline: Stockline):
        assert self.echo(stockline, seconds_ago=300)["echoSkipped"] == 0
        assert stockline.stock() == {"A": 7}

    def test_the_window_is_a_setting(self, stockline: Stockline):
        stockline.set(echo_guard_s=30)
        assert self.echo(stockline, seconds_ago=31)["echoSkipped"] == 0

    def test_the_window_is_measured_at_the_acceptance(self, stockline: Stockline):
        (item,) = stockline.activate("A", stock=3)
        stockline.pushed(item, 7, seconds_ago=299)
        feed_id = stockline.accept("stock-feed", [row("A", 7)])
        stockline.sql("UPDATE shopify_product_mapping SET last_pushed_at = last_pushed_at - interval '30 s'")
        stockline.sql("UPDATE feed SET accepted_at = accepted_at - interval '30 s'")
        stockline.sql("UPDATE feed_chunk SET accepted_at = accepted_at - interval '30 s'")
        stockline.drain()
        assert stockline.result(feed_id)["echoSkipped"] == 1

    def test_an_item_never_pushed_is_no_echo(self, stockline: Stockline):
        (item,) = stockline.activate("A")
        stockline.sql(
            "INSERT INTO shopify_product_mapping (item_id, tenant_id) VALUES (%s, %s)",
            item,
            stockline.tenant_id,
        )
        assert stockline.stock_feed(row("A", 7))["updated"] == 1

    def test_an_echo_under_an_alias_is_one(self, stockline: Stockline):
        (item,) = stockline.activate("A")
        stockline.alias("x", "A")
        stockline.pushed(item, 7, seconds_ago=1)
        assert stockline.stock_feed(row("x", 7))["echoSkipped"] == 1


def everything(stockline: Stockline) -> dict[str, list[tuple]]:
    names = stockline.database.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        " AND relkind IN ('r', 'p') AND NOT relispartition"
    ).fetchall()
    return {
        name: stockline.database.execute(f"SELECT t::text FROM {name} t ORDER BY 1").fetchall()
        for (name,) in names
    }


class TestDryRun:
    @pytest.fixture
    def mixed(self, stockline: Stockline) -> list[object]:
        """Rows with every outcome there is."""
        (echoed, *_) = stockline.activate(*"EABCDF", stock=4)
        stockline.own("O")
        stockline.alias("x", "A")
        stockline.pushed(echoed, 7, seconds_ago=10)
        stockline.stock_feed(row("C", 1))
        return [
            row("x", 5),
            row("E", 7),
            row("B", 4),
            row("none"),
            row("C", 9, asOf=stamp(hours=1)),
            row(""),
            row("A", 6),
            row("D", 0),
            row("O", 2),
            row("D", 3),
        ]

    def test_it_tells_what_would_happen(self, stockline: Stockline, mixed):
        told = stockline.dry_run("stock-feed", mixed)
        assert told.pop("dryRun") is True
        assert told.pop("wouldHold") is False
        done = stockline.stock_feed(*mixed)
        done.pop("feedId")
        assert told == done

    def test_it_writes_nothing_at_all_and_has_no_feed_id(self, stockline: Stockline, mixed):
        stockline.get("/activity")  # notes that the key is in use
        before = everything(stockline)
        assert "feedId" not in stockline.dry_run("stock-feed", mixed)
        assert everything(stockline) == before

    def test_a_refused_one_writes_nothing_either(self, stockline: Stockline):
        stockline.get("/activity")  # notes that the key is in use
        before = everything(stockline)
        assert stockline.post("stock-feed?dryRun=true", b"{}").status_code == 400
        assert everything(stockline) == before

    def test_an_idempotency_key_is_not_used_up(self, stockline: Stockline):
        stockline.activate("A")
        stockline.post("stock-feed?dryRun=true", [row("A")], Idempotency_Key="k")
        assert (
            stockline.post(
                "stock-feed", [row("A", 2)], Idempotency_Key="k", Prefer="respond-async"
            ).status_code
            == 202
        )

    def test_it_says_that_the_guard_would_hold_it(self, stockline: Stockline):
        stockline.activate("A", "B", stock=3)
        stockline.set(shrink_guard_percent=40)
        assert stockline.dry_run("stock-feed", [row("A", 0)])["wouldHold"] is True

    def test_any_other_word_for_true_or_false_is_400(self, stockline: Stockline):
        assert stockline.post("stock-feed?dryRun=perhaps", [row("A")]).status_code == 400


class TestShrinkGuard:
    @pytest.fixture
    def guarded(self, stockline: Stockline) -> Stockline:
        """Four items, none empty, of which a feed may empty half."""
        stockline.activate(*"ABCD", stock=5)
        stockline.set(shrink_guard_percent=50)
        return stockline

    def held(self, stockline: Stockline, names: str = "ABC") -> str:
        feed_id = stockline.accept("stock-feed", [row(name, 0) for name in names])
        stockline.drain()
        assert stockline.feed(feed_id)["status"] == "held"
        return feed_id

    def test_it_is_off_by_default(self, stockline: Stockline):
        stockline.activate("A", "B", stock=5)
        assert stockline.stock_feed(row("A", 0), row("B", 0))["changed"] == 2

    def test_more_than_the_share_is_held_and_nothing_written(self, guarded: Stockline):
        feed = guarded.feed(self.held(guarded))
        assert (feed["result"], feed["rowsApplied"]) == (None, 0)
        assert "50" in feed["error"]
        assert guarded.stock() == dict.fromkeys("ABCD", 5)

    def test_the_caller_gets_202_and_held(self, guarded: Stockline):
        with guarded.worker():
            response = guarded.post("stock-feed", [row(name, 0) for name in "ABC"])
        assert (response.status_code, response.json["status"]) == (202, "held")
        assert response.headers["Location"] == response.json["statusUrl"]

    def test_the_share_itself_is_allowed(self, guarded: Stockline):
        assert guarded.stock_feed(row("A", 0), row("B", 0))["changed"] == 2

    def test_what_is_empty_already_does_not_count(self, guarded: Stockline):
        guarded.activate(*"WXYZ")
        assert guarded.stock_feed(*[row(name, 0) for name in "WXYZAB"])["updated"] == 6

    def test_rows_that_lose_do_not_count(self, guarded: Stockline):
        assert (
            guarded.stock_feed(*[row(name, 0) for name in "ABCD"], *[row(name, 1) for name in "ABCD"])[
                "changed"
            ]
            == 4
        )

    def test_it_counts_over_all_chunks(self, guarded: Stockline):
        guarded.activate(*"EFGH", stock=5)
        self.held(guarded, "ABCDEFG")

    def test_a_released_feed_is_applied(self, guarded: Stockline):
        feed_id = self.held(guarded)
        released = guarded.request("POST", f"/feeds/{feed_id}/release")
        assert (released.status_code, released.json["status"]) == (200, "queued")
        guarded.drain()
        assert guarded.result(feed_id)["changed"] == 3
        assert guarded.stock() == {"A": 0, "B": 0, "C": 0, "D": 5}

    def test_a_released_feed_keeps_its_first_acceptances_place(self, guarded: Stockline):
        feed_id = self.held(guarded)
        guarded.stock_feed(row("A", 9), row("B", 5))
        guarded.request("POST", f"/feeds/{feed_id}/release")
        guarded.drain()
        assert guarded.result(feed_id)["stale"] == 2
        assert guarded.stock() == {"A": 9, "B": 5, "C": 0, "D": 5}

    def test_a_held_feed_holds_up_nobody(self, guarded: Stockline):
        self.held(guarded)
        assert guarded.stock_feed(row("A", 9))["changed"] == 1

    def test_a_discarded_feed_is_never_applied(self, guarded: Stockline):
        feed_id = self.held(guarded)
        discarded = guarded.request("POST", f"/feeds/{feed_id}/discard")
        assert (discarded.status_code, discarded.json["status"]) == (200, "discarded")
        guarded.drain()
        assert guarded.stock() == dict.fromkeys("ABCD", 5)
        assert guarded.count("dispatch") == 0

    @pytest.mark.parametrize("first", ["release", "discard"])
    @pytest.mark.parametrize("then", ["release", "discard"])
    def test_what_is_not_held_any_more_is_409(self, guarded: Stockline, first: str, then: str):
        feed_id = self.held(guarded)
        guarded.request("POST", f"/feeds/{feed_id}/{first}")
        response = guarded.request("POST", f"/feeds/{feed_id}/{then}")
        assert (response.status_code, response.json["code"]) == (409, "conflict")

    @pytest.mark.parametrize("act", ["release", "discard"])
    def test_a_feed_that_was_never_held_is_409(self, guarded: Stockline, act: str):
        feed_id = guarded.stock_feed(row("A"))["feedId"]
        assert guarded.request("POST", f"/feeds/{feed_id}/{act}").status_code == 409

    @pytest.mark.parametrize("act", ["release", "discard"])
    def test_another_tenants_feed_is_404(self, guarded: Stockline, act: str):
        feed_id = self.held(guarded)
        assert guarded.another().request("POST", f"/feeds/{feed_id}/{act}").status_code == 404

    def test_it_guards_stock_feeds_only(self, guarded: Stockline):
        dealer = guarded.dealer()
        rows = [{"dealerId": dealer, "partNumber": name, "stock": 0} for name in "ABCD"]
        assert guarded.send("location-stock", rows)["updated"] == 4

    def test_duplicates_under_an_alias_are_settled_in_a_released_feed_too(self, guarded: Stockline):
        guarded.alias("x", "A")
        feed_id = self.held(guarded, "xBCDA")
        guarded.request("POST", f"/feeds/{feed_id}/release")
        guarded.drain()
        assert guarded.result(feed_id)["duplicates"] == 1


def test_a_write_that_meets_another_writer_is_decided_again_as_a_whole(
    stockline: Stockline, monkeypatch: pytest.MonkeyPatch
):
    """Somebody else wrote one of two items between the look and the write: nothing of the first try stays."""
    from app.adapters.postgres.feed_transactions import PostgresFeedTransaction

    first, _ = stockline.activate("A", "B", stock=1)
    write = PostgresFeedTransaction.write
    rivals = iter([True])

    def interrupted(self, feed, plan):
        if next(rivals, None):
            stockline.sql(
                "UPDATE stock_item SET stock = 50, stock_as_of = now() + interval '1 h', stock_seq = %s WHERE id = %s",
                feed.seq + 1,
                first,
            )
        return write(self, feed, plan)

    monkeypatch.setattr(PostgresFeedTransaction, "write", interrupted)
    result = stockline.stock_feed(row("A", 2), row("B", 3))
    assert (result["stale"], result["updated"], result["changed"]) == (1, 1, 1)
    assert stockline.stock() == {"A": 50, "B": 3}
