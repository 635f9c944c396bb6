"""What a reading makes of what stands."""

import pytest

from tests.suppliers import Purchaser


class TestReading:
    def test_a_report_becomes_what_stands(self, buyer: Purchaser):
        buyer.supplier()
        poll = buyer.reads(("A", 3), ("B", 40), ("Ü-4 ½", 0))
        assert buyer.stands() == {"A": 3, "B": 40, "Ü-4 ½": 0}
        assert [one["level"] for one in buyer.skus().values()] == ["low", "in-stock", "out"]
        assert (poll["outcome"], poll["rows"], poll["changed"]) == ("applied", 3, 3)
        assert buyer.wait_s() == pytest.approx(900, abs=31)
