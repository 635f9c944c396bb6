"""Brings approved purchase orders to their suppliers: at least once, always under the same number and id."""

import json
from collections.abc import Callable
from typing import Final

import structlog

from app.domain.errors import StocklineError, TransientError
from app.domain.purchasing import sheet
from app.domain.purchasing.order import NoOrderAddressError
from app.domain.purchasing.ports import Mail, Mailbox, OrderApi, Outgoing, SendTransactions
from app.domain.shop.ports import Vault
from app.domain.work.dispatch import Claim, Progress

LEASE_S: Final = 90.0
"""A call to a supplier ends well before it."""
AGAIN_S: Final = (30.0, 120.0, 600.0, 3_600.0)
"""How long after each failure; after the last of them a person sees to it."""
log = structlog.get_logger()


class SendJob:
    """Killed between the call and its note, it calls again: the number and the id tell the supplier."""

    def __init__(self, transactions: SendTransactions, mailbox: Mailbox, api: OrderApi, vault: Vault) -> None:
        self._transactions = transactions
        self._mailbox = mailbox
        self._api = api
        self._vault = vault

    def run(self, claim: Claim, _over: Callable[[], bool]) -> Progress:
        """One order, one call."""
        with self._transactions.tenant(claim.tenant_id) as tx:
            outgoing = tx.outgoing(claim, LEASE_S)
            if outgoing is None:
                tx.forget(claim)
                return Progress.DONE
        try:
            self._deliver(outgoing)
        except TransientError as error:
            return self._again(claim, outgoing, error)
        except StocklineError as error:
            self.give_up(claim, error.message)
            return Progress.DONE
        with self._transactions.tenant(claim.tenant_id) as tx:
            tx.sent(claim)
        log.info("purchasing.sent", number=outgoing.order.number)
        return Progress.DONE

    def _again(self, claim: Claim, outgoing: Outgoing, error: TransientError) -> Progress:
        if outgoing.tries >= len(AGAIN_S):
            self.give_up(claim, error.message)
            return Progress.DONE
        delay_s = max(AGAIN_S[outgoing.tries], error.retry_after_s)
        with self._transactions.tenant(claim.tenant_id) as tx:
            tx.again(claim, error.message, delay_s)
        return Progress.STOPPED

    def give_up(self, claim: Claim, reason: str) -> None:
        """Back to approved, with the reason; a person sends it again."""
        log.warning("purchasing.not_sent", reason=reason)
        with self._transactions.tenant(claim.tenant_id) as tx:
            tx.failed(claim, reason)

    def _deliver(self, outgoing: Outgoing) -> None:
        if outgoing.route.url:
            self._post(outgoing, outgoing.route.url)
        elif outgoing.route.email:
            self._mailbox.send(self._letter(outgoing, outgoing.route.email))
        else:
            raise NoOrderAddressError(
                "the supplier has no order address any more; set orderEmail or orderUrl"
            )

    def _post(self, outgoing: Outgoing, url: str) -> None:
        order, as_csv = outgoing.order, outgoing.route.format == "csv"
        body = sheet.csv_of(order, outgoing.lines) if as_csv else sheet.json_of(order, outgoing.lines)
        headers = {
            "Content-Type": "text/csv; charset=utf-8" if as_csv else "application/json",
            "Idempotency-Key": str(order.id),
            "X-Order-Number": str(order.number),
        }
        sealed = outgoing.route.secrets
        secrets = json.loads(self._vault.open(sealed)) if sealed else {}
        self._api.post(url, body, headers, outgoing.route.source, secrets)

    def _letter(self, outgoing: Outgoing, address: str) -> Mail:
        order = outgoing.order
        return Mail(
            to=address,
            subject=f"Purchase order {order.number}",
            text=(
                f"Please supply what the attached file lists: {order.lines} lines, {order.units} units.\n\n"
                f"Order number: {order.number}\nOrder id: {order.id}\n\n"
                "The same order may reach you twice; the number and the id tell.\n"
            ),
            filename=sheet.filename(order),
            attachment=sheet.csv_of(order, outgoing.lines),
            message_id=sheet.message_id(order.id),
        )
