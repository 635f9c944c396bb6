"""What came of a purchase order, as it was noted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

RECEIPTS_SHOWN: Final = 100
"""With their order; the list of receipts has them all."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """One delivery. `received_by` is None where it was noted before names were kept."""

    receipt_id: str
    received_at: datetime
    received_by: str | None
    quantities: Mapping[str, int]

    def shown(self) -> dict[str, Any]:
        """By the API's names, its lines by SKU."""
        lines = sorted(self.quantities.items())
        return {
            "receiptId": self.receipt_id,
            "receivedAt": self.received_at,
            "receivedBy": self.received_by,
            "units": sum(self.quantities.values()),
            "lines": [{"sku": sku, "quantity": quantity} for sku, quantity in lines],
        }
