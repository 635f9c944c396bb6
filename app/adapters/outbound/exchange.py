"""One HTTP exchange with an address that a user chose: guarded, bounded in time and in size, never led elsewhere."""

import ssl
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from types import TracebackType
from typing import Final, Self
from urllib.parse import urljoin, urlsplit

import httpcore

from app.adapters.outbound.body import ENCODINGS, Budget, unfolded
from app.adapters.outbound.deadline import Deadline
from app.adapters.outbound.guard import Guard, GuardedBackend
from app.domain.suppliers.source import SourceRefusedError, SourceTransientError

STEP_S: Final = 20.0
RETRY_AFTER_S_MAX: Final = 86_400.0
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Place:
    """A URL taken apart once: what is connected to, what Host says and what is asked for come from the same parts."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def origin(self) -> tuple[str, str, int]:
        """Whom credentials are for."""
        return self.scheme, self.host, self.port

    @property
    def url(self) -> str:
        """Put together again."""
        return f"{self.scheme}://{self.authority}{self.target}"

    @property
    def authority(self) -> str:
        """As the Host header has it."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return name if _DEFAULT_PORTS[self.scheme] == self.port else f"{name}:{self.port}"


def place_of(url: str) -> Place:
    """Raises SourceRefusedError for what is no URL that may be asked."""
    if not url.isascii() or any(letter <= " " or letter in "\x7f\\" for letter in url):
        raise _bad_url(url)
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise _bad_url(url) from error
    if parts.scheme not in _DEFAULT_PORTS or not host or port == 0:
        raise _bad_url(url)
    if "@" in parts.netloc or "%" in host or ("[" in parts.netloc) is not (":" in host):
        raise _bad_url(url)
    query = f"?{parts.query}" if parts.query else ""
    return Place(parts.scheme, host, port or _DEFAULT_PORTS[parts.scheme], f"{parts.path or '/'}{query}")


def _bad_url(url: str) -> SourceRefusedError:
    shown = url.partition("?")[0][:100]
    return SourceRefusedError("bad_url", f"{shown!r} is no plain http or https URL without a user name in it")


def led(place: Place, target: str) -> Place:
    """Where a redirect or a link leads from here. Raises SourceRefusedError, also for what leads out of TLS."""
    try:
        following = place_of(urljoin(place.url, target).partition("#")[0])
    except ValueError as error:
        raise SourceRefusedError("bad_redirect", "the source leads to what is no address") from error
    if place.scheme == "https" and following.scheme == "http":
        raise SourceRefusedError("bad_redirect", "the source leads from https to http")
    return following


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. Header names are in small letters; the body is not shown, it may hold a token."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def retry_after_s(self) -> float:
        """What it asks for, in seconds; 0.0 where it asks for nothing sensible."""
        said = self.headers.get("retry-after", "").strip()
        try:
            seconds = float(said)
        except ValueError:
            seconds = _until(said)
        return min(max(seconds, 0.0), RETRY_AFTER_S_MAX) if seconds == seconds else 0.0  # noqa: PLR0124 - NaN


def _until(date: str) -> float:
    try:
        moment = parsedate_to_datetime(date)
    except (ValueError, IndexError):
        return 0.0
    return (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()


@cache
def _trusting_the_worlds() -> ssl.SSLContext:
    """To read the certificates takes a while: once a process."""
    return httpcore.default_ssl_context()


class Internet:
    """The way out of this process to addresses that are users' choice. Threads share it."""

    def __init__(
        self,
        guard: Guard,
        *,
        tls: ssl.SSLContext | None = None,
        connector: httpcore.NetworkBackend | None = None,
    ) -> None:
        self._guard = guard
        self._tls = tls
        self._connector = connector or httpcore.SyncBackend()

    def call(self, timeout_s: float, bytes_max: int) -> "Call":
        """A call of one or more exchanges that end by the time-out in all, and bring so many bytes in all."""
        tls = self._tls or _trusting_the_worlds()
        return Call(self._guard, tls, self._connector, Deadline(timeout_s), Budget(bytes_max))


class Call(AbstractContextManager["Call"]):
    """Exchanges on connections of their own: nobody else's are used, and none is left behind."""

    def __init__(
        self,
        guard: Guard,
        tls: ssl.SSLContext,
        connector: httpcore.NetworkBackend,
        deadline: Deadline,
        budget: Budget,
    ) -> None:
        self.deadline = deadline
        self._budget = budget
        backend = GuardedBackend(guard, deadline, connector)
        self._pool = httpcore.ConnectionPool(ssl_context=tls, max_connections=4, network_backend=backend)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.close()

    def send(
        self, method: str, place: Place, headers: Mapping[str, str], content: bytes | None = None
    ) -> Answer:
        """The answer, whatever its status. Raises SourceTransientError and SourceRefusedError."""
        step_s = self.deadline.left(STEP_S)
        try:
            with self._pool.stream(
                method,
                httpcore.URL(scheme=place.scheme, host=place.host, port=place.port, target=place.target),
                headers=_wired({"Host": place.authority, "Accept-Encoding": ENCODINGS, **headers}),
                content=content,
                extensions={"timeout": dict.fromkeys(("connect", "read", "write", "pool"), step_s)},
            ) as response:
                return self._read(response)
        except httpcore.ConnectError as error:
            raise _not_connected(error, place) from error
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
            raise SourceTransientError(
                f"{place.host} did not answer in full: {type(error).__name__}"
            ) from error

    def _read(self, response: httpcore.Response) -> Answer:
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers
        }
        length = headers.get("content-length", "")
        if length.isdigit():
            self._budget.announced(int(length))
        body = unfolded(response.iter_stream(), headers.get("content-encoding", ""), self._budget)
        return Answer(response.status, headers, body)


def _wired(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("ascii"), value.encode("latin-1")) for name, value in headers.items()]


def _not_connected(error: httpcore.ConnectError, place: Place) -> Exception:
    """A bad certificate is for a person to mend; all else may pass."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            said = f"the certificate of {place.host} is not good: {cause.verify_message}"
            return SourceRefusedError("bad_certificate", said)
        cause = cause.__cause__ or cause.__context__
    return SourceTransientError(f"{place.host} cannot be reached")
