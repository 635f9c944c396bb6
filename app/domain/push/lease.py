"""The worker's lease on a push, as a fence around every call to the shop."""

from collections.abc import Callable

from app.domain.push.ports import PushTransactions
from app.domain.work.dispatch import Claim


class Lease:
    """Renewed in time, and counted from before the renewal, so that it never ends earlier than it says.

    A call takes `call_s` at most, so one that starts within the fence is over when the lease is: by then nobody else
    can have taken over. A worker that was stopped and wakes up late finds the moment gone, and its renewal refused.
    """

    def __init__(
        self,
        transactions: PushTransactions,
        claim: Claim,
        lease_s: float,
        call_s: float,
        clock: Callable[[], float],
        since: float,
    ) -> None:
        self._transactions = transactions
        self._claim = claim
        self._lease_s = lease_s
        self._call_s = call_s
        # Long before the fence, however long a call is beside the lease: else calls would come too late for it.
        self._renew_after_s = min(lease_s / 3, (lease_s - call_s) / 2)
        self._clock = clock
        self._since = since

    def __call__(self) -> float:
        """The moment until which a call may be started. Raises LeaseLostError."""
        if self._clock() > self._since + self._renew_after_s:
            self._renew()
        return self._since + self._lease_s - self._call_s

    def _renew(self) -> None:
        since = self._clock()
        with self._transactions.tenant(self._claim.tenant_id) as tx:
            tx.renew(self._claim)
        self._since = since
