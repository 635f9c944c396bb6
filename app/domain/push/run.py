"""The push at work: one product after the other, each committed with what it became in the shop.

Whatever dies between two lines, the next worker finds: what is settled is in PostgreSQL, and a product that was made
and not written down carries its key in the shop. What repeats, repeats what has been done already.
"""

import time
from collections.abc import Callable

import structlog

from app.domain.errors import LeaseLostError, TransientError
from app.domain.push.deliver import deliver
from app.domain.push.errors import ShopClosedError, ShopRefusedError, ShopUnavailableError, code_of
from app.domain.push.lease import Lease
from app.domain.push.ports import (
    NextItem,
    ProgressBoard,
    PushRules,
    PushTransactions,
    Settled,
    Shop,
    Shops,
)
from app.domain.push.push import FAILURES_SHOWN_MAX, Failure, ItemOutcome, Push, Reason, Refusal
from app.domain.push.service import failures_json
from app.domain.shop.connection import Connection, ConnectionState, EncryptionMissingError
from app.domain.work.dispatch import Claim, Progress

log = structlog.get_logger()

AGAIN_IN_S = 60.0
_BROKE_OFF = "its worker broke off three times while pushing it; it is in our log"
_OURS = "something went wrong on our side with this push; the operator sees it and can set it going again"
_AWAY = "Shopify does not answer; the push goes on by itself in a minute, or resume it now"
_NOT_CONNECTED = Reason("not_connected", "no shop is connected any more; connect it again, then resume")
_INACTIVE = Reason("tenant_inactive", "the tenant was deactivated; once it is active again, resume the push")


class PushJob:
    """Works on one tenant's push under its claim."""

    def __init__(
        self,
        transactions: PushTransactions,
        shops: Shops,
        board: ProgressBoard,
        *,
        lease_s: float,
        call_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._transactions = transactions
        self._shops = shops
        self._board = board
        self._lease_s = lease_s
        self._call_s = call_s
        self._clock = clock

    def run(self, claim: Claim, over: Callable[[], bool]) -> Progress:
        """Push products until all are settled, the slice is over, or the shop lets us in no more."""
        since = self._clock()
        with self._transactions.tenant(claim.tenant_id) as tx:
            push, connection = tx.begin(claim)
        lease = Lease(self._transactions, claim, self._lease_s, self._call_s, self._clock, since)
        told = _Told(self._transactions, self._board, push)
        barred = _barred(connection)
        if connection is None or barred is not None:
            return self._pause(claim, told, barred or _NOT_CONNECTED, again_in_s=None)
        try:
            shop = self._shops.open(connection, lease)
            shop.prepare()
            return self._items(claim, shop, told, over, publish=connection.publish)
        except (ShopClosedError, ShopRefusedError, EncryptionMissingError) as error:
            return self._pause(claim, told, Reason(code_of(error), error.message), again_in_s=None)
        except ShopUnavailableError as error:
            log.warning("push.shop_unavailable", error=error.message)
            return self._pause(claim, told, Reason("shopify_unavailable", _AWAY), again_in_s=AGAIN_IN_S)

    def _items(
        self,
        claim: Claim,
        shop: Shop,
        told: "_Told",
        over: Callable[[], bool],
        *,
        publish: bool,
    ) -> Progress:
        while True:
            began = self._clock()
            with self._transactions.tenant(claim.tenant_id) as tx:
                item = tx.next_item(claim)
                rules = tx.rules()
            if isinstance(item, Push):
                told.say(item)
                log.info("push.over", status=item.status, total=item.total, failed=item.failed)
                return Progress.DONE
            settled = self._settled(claim, shop, item, rules, publish=publish)
            with self._transactions.tenant(claim.tenant_id) as tx:
                push = tx.settle(claim, settled, worked_s=self._clock() - began)
            told.say(push, settled)
            if over():
                return Progress.MORE

    def _settled(
        self, claim: Claim, shop: Shop, item: NextItem, rules: PushRules, *, publish: bool
    ) -> Settled:
        """What became of the product; a fault that is the product's own ends with it."""
        places = item.together
        try:
            return deliver(self._transactions, claim, shop, item, rules, publish=publish)
        except ShopRefusedError as error:
            return Settled(ItemOutcome.FAILED, places, Refusal(error.refusal, error.message))
        except ShopUnavailableError:
            shop.prepare()  # raises when the shop is away for everything
            message = "Shopify kept failing on this product; push it again later"
            return Settled(ItemOutcome.FAILED, places, Refusal("shopify_unavailable", message))
        except (LeaseLostError, TransientError, ShopClosedError):
            raise
        except Exception:
            log.exception("push.item_failed", part_numbers=list(item.together.values())[:5])
            message = "something went wrong on our side with this product; it is in our log"
            return Settled(ItemOutcome.FAILED, places, Refusal("internal_error", message))

    def _pause(self, claim: Claim, told: "_Told", reason: Reason, *, again_in_s: float | None) -> Progress:
        with self._transactions.tenant(claim.tenant_id) as tx:
            push = tx.pause(claim, reason, again_in_s=again_in_s)
        told.say(push)
        log.warning("push.stopped", status=push.status, reason=reason.code)
        return Progress.STOPPED

    def give_up(self, claim: Claim, reason: str) -> None:
        """Three tries came to nothing: the product in hand is failed and the push goes on with the next.

        Where not even that can be done, the push is failed, and put aside for the operator.
        """
        log.error("push.gave_up", reason=reason)
        try:
            self._fail_item(claim)
        except (LeaseLostError, TransientError):
            raise
        except Exception:
            log.exception("push.failed")
            with self._transactions.tenant(claim.tenant_id) as tx:
                push = tx.fail(claim, Reason("internal_error", _OURS))
            self._board.tell(push, None)

    def _fail_item(self, claim: Claim) -> None:
        with self._transactions.tenant(claim.tenant_id) as tx:
            item = tx.next_item(claim)
            if isinstance(item, NextItem):
                refusal = Refusal("internal_error", _BROKE_OFF)
                item = tx.settle(claim, Settled(ItemOutcome.FAILED, item.together, refusal), worked_s=0.0)
                tx.hand_back(claim)
        self._board.tell(item, None)


def _barred(connection: Connection | None) -> Reason | None:
    """Why nothing may be asked of the shop at all."""
    if connection is None or connection.state is ConnectionState.UNINSTALLED:
        return _NOT_CONNECTED
    return None if connection.tenant_active else _INACTIVE


class _Told:
    """Tells the board, with the failures when there are new ones."""

    def __init__(self, transactions: PushTransactions, board: ProgressBoard, push: Push) -> None:
        self._board = board
        self._failures: list[Failure] = []
        if push.failed:
            with transactions.tenant(push.tenant_id) as tx:
                self._failures = list(tx.failures(push.id, FAILURES_SHOWN_MAX))
        board.tell(push, failures_json(self._failures))

    def say(self, push: Push, settled: Settled | None = None) -> None:
        """After each commit."""
        failures = None
        if settled and settled.failure and len(self._failures) < FAILURES_SHOWN_MAX:
            refusal = settled.failure
            self._failures += [
                Failure(name, refusal.code, refusal.message) for name in settled.places.values()
            ]
            failures = failures_json(self._failures[:FAILURES_SHOWN_MAX])
        self._board.tell(push, failures)
