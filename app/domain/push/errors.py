"""What a shop may answer, told apart by what is to be done about it; and why a push is not begun or changed."""

from typing import ClassVar

from app.domain.errors import ConflictError, InvalidInputError, StocklineError, TransientError


class ShopRefusedError(StocklineError):
    """The shop will not have this product, however often it is asked: the item fails, the push goes on.

    `code` is stable; the message says what a merchant can do.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.refusal = code


class ShopGoneError(ShopRefusedError):
    """What was addressed is not in the shop any more: look again."""


class StaleStockError(StocklineError):
    """The stock is not what we compared with: read it again."""

    code: ClassVar[str] = "stale_stock"


class ShopClosedError(StocklineError):
    """The shop lets us in no more, or not far enough: the push pauses until a person has seen to it.

    `reason`: invalid_client, shop_not_permitted, app_not_installed, missing_scope, shop_not_found, location_gone,
    variant_limit …
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class ShopUnavailableError(TransientError):
    """The shop did not answer, or not sensibly, and bounded trying did not help. What was asked may be done."""

    code = "shop_unavailable"


class PushRunningError(ConflictError):
    """The tenant has a push that is not over; `details.pushId` names it."""

    code: ClassVar[str] = "push_running"


class PushStateError(ConflictError):
    """The push is not in the state that this needs."""

    code: ClassVar[str] = "push_state"


class NothingToPushError(InvalidInputError):
    """No part number was named, or the tenant has no items."""

    code: ClassVar[str] = "nothing_to_push"


def code_of(error: StocklineError) -> str:
    """What a caller programs against: the shop's own reason where it gave one."""
    if isinstance(error, ShopClosedError):
        return error.reason
    return error.refusal if isinstance(error, ShopRefusedError) else error.code
