"""One call of the Admin API: its token, its place in the bucket, its tries, its errors."""

import time
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import msgspec
import structlog

from app.adapters.shopify import errors
from app.adapters.shopify.bucket import CUSHION_PERCENT, Bucket, Costs
from app.adapters.shopify.documents import LOCATION, LOCATIONS, Document
from app.adapters.shopify.errors import TransportFaultError
from app.adapters.shopify.retries import retried
from app.adapters.shopify.tokens import Grant, Tokens, retry_after
from app.adapters.shopify.wire import Answer, Fence, Wire
from app.domain.push.errors import ShopClosedError, ShopUnavailableError

_T = TypeVar("_T")

log = structlog.get_logger()

THROTTLED_MAX: Final = 10
BUCKET_WAIT_S_MAX: Final = 120.0
_SLEEP_S: Final = 5.0
_WITHOUT_WORD_S: Final = 1.0
_DOUBLED_MAX: Final = 4
_CHEAP: Final = (LOCATION, LOCATIONS)


class Session:
    """What a process knows of one app in one shop. Threads share it."""

    def __init__(self, tokens: Tokens, clock: Callable[[], float]) -> None:
        self.tokens = tokens
        self.bucket = Bucket(clock)
        self.costs = Costs()
        self.defined = False
        self.publication: str | None = None


class _ThrottledError(Exception):
    def __init__(self, wait_s: float) -> None:
        super().__init__("throttled")
        self.wait_s = wait_s


class Client:
    """Asks one shop under one fence."""

    def __init__(
        self,
        session: Session,
        wire: Wire,
        url: str,
        fence: Fence,
        *,
        reserve_percent: float,
        location: str | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.session = session
        self._wire = wire
        self._url = url
        self._fence = fence
        self._reserve = max(reserve_percent, CUSHION_PERCENT)
        self._location = location
        self._sleep = sleep

    def grant(self, *, anew: bool = False) -> Grant:
        """The token and its scopes. Raises ShopClosedError, ShopUnavailableError."""
        if anew:
            self.session.tokens.forget()
        return self.retried(lambda: self.session.tokens.get(self._fence))

    def ask(self, document: Document, size: int = 1, /, **variables: Any) -> dict[str, Any]:
        """The data. The call is repeated after transport faults, so it must be one that may be done twice.

        Raises ShopClosedError, ShopUnavailableError, ShopRefusedError, KeyUndefinedError, LeaseLostError.
        """
        return self.retried(lambda: self.ask_once(document, size, **variables))

    def retried(self, work: Callable[[], _T]) -> _T:
        """Some work, as often as transport faults ask for it and the bounds allow."""
        return retried(work, self._pause)

    def ask_once(self, document: Document, size: int = 1, /, **variables: Any) -> dict[str, Any]:
        """The data; TransportFaultError when it is not known whether it was done."""
        if document not in _CHEAP and self._location and not self.session.bucket.fresh():
            self._exchanged(LOCATION, 1, {"id": self._location})
        told = self._exchanged(document, size, variables)
        if told.get("errors"):
            raise self._failed(_listed(told["errors"]))
        data = told.get("data")
        if not isinstance(data, dict):
            raise TransportFaultError("Shopify's answer has no data in it")
        return data

    def _failed(self, told: list[dict[str, Any]]) -> Exception:
        error = errors.failed(told)
        if isinstance(error, ShopClosedError) and error.reason == "missing_scope":
            self.session.tokens.forget()  # once the scope is given, a new token has it
        return error

    def _exchanged(self, document: Document, size: int, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The answer's body, once the bucket lets the call in."""
        reserve = self._reserve
        for times in range(THROTTLED_MAX):
            try:
                return self._exchange(document, size, variables, reserve)
            except _ThrottledError as throttled:
                log.info("shopify.throttled", document=document.name, wait_s=throttled.wait_s)
                # Exactly as long as the bucket takes; where that did not do, others are spending at the same time.
                self._pause(throttled.wait_s * 2 ** min(times, _DOUBLED_MAX))
                reserve = 0.0
        raise ShopUnavailableError(
            "the shop throttled the call over and over: other apps may be using up its limit",
            retry_after_s=30.0,
        )

    def _exchange(
        self, document: Document, size: int, variables: Mapping[str, Any], reserve: float
    ) -> dict[str, Any]:
        cost = self.session.costs.expected(document, size)
        self._wait_for(cost, reserve)
        told: dict[str, Any] = {}
        try:
            told = self._posted({"query": document.text, "variables": variables})
        finally:
            asked = _cost(told)
            self.session.bucket.answered(cost, asked.get("throttleStatus"))
        requested = asked.get("requestedQueryCost")
        if requested is not None:
            self.session.costs.learn(document, size, float(requested))
        if any(_code(one) == "THROTTLED" for one in _listed(told.get("errors") or ())):
            raise _ThrottledError(_throttled_s(asked, cost))
        return told

    def _wait_for(self, cost: float, reserve: float) -> None:
        waited = 0.0
        while wait := self.session.bucket.take(cost, reserve):
            if waited + wait > BUCKET_WAIT_S_MAX:
                raise ShopUnavailableError(
                    "the shop's limit is used up by other calls of the app", retry_after_s=60.0
                )
            self._pause(wait)
            waited += wait

    def _pause(self, seconds: float) -> None:
        """Sleep in slices, and keep the lease between them."""
        left = seconds
        while left > 0:
            step = min(left, _SLEEP_S)
            self._sleep(step)
            left -= step
            if left > 0:
                self._fence()

    def _posted(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """The body of a 200. A token that counts no more is replaced, once."""
        content = msgspec.json.encode(asked)
        grant = self.session.tokens.get(self._fence)
        answer = self._sent(content, grant)
        if answer.status == 401:
            grant = self.session.tokens.get(self._fence, instead_of=grant)
            answer = self._sent(content, grant)
        return _read(answer)

    def _sent(self, content: bytes, grant: Grant) -> Answer:
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json",
            "X-Shopify-Access-Token": grant.token,
        }
        return self._wire.post(self._url, self._fence, content, headers)


def _read(answer: Answer) -> dict[str, Any]:
    if answer.status == 401:
        raise ShopClosedError(
            "token_refused",
            "the shop refuses a token that it has just given: see whether the app is still installed, then resume",
        )
    if answer.status == 429 or answer.status >= 500:
        raise TransportFaultError(f"Shopify answers with status {answer.status}", retry_after(answer))
    if answer.status != 200:
        raise errors.unanswered(answer.status, answer.body)
    try:
        told = msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise TransportFaultError("Shopify's answer is no JSON") from error
    if not isinstance(told, dict):
        raise TransportFaultError("Shopify's answer is no object")
    return told


def _listed(told: Any) -> list[dict[str, Any]]:
    """The `errors` of an answer, which may be a mere text."""
    if isinstance(told, (list, tuple)):
        return [one if isinstance(one, dict) else {"message": str(one)} for one in told]
    return [{"message": str(told)}]


def _code(error: Mapping[str, Any]) -> str | None:
    extensions = error.get("extensions")
    return extensions.get("code") if isinstance(extensions, dict) else None


def _cost(told: Mapping[str, Any]) -> Mapping[str, Any]:
    """`extensions.cost`; answers that were too dear, or are no answers, have none."""
    extensions = told.get("extensions")
    cost = extensions.get("cost") if isinstance(extensions, dict) else None
    return cost if isinstance(cost, dict) else {}


def _throttled_s(asked: Mapping[str, Any], cost: float) -> float:
    """As long as the bucket takes. Where the answer has nothing to go by, a moment: never at once."""
    status = asked.get("throttleStatus") or {}
    rate = float(status.get("restoreRate") or 0)
    if not rate:
        return _WITHOUT_WORD_S
    requested = float(asked.get("requestedQueryCost") or cost)
    wait = (requested - float(status.get("currentlyAvailable", 0))) / rate
    return wait if wait > 0 else _WITHOUT_WORD_S
