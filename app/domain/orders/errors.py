"""Why an order is not done as it was asked."""

from typing import Any

from app.domain.errors import ConflictError, TransientError


class OrderRefusedError(ConflictError):
    """A rule refuses it; nothing is reserved. Its code is the rule's."""

    def __init__(self, code: str, message: str, details: list[dict[str, Any]]) -> None:
        super().__init__(message, details=details)
        self.code = code  # type: ignore[misc]  # one class for all rules


class OrderConflictError(ConflictError):
    """The channel's order is there with other lines."""

    code = "order_conflict"


class OrderStateError(ConflictError):
    """The order's state forbids it."""

    code = "order_state"


class RefusalStateError(ConflictError):
    """The refusal was replayed or dismissed before."""

    code = "refusal_state"


class RuleThereError(ConflictError):
    """The tenant has this rule for the same channel and account."""


class StockMovedError(TransientError):
    """Units came free while they were counted: what was seen and what was locked differ. Count again."""

    code = "stock_moved"
