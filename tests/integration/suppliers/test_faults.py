"""Sources that fail, workers that die, and many of them at once."""

import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from app.adapters.postgres.supplier_polls import PostgresSupplierPolls
from app.adapters.postgres.supplier_watch import note_silent
from app.domain.errors import ConflictError
from app.domain.suppliers.kept import Payload
from app.domain.suppliers.source import SourceRefusedError, SourceTransientError
from app.domain.work.dispatch import Queue
from tests.desk import KilledError
from tests.suppliers import NOT_MODIFIED, Purchaser, fetched, rows

AWAY = SourceTransientError("it does not answer", status=503)
REFUSED = SourceRefusedError("unauthorized", "the source refuses what lets us in: see auth", status=401)
GOOD = [("A", 3)]


def silence(buyer: Purchaser, minutes: float) -> None:
    """Nothing was confirmed for so long."""
    buyer.stockline.sql(
        "UPDATE supplier SET confirmed_at = clock_timestamp() - %s, created_at = clock_timestamp() - %s"
        " WHERE tenant_id = %s",
        timedelta(minutes=minutes),
        timedelta(days=1),
        buyer.tenant_id,
    )


class TestTransient:
    def test_it_is_tried_again_soon_and_what_stands_stays(self, buyer: Purchaser):
        buyer.supplier()
        buyer.reads(*GOOD)
        buyer.answers(AWAY)
        poll = buyer.polled()
        assert (poll["outcome"], poll["status"]) == ("failed", 503)
        assert buyer.wait_s() < 5
        assert buyer.stands() == {"A": 3}
        assert buyer.stockline.activity("supplier-poll")["errors24h"] == 1

    def test_what_it_asks_for_is_honoured(self, buyer: Purchaser):
        buyer.supplier()
        buyer.answers(SourceTransientError("too many", retry_after_s=400, status=429))
        buyer.polled()
        assert buyer.wait_s() == pytest.approx(400, abs=30)

    def test_after_five_in_a_row_the_circuit_opens_and_somebody_is_told_once(self, buyer: Purchaser):
        buyer.supplier()
        buyer.answers(AWAY)
        for _ in range(7):
            buyer.polled()
        assert buyer.wait_s() > 200
        assert buyer.alerts() == ["source-failing"]
        shown = buyer.request("GET", "/suppliers/north").json
        assert (shown["state"], shown["circuit"], shown["failures"]) == ("failing", "open", 7)

    def test_one_good_answer_closes_it(self, buyer: Purchaser):
        buyer.supplier()
        buyer.answers(AWAY)
        for _ in range(5):
            buyer.polled()
        buyer.reads(*GOOD)
        assert buyer.alerts() == ["source-failing", "source-back"]
        assert buyer.request("GET", "/suppliers/north").json["circuit"] == "closed"
        assert buyer.wait_s() == pytest.approx(900, abs=60)

    def test_tries_after_one_fault_answer_for_one_time(self, buyer: Purchaser):
        buyer.supplier()
        buyer.reads(*GOOD)
        buyer.due()
        buyer.answers(AWAY, fetched(rows({"sku": "A", "quantity": 4})))
        buyer.stockline.drain()
        buyer.stockline.sql("UPDATE supplier SET poll_at = clock_timestamp()")
        buyer.stockline.sql("UPDATE dispatch SET not_before = clock_timestamp()")
        buyer.stockline.drain()
        good, bad, _ = buyer.polls()
        assert (good["outcome"], bad["outcome"]) == ("applied", "failed")
        assert good["due_at"] == bad["due_at"]


class TestRefused:
    def test_it_waits_for_the_next_reading_and_is_seen_at_once(self, buyer: Purchaser):
        buyer.supplier()
        buyer.answers(REFUSED)
        buyer.polled()
        assert buyer.wait_s() == pytest.approx(900, abs=60)
        assert buyer.alerts() == ["source-failing"]
        assert "unauthorized" in buyer.request("GET", "/suppliers/north").json["lastError"]

    def test_a_fault_in_between_does_not_make_it_well(self, buyer: Purchaser):
        buyer.supplier()
        buyer.answers(REFUSED, AWAY, REFUSED)
        for _ in range(3):
            buyer.polled()
        assert buyer.alerts() == ["source-failing"]

    def test_without_the_key_of_its_secret_it_is_not_asked(self, buyer: Purchaser):
        buyer.supplier(auth={"type": "apiKey", "header": "X-Key", "value": "s3cret"})
        buyer.stockline.sql("UPDATE supplier SET secrets = 'gAAAAA' WHERE tenant_id = %s", buyer.tenant_id)
        buyer.answers(GOOD)
        assert buyer.polled()["outcome"] == "failed"
        assert buyer.sources.asked == []


def test_a_defect_is_tried_three_times_and_then_left_for_the_next_reading(buyer: Purchaser):
    buyer.supplier()
    buyer.answers(RuntimeError("a defect"))
    for _ in range(3):
        assert buyer.polls() == []
        buyer.due()
        buyer.stockline.drain()
    (poll,) = buyer.polls()
    assert (poll["outcome"], poll["error"]) == ("failed", "RuntimeError: a defect")
    assert buyer.wait_s() == pytest.approx(900, abs=60)


class TestSilent:
    def test_it_is_told_while_nothing_happens_and_when_it_is_over(self, buyer: Purchaser):
        buyer.supplier()
        buyer.reads(*GOOD)
        silence(buyer, 31)
        uow = buyer.stockline.container.unit_of_work
        note_silent(uow)
        note_silent(uow)
        assert buyer.alerts() == ["source-silent"]
        buyer.reads(("A", 4))
        assert buyer.alerts() == ["source-silent", "source-back"]

    def test_within_two_intervals_nothing_is_told(self, buyer: Purchaser):
        buyer.supplier()
        buyer.reads(*GOOD)
        silence(buyer, 29)
        note_silent(buyer.stockline.container.unit_of_work)
        assert buyer.alerts() == []

    def test_a_supplier_that_is_switched_off_is_not_missed(self, buyer: Purchaser):
        buyer.supplier()
        silence(buyer, 60)
        buyer.desk.change(buyer.tenant_id, "north", {"active": False})
        note_silent(buyer.stockline.container.unit_of_work)
        assert buyer.alerts() == []


def test_readings_are_forgotten_after_thirty_days_but_for_those_that_wait(buyer: Purchaser):
    buyer.supplier()
    buyer.reads(("A", 1), ("B", 1))
    buyer.reads()
    buyer.reads(("A", 1), ("B", 1))
    buyer.stockline.sql(
        "UPDATE supplier_poll SET started_at = started_at - interval '31 days' WHERE tenant_id = %s",
        buyer.tenant_id,
    )
    buyer.reads(("A", 2), ("B", 1))
    buyer.stockline.container.housekeeping()
    assert [poll["outcome"] for poll in buyer.polls()] == ["applied", "held"]


class _Mortal(PostgresSupplierPolls):
    """Dies before or after its nth commit."""

    def __init__(self, unit_of_work, gap: int) -> None:
        super().__init__(unit_of_work)
        self._left = gap

    def _reach(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise KilledError

    @contextmanager
    def tenant(self, tenant_id):
        with super().tenant(tenant_id) as tx:
            yield tx
            self._reach()
        self._reach()


class TestDeath:
    """Three commits and two chunks: a worker may die before and after each."""

    def test_at_every_gap_the_next_worker_brings_it_to_the_same_end(self, buyer: Purchaser):
        buyer.stockline.own("A")
        buyer.supplier()
        uow = buyer.stockline.container.unit_of_work
        for gap in range(20):
            self._before(buyer, gap)
            buyer.answers([("A", 5), ("B", 6), ("C", 7), ("D", 8), (f"N{gap}", 1)])
            buyer.due()
            with buyer.job(transactions=_Mortal(uow, gap)) as mortal:
                try:
                    mortal.stockline.drain()
                    died = False
                except KilledError:
                    died = True
            buyer.stockline.sql("UPDATE dispatch SET lease_until = clock_timestamp() - interval '1 s'")
            buyer.stockline.drain()
            self._holds(buyer, gap)
            if not died:
                return
        raise AssertionError("it never lived to the end")

    @staticmethod
    def _before(buyer: Purchaser, gap: int) -> None:
        buyer.reads(("A", 10 + gap), ("B", 1), ("C", 2), ("D", 3), ("E", 4))
        buyer.order(f"open-{gap}", A=1)
        buyer.order(f"shipped-{gap}", A=2)
        buyer.fulfil(f"shipped-{gap}")

    @staticmethod
    def _holds(buyer: Purchaser, gap: int) -> None:
        assert buyer.stands() == {"A": 5, "B": 6, "C": 7, "D": 8, f"N{gap}": 1}
        row = buyer.skus()["A"]
        assert (row["reserved"], row["shipped"], row["shortage"]) == (gap + 1, 0, max(0, gap + 1 - 5))
        assert [poll["outcome"] for poll in buyer.polls()[:2]] == ["applied", "applied"]
        assert len(buyer.polls()) == 2 * (gap + 1)

    @pytest.mark.parametrize("skus", ["A", "ABCDEFGH"])
    def test_a_worker_that_lost_its_lease_writes_nothing(self, buyer: Purchaser, skus: str):
        """Be its report of one chunk or of several."""
        buyer.supplier()
        buyer.reads(*((sku, 3) for sku in skus))

        def overtaken():
            buyer.stockline.sql("UPDATE dispatch SET token = token + 1 WHERE tenant_id = %s", buyer.tenant_id)
            return fetched(rows(*({"sku": sku, "quantity": 99} for sku in skus)))

        buyer.answers(overtaken)
        buyer.due()
        buyer.stockline.drain()
        assert buyer.stands() == dict.fromkeys(skus, 3)
        assert len(buyer.polls()) == 1
        lost = "SELECT state FROM dispatch WHERE tenant_id = %s"
        assert buyer.stockline._value(lost, buyer.tenant_id) == "running"

    def test_what_was_read_of_a_source_that_a_person_changed_meanwhile_is_dropped(self, buyer: Purchaser):
        buyer.supplier()

        def changed():
            buyer.supplier(name="Other")
            buyer.answers([("A", 4)])
            return fetched(rows({"sku": "A", "quantity": 99}))

        buyer.answers(changed)
        buyer.stockline.drain()
        assert buyer.stands() == {"A": 4}
        assert len(buyer.polls()) == 1


class TestMany:
    def test_each_due_reading_is_made_once_however_many_clocks_and_workers_there_are(self, buyer: Purchaser):
        codes = [f"s{n}" for n in range(8)]
        for code in codes:
            buyer.supplier(code)
            buyer.answers(GOOD, code=code)
        ids = [
            row["id"] for row in buyer.rows("SELECT id FROM dispatch WHERE tenant_id = %s", buyer.tenant_id)
        ]
        work, handlers = buyer.stockline.container.work, buyer.stockline.container.handlers
        begin = threading.Barrier(6)

        def worker():
            begin.wait()
            work.sweep()
            for one in ids * 2:
                work.run(one, handlers)

        threads = [threading.Thread(target=worker) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(code for code, _, _ in buyer.sources.asked) == codes
        assert [len(buyer.polls(code)) for code in codes] == [1] * 8

    def test_a_day_of_readings_with_faults_stays_on_the_grid(self, buyer: Purchaser):
        """96 times of one supplier, on PostgreSQL; the interval passes by a statement."""
        buyer.supplier()
        buyer.answers(*[NOT_MODIFIED if n % 20 else AWAY for n in range(1, 101)], NOT_MODIFIED)
        grid = buyer.row()["due_at"]
        for _ in range(101):
            buyer.stockline.sql("UPDATE dispatch SET not_before = clock_timestamp() WHERE state = 'ready'")
            buyer.stockline.sql(
                "UPDATE supplier SET poll_at = clock_timestamp(), due_at = due_at - make_interval(secs =>"
                " CASE WHEN due_at > clock_timestamp() THEN interval_s ELSE 0 END)"
            )
            buyer.stockline.drain()
        polls = buyer.polls()
        assert [poll["outcome"] for poll in polls].count("failed") == 5
        assert [poll["outcome"] for poll in polls].count("unchanged") == 96
        offset = (buyer.row()["due_at"] - grid).total_seconds()
        assert offset % 900 == pytest.approx(0, abs=1e-3)


class TestTenantsThatAreNotActive:
    @pytest.fixture
    def away(self, buyer: Purchaser) -> Purchaser:
        buyer.supplier()
        buyer.reads(*GOOD)
        buyer.stockline.set(active=False)
        return buyer

    def test_their_suppliers_are_not_asked_and_nobody_misses_them(self, away: Purchaser):
        away.due()
        away.stockline.drain()
        silence(away, 60)
        note_silent(away.stockline.container.unit_of_work)
        assert len(away.sources.asked) == 1
        assert away.wait_s() == pytest.approx(900, abs=5)
        assert away.row()["due_at"] == away.row()["poll_at"] > datetime.now(UTC), "it was not due"
        assert away.alerts() == []

    def test_what_was_sent_waits(self, away: Purchaser):
        away.desk.send(away.tenant_id, "north", Payload([rows({"sku": "A", "quantity": 9})]))
        away.stockline.drain()
        assert away.stands() == {"A": 3}
        away.stockline.set(active=True)
        away.desk.resume(away.tenant_id)
        away.stockline.drain()
        assert "applied" in {poll["outcome"] for poll in away.polls() if poll["sent"]}

    def test_made_active_they_are_read_at_once_and_not_late(self, away: Purchaser):
        away.due()
        away.stockline.sql("UPDATE supplier SET due_at = due_at - interval '9 days'")
        away.stockline.drain()
        away.stockline.set(active=True)
        away.desk.resume(away.tenant_id)
        away.answers([("A", 4)])
        away.stockline.drain()
        assert away.stands() == {"A": 4}
        poll = away.polls()[0]
        assert poll["started_at"] - poll["due_at"] < timedelta(seconds=20)

    def test_nobody_waits_for_a_reading_of_theirs(self, away: Purchaser):
        with pytest.raises(ConflictError):
            away.desk.ask(away.tenant_id, "north")


class TestTheQueue:
    def test_its_oldest_work_is_as_old_as_it_is_due(self, buyer: Purchaser):
        buyer.stockline.sql("UPDATE dispatch SET state = 'ready', not_before = 'infinity'")  # of other tests
        buyer.supplier()
        buyer.stockline.sql("UPDATE dispatch SET created_at = created_at - interval '30 days'")
        buyer.reads(*GOOD)
        assert self.oldest_s(buyer) == 0
        mine = "UPDATE dispatch SET not_before = clock_timestamp() - interval '40 s' WHERE tenant_id = %s"
        buyer.stockline.sql(mine, buyer.tenant_id)
        assert self.oldest_s(buyer) == pytest.approx(40, abs=5)

    @staticmethod
    def oldest_s(buyer: Purchaser) -> float:
        [suppliers] = [
            one for one in buyer.stockline.container.queue_status() if one.queue is Queue.SUPPLIERS
        ]
        return suppliers.oldest_age_s


class TestWhatNobodyCanTake:
    def test_a_report_that_kills_its_workers_fails_alone_and_the_readings_go_on(self, buyer: Purchaser):
        buyer.supplier()
        buyer.reads(*GOOD)
        buyer.desk.send(buyer.tenant_id, "north", Payload([rows({"sku": "A", "quantity": 9})]))
        buyer.stockline.sql("UPDATE supplier_poll SET held = 'poison' WHERE held IS NOT NULL")
        for _ in range(3):
            buyer.stockline.sql("UPDATE dispatch SET not_before = clock_timestamp() WHERE state = 'ready'")
            buyer.stockline.drain()
        assert [(poll["outcome"], poll["sent"]) for poll in buyer.polls()] == [
            ("failed", True),
            ("applied", False),
        ]
        assert (buyer.row()["failures"], buyer.alerts()) == (0, [])
        assert buyer.wait_s() == pytest.approx(900, abs=60)
