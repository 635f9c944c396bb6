"""The door to the internet: a name is resolved once, every address looked at, and one of those connected to."""

import socket
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as WaitedError
from typing import Final

import httpcore

from app.adapters.outbound.addresses import Address, is_public, literal, plain_host
from app.adapters.outbound.deadline import Deadline, TimedStream
from app.domain.suppliers.source import SourceRefusedError, SourceTransientError

PORTS: Final = (80, 443, 8080, 8443)
_NAMES_OF_ONES_OWN: Final = ("localhost", "local", "internal", "localdomain", "home.arpa")
_RESOLVERS: Final = 16
_TRIED_MAX: Final = 4
SocketOption = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]
Resolver = Callable[[str, int], Sequence[str]]


def system_resolver(host: str, port: int) -> Sequence[str]:
    """The machine's own, in its order. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class Guard:
    """Says where a connection may go. Threads share it."""

    def __init__(self, allow_hosts: Iterable[str] = (), resolver: Resolver = system_resolver) -> None:
        self._allowed = frozenset(plain_host(host.strip("[] ")) for host in allow_hosts if host.strip())
        self._resolver = resolver
        self._resolving = ThreadPoolExecutor(_RESOLVERS, thread_name_prefix="resolver")

    def addresses(self, host: str, port: int, timeout_s: float) -> Sequence[str]:
        """Where the host may be connected to. Raises SourceRefusedError when any of its addresses is not public,
        SourceTransientError when it has none now.
        """
        name = plain_host(host)
        if name in self._allowed:
            return self._resolved(name, port, timeout_s)
        if port not in PORTS:
            raise _blocked(f"port {port} may not be asked; {', '.join(map(str, PORTS))} may")
        try:
            own = literal(name)
        except ValueError as error:
            raise _blocked(f"{host[:80]!r} is no plain name or address of a host") from error
        if own is not None:
            return [_admitted(own, host)]
        if any(name == one or name.endswith(f".{one}") for one in _NAMES_OF_ONES_OWN):
            raise _blocked(f"{host!r} is a name of a machine's own network")
        found = [_parsed(one, host) for one in self._resolved(name, port, timeout_s)]
        return [_admitted(one, host) for one in found]

    def _resolved(self, name: str, port: int, timeout_s: float) -> Sequence[str]:
        """A resolver knows no time-out of its own: it is left to itself when it takes too long."""
        asked = self._resolving.submit(self._resolver, name, port)
        try:
            found = asked.result(timeout_s)
        except WaitedError as error:
            asked.cancel()  # if it only stood behind others
            raise SourceTransientError(f"the name {name} is not resolved in time") from error
        except (OSError, UnicodeError) as error:
            raise SourceTransientError(
                f"the name {name} cannot be resolved: see whether it is right"
            ) from error
        if not found:
            raise SourceTransientError(f"the name {name} has no address")
        return found


def _parsed(address: str, host: str) -> Address:
    try:
        own = literal(address)
    except ValueError:
        own = None
    if own is None:
        raise _blocked(f"{host} resolves to something that is no address")
    return own


def _admitted(address: Address, host: str) -> str:
    if not is_public(address):
        raise _blocked(f"{host} is at an address that is not on the public internet")
    return str(address)


def _blocked(message: str) -> SourceRefusedError:
    return SourceRefusedError("blocked_address", message)


class GuardedBackend(httpcore.NetworkBackend):
    """httpcore's way to a socket, through the guard: what is connected to is what was looked at.

    Host and SNI keep the name, since httpcore takes them from the URL. Every connection of a pool is made here, those
    of redirects and of further pages too.
    """

    def __init__(self, guard: Guard, deadline: Deadline, connector: httpcore.NetworkBackend) -> None:
        self._guard = guard
        self._deadline = deadline
        self._connector = connector

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address that answers. Raises as Guard.addresses and as httpcore do."""
        addresses = self._guard.addresses(host, port, self._deadline.left(timeout))
        failed: Exception | None = None
        for address in addresses[:_TRIED_MAX]:
            try:
                stream = self._connector.connect_tcp(
                    address, port, self._deadline.left(timeout), local_address, socket_options
                )
                return TimedStream(stream, self._deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        assert failed is not None
        raise failed
