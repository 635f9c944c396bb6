"""What a reading makes of what stands."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.suppliers import NOT_MODIFIED, Purchaser, fetched, rows


def ago(seconds: float) -> str:
    return (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat()


def dated(sku: str, quantity: int, seconds_ago: float) -> dict[str, object]:
    return {"sku": sku, "quantity": quantity, "at": ago(seconds_ago)}


class TestReading:
    def test_a_report_becomes_what_stands(self, buyer: Purchaser):
        buyer.supplier()
        poll = buyer.reads(("A", 3), ("B", 40), ("Ü-4 ½", 0))
        assert buyer.stands() == {"A": 3, "B": 40, "Ü-4 ½": 0}
        assert [one["level"] for one in buyer.skus().values()] == ["low", "in-stock", "out"]
        assert (poll["outcome"], poll["rows"], poll["changed"]) == ("applied", 3, 3)
        assert buyer.wait_s() == pytest.approx(900, abs=60)

    def test_only_what_changed_is_written(self, buyer: Purchaser):
        buyer.supplier()
        buyer.reads(*((f"S{n}", n) for n in range(10)))
        before = buyer.skus()
        poll = buyer.reads(*((f"S{n}", 99 if n == 4 else n) for n in range(10)))
        after = buyer.skus()
        assert poll["changed"] == 1
        assert [sku for sku in after if after[sku]["version"] != before[sku]["version"]] == ["S4"]

    def test_what_a_whole_report_does_not_list_is_gone_and_may_come_back(self, buyer: Purchaser):
        buyer.supplier()
        buyer.reads(("A", 3), ("B", 4), ("C", 5))
        poll = buyer.reads(("A", 3), ("B", 4))
        assert (buyer.stands(), poll["dropped"]) == ({"A": 3, "B": 4}, 1)
        assert buyer.skus()["C"]["quantity"] == 0
        buyer.reads(("A", 3), ("B", 4), ("C", 6))
        assert buyer.stands() == {"A": 3, "B": 4, "C": 6}

    def test_a_source_that_tells_of_changes_only_takes_nothing_off_the_list(self, buyer: Purchaser):
        buyer.supplier(whole=False)
        buyer.reads(("A", 3), ("B", 4))
        buyer.reads(("A", 9))
        assert buyer.stands() == {"A": 9, "B": 4}

    def test_a_row_older_than_what_stands_is_stale(self, buyer: Purchaser):
        buyer.supplier()
        buyer.answers(
            fetched(rows(dated("A", 5, 60), dated("B", 5, 60))),
            fetched(rows(dated("A", 9, 90), dated("B", 7, 30))),
        )
        buyer.polled()
        poll = buyer.polled()
        assert (buyer.stands(), poll["stale"]) == ({"A": 5, "B": 7}, 1)

    def test_a_source_that_leaves_out_its_times_is_as_old_as_its_reading(self, buyer: Purchaser):
        buyer.supplier()
        buyer.answers(fetched(rows(dated("A", 5, 60))), fetched(rows({"sku": "A", "quantity": 4})))
        buyer.polled()
        buyer.polled()
        assert buyer.stands() == {"A": 4}
        assert buyer.skus()["A"]["as_of"] is None

    def test_malformed_rows_are_counted_and_leave_what_stands(self, buyer: Purchaser):
        buyer.supplier()
        buyer.reads(("A", 3), ("B", 4))
        buyer.answers(fetched(rows({"sku": "A", "quantity": "many?"}, {"sku": "B", "quantity": 5}, {})))
        poll = buyer.polled()
        assert buyer.stands() == {"A": 3, "B": 5}
        assert (poll["rows"], poll["malformed"]) == (3, 2)
        assert [one["index"] for one in poll["malformed_sample"]] == [0, 2]

    def test_a_list_of_which_no_row_can_be_read_confirms_nothing(self, buyer: Purchaser):
        buyer.supplier()
        buyer.reads(("A", 3))
        confirmed = buyer.row()["confirmed_at"]
        buyer.answers(fetched(rows({"sku": "A", "quantity": "many?"})))
        poll = buyer.polled()
        assert (poll["outcome"], poll["rows"], poll["malformed"]) == ("failed", 1, 1)
        assert "none of 1 rows can be read" in poll["error"]
        assert buyer.row()["confirmed_at"] == confirmed
        assert buyer.wait_s() < 5

    @pytest.mark.parametrize("other", [{"sku": "B", "quantity": "?"}, {"quantity": 9}])
    def test_what_could_not_be_read_is_as_old_as_when_it_could(self, buyer: Purchaser, other):
        buyer.supplier()
        buyer.reads(("A", 3), ("B", 4))
        confirmed = buyer.row()["confirmed_at"]
        buyer.answers(fetched(rows({"sku": "A", "quantity": 3}, other)))
        buyer.polled()
        assert buyer.skus()["B"]["as_of"] == confirmed
        before = buyer.skus()["B"]
        buyer.answers(fetched(rows({"sku": "A", "quantity": 5}, other)))
        buyer.polled()
        assert buyer.skus()["B"] == before
        buyer.reads(("A", 5), ("B", 4))
        assert buyer.skus()["B"]["as_of"] is None

    def test_values_that_were_left_out_of_their_rows_are_told(self, buyer: Purchaser):
        buyer.supplier()
        told = [{"sku": sku, "quantity": 1, "incoming": sku} for sku in "AB"]
        buyer.answers(fetched(rows({"sku": "C", "quantity": 1, "incoming": 4}, *told)))
        poll = buyer.polled()
        assert (poll["changed"], poll["malformed"]) == (3, 0)
        assert poll["malformed_sample"] == [
            {
                "index": 1,
                "reason": "incoming: 2 left out of their rows, here first: the incoming 'A' is no number",
            }
        ]

    def test_fifty_thousand_skus_at_once(self, buyer: Purchaser):
        buyer.supplier()
        with buyer.job(chunk_rows=2_000) as many:
            many.reads(*((f"S{n}", 50) for n in range(50_000)))
            poll = many.reads(*((f"S{n}", n % 10 and 50) for n in range(50_000)))
        assert (poll["rows"], poll["changed"]) == (50_000, 5_000)
        standing = "SELECT sum(quantity) FROM supplier_stock WHERE tenant_id = %s"
        assert buyer.stockline._value(standing, buyer.tenant_id) == 50 * 45_000

    def test_an_empty_list_of_a_new_supplier_is_a_list(self, buyer: Purchaser):
        buyer.supplier()
        assert buyer.reads()["outcome"] == "applied"


class TestUnchanged:
    def test_304_writes_nothing_but_that_it_was_confirmed(self, buyer: Purchaser):
        buyer.supplier()
        buyer.answers(fetched(rows({"sku": "A", "quantity": 3}), etag='"1"'), NOT_MODIFIED)
        buyer.polled()
        before, confirmed = buyer.skus(), buyer.row()["confirmed_at"]
        poll = buyer.polled()
        assert [etag for _, etag, _ in buyer.sources.asked] == [None, '"1"']
        assert (poll["outcome"], poll["status"]) == ("unchanged", 304)
        assert buyer.skus() == before
        assert buyer.row()["confirmed_at"] > confirmed

    def test_the_same_bytes_again_are_no_more_work_than_304(self, buyer: Purchaser):
        buyer.supplier()
        buyer.reads(("A", 3))
        before = buyer.skus()
        assert buyer.reads(("A", 3))["outcome"] == "unchanged"
        assert buyer.skus() == before

    def test_after_a_change_by_a_person_the_source_is_read_whole(self, buyer: Purchaser):
        buyer.supplier()
        buyer.answers(fetched(rows({"sku": "A", "quantity": 3}), etag='"1"'))
        buyer.polled()
        buyer.supplier(name="Changed")
        assert buyer.polled()["outcome"] == "applied"
        assert buyer.sources.asked[-1][1] is None


class TestPromises:
    """quantity is the reports', reserved and shipped are ours."""

    def test_a_report_after_a_fulfilment_frees_what_it_took(self, buyer: Purchaser):
        buyer.stockline.own("A")
        buyer.supplier()
        buyer.reads(("A", 10))
        buyer.order("1", A=3)
        buyer.order("2", A=2)
        buyer.fulfil("1")
        assert self.counts(buyer) == (10, 2, 3, 5)
        buyer.reads(("A", 7))
        assert self.counts(buyer) == (7, 2, 0, 5)

    def test_a_report_that_was_begun_before_the_fulfilment_frees_nothing(self, buyer: Purchaser):
        buyer.stockline.own("A")
        buyer.supplier()
        buyer.reads(("A", 10))
        buyer.order("1", A=3)

        def meanwhile():
            buyer.fulfil("1")
            return fetched(rows({"sku": "A", "quantity": 9}))

        buyer.answers(meanwhile)
        buyer.polled()
        assert self.counts(buyer) == (9, 0, 3, 6)

    def test_a_row_that_says_it_is_older_than_the_fulfilment_frees_nothing(self, buyer: Purchaser):
        buyer.stockline.own("A")
        buyer.supplier()
        buyer.answers(fetched(rows(dated("A", 10, 300))), fetched(rows(dated("A", 9, 200))))
        buyer.polled()
        buyer.order("1", A=3)
        buyer.fulfil("1")
        buyer.polled()
        assert self.counts(buyer) == (9, 0, 3, 6)

    def test_what_is_on_its_way_and_told_as_it_was_is_not_written(self, buyer: Purchaser):
        buyer.stockline.own("A")
        buyer.supplier()
        told = dated("A", 10, 300)
        buyer.answers(fetched(rows(told)), fetched(rows(told, dated("B", 1, 60))))
        buyer.polled()
        buyer.order("1", A=3)
        buyer.fulfil("1")
        before = buyer.skus()["A"]
        assert buyer.polled()["changed"] == 1
        assert buyer.skus()["A"] == before

    def test_304_frees_what_was_fulfilled_before_it_was_asked(self, buyer: Purchaser):
        buyer.stockline.own("A")
        buyer.supplier()
        buyer.answers(fetched(rows({"sku": "A", "quantity": 10}), etag='"1"'), NOT_MODIFIED)
        buyer.polled()
        buyer.order("1", A=3)
        buyer.fulfil("1")
        buyer.polled()
        assert self.counts(buyer) == (10, 0, 0, 10)

    def test_a_report_below_what_is_promised_is_a_shortage_and_ends_with_the_next(self, buyer: Purchaser):
        buyer.stockline.own("A")
        buyer.supplier()
        buyer.reads(("A", 10))
        buyer.order("1", A=8)
        buyer.reads(("A", 5))
        assert (self.counts(buyer), buyer.skus()["A"]["shortage"]) == ((5, 8, 0, 0), 3)
        buyer.reads(("A", 9))
        assert (self.counts(buyer), buyer.skus()["A"]["shortage"]) == ((9, 8, 0, 1), 0)

    def test_what_is_promised_of_a_sku_that_is_gone_is_short(self, buyer: Purchaser):
        buyer.stockline.own("A")
        buyer.supplier()
        buyer.reads(("A", 10), ("B", 1), ("C", 1))
        buyer.order("1", A=8)
        buyer.reads(("B", 1), ("C", 1))
        assert (self.counts(buyer), buyer.skus()["A"]["shortage"]) == ((0, 8, 0, 0), 8)

    @staticmethod
    def counts(buyer: Purchaser) -> tuple[int, ...]:
        row = buyer.skus()["A"]
        return row["quantity"], row["reserved"], row["shipped"], row["available"]


class TestParts:
    def test_a_sku_is_the_part_of_its_mapping_or_of_its_name_or_of_an_alias(self, buyer: Purchaser):
        buyer.stockline.own("P", "Q", "R")
        buyer.stockline.alias("alias", "R")
        buyer.supplier(skus={"mapped": "P"})
        buyer.reads(("mapped", 1), ("Q", 1), ("alias", 1), ("foreign", 1))
        found = {sku: row["part_number"] for sku, row in buyer.skus().items()}
        assert found == {"mapped": "P", "Q": "Q", "alias": "R", "foreign": None}

    def test_a_part_that_is_sold_later_is_found_by_the_next_reading(self, buyer: Purchaser):
        buyer.supplier()
        buyer.reads(("A", 1))
        buyer.stockline.own("A")
        assert buyer.reads(("A", 1))["outcome"] == "unchanged"
        assert buyer.skus()["A"]["part_number"] == "A"

    def test_another_mapping_holds_at_once(self, buyer: Purchaser):
        buyer.supplier(skus={"A": "P"})
        buyer.reads(("A", 1))
        buyer.supplier(skus={"A": "Q"})
        assert buyer.skus()["A"]["part_number"] == "Q"


class TestHeld:
    """A report that would take too much off the list."""

    @pytest.fixture
    def short(self, buyer: Purchaser) -> Purchaser:
        """Three of four are gone, by the source's word."""
        buyer.supplier()
        buyer.reads(("A", 1), ("B", 2), ("C", 3), ("D", 4))
        assert buyer.reads(("A", 9))["outcome"] == "held"
        return buyer

    def test_it_changes_nothing_and_is_told(self, short: Purchaser):
        assert short.stands() == {"A": 1, "B": 2, "C": 3, "D": 4}
        assert short.alerts() == ["source-failing"]
        assert "held" in short.row()["last_error"]

    def test_released_it_holds(self, short: Purchaser):
        poll_id = short.polls()[0]["id"]
        short.desk.release(short.tenant_id, "north", poll_id)
        short.stockline.drain()
        assert short.stands() == {"A": 9}
        assert short.polls()[0] | {"outcome": "applied", "held": None} == short.polls()[0]

    def test_discarded_it_is_dropped(self, short: Purchaser):
        short.desk.discard(short.tenant_id, "north", short.polls()[0]["id"])
        short.stockline.drain()
        assert short.stands() == {"A": 1, "B": 2, "C": 3, "D": 4}

    def test_the_next_one_takes_its_place(self, short: Purchaser):
        short.reads(("A", 8))
        assert [poll["outcome"] for poll in short.polls()] == ["held", "discarded", "applied"]

    def test_what_came_since_stands_against_a_released_one(self, short: Purchaser):
        held = short.polls()[0]["id"]
        short.reads(("A", 7), ("B", 2), ("C", 3), ("D", 4))
        short.desk.release(short.tenant_id, "north", held)
        short.stockline.drain()
        assert short.stands() == {"A": 7, "B": 2, "C": 3, "D": 4}

    def test_all_at_zero_is_held_though_all_are_listed(self, buyer: Purchaser):
        buyer.supplier()
        buyer.reads(("A", 1), ("B", 2))
        assert buyer.reads(("A", 0), ("B", 0))["outcome"] == "held"

    def test_a_supplier_may_be_believed_always(self, buyer: Purchaser):
        buyer.supplier(dropGuardPercent=100)
        buyer.reads(("A", 1), ("B", 2))
        buyer.reads()
        assert buyer.stands() == {}


def test_every_reading_is_seen_in_the_activity(buyer: Purchaser):
    buyer.supplier()
    buyer.reads(("A", 3), ("B", 4))
    seen = buyer.stockline.activity("supplier-poll")
    assert (seen["calls24h"], seen["rows24h"], seen["lastResult"]["changed"]) == (1, 2, 2)


def test_a_change_is_told_to_whoever_watches(buyer: Purchaser):
    buyer.supplier()
    buyer.reads(("A", 30), ("B", 4))
    buyer.reads(("A", 5), ("B", 4))
    changes = buyer.rows("SELECT * FROM supplier_stock_change WHERE tenant_id = %s", buyer.tenant_id)
    assert [(one["level_before"], one["level"]) for one in changes] == [("in-stock", "low")]
