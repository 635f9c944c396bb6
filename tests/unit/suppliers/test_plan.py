"""What a report changes is decided without a database."""

from datetime import UTC, datetime, timedelta

from app.domain.suppliers.report import Plan, Standing, plan
from app.domain.suppliers.source import Report, ReportRow

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
BEFORE = NOW - timedelta(minutes=15)


def standing(number: int, quantity: int, *, as_of: datetime | None = None, shipped: bool = False) -> Standing:
    return Standing(
        number, f"S{number}", quantity, None, None, None, None, as_of, listed=True, shipped=shipped
    )


def planned(report: Report, *stands: Standing, whole: bool = True) -> Plan:
    return plan(report, stands, at=NOW, confirmed_at=BEFORE, whole=whole)


def report(*rows: tuple[int, int], unread: str = "", whole: bool = True) -> Report:
    told = [ReportRow(f"S{number}", quantity) for number, quantity in rows]
    return Report(told, len(told), unread=frozenset(unread.split()), whole=whole)


def test_what_stands_as_it_is_told_is_not_written():
    made = planned(report((1, 5), (2, 6)), standing(1, 5), standing(2, 7))
    assert [one.sku for one in made.changed] == ["S2"]


def test_what_has_units_on_their_way_is_looked_at_though_nothing_changed():
    made = planned(report((1, 5)), standing(1, 5, shipped=True))
    assert [(one.sku, one.seen_at) for one in made.changed] == [("S1", NOW)]


def test_a_sku_whose_row_cannot_be_read_is_from_now_on_as_old_as_the_last_report():
    made = planned(
        report((1, 5), unread="S2 S3"), standing(1, 5), standing(2, 7), standing(3, 7, as_of=BEFORE)
    )
    assert [(one.sku, one.quantity, one.as_of) for one in made.changed] == [("S2", 7, BEFORE)]
    assert made.dropped == 0


def test_what_a_list_with_a_nameless_row_leaves_out_is_neither_gone_nor_confirmed():
    made = planned(report((1, 5), whole=False), standing(1, 5, as_of=NOW), standing(2, 7))
    assert [(one.sku, one.quantity, one.as_of, one.listed) for one in made.changed] == [
        ("S2", 7, BEFORE, True)
    ]


def test_part_of_a_list_says_nothing_of_the_rest():
    assert planned(report((1, 5)), standing(1, 5, as_of=NOW), standing(2, 7), whole=False).changed == []
