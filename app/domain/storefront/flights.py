"""Of all threads that want the same thing at the same moment, one fetches it."""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future


class Flights:
    """Fetches under way in this process, by key."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flying: dict[str, Future[bytes]] = {}

    def run(
        self,
        keys: Sequence[str],
        fetch: Callable[[Sequence[str]], Mapping[str, bytes]],
    ) -> dict[str, bytes]:
        """Fetch those keys that nobody is fetching, in one call; wait for the others.

        What the fetching thread's `fetch` raises, the waiting threads raise too.
        """
        mine, theirs = self._board(keys)
        fetched = self._fly(mine, fetch) if mine else {}
        return dict(fetched) | {key: flight.result() for key, flight in theirs.items()}

    def _board(self, keys: Sequence[str]) -> tuple[dict[str, Future[bytes]], dict[str, Future[bytes]]]:
        mine: dict[str, Future[bytes]] = {}
        theirs: dict[str, Future[bytes]] = {}
        with self._lock:
            for key in dict.fromkeys(keys):
                if flight := self._flying.get(key):
                    theirs[key] = flight
                else:
                    mine[key] = self._flying[key] = Future()
        return mine, theirs

    def _fly(
        self,
        flights: Mapping[str, Future[bytes]],
        fetch: Callable[[Sequence[str]], Mapping[str, bytes]],
    ) -> Mapping[str, bytes]:
        try:
            fetched = fetch(list(flights))
            settled = {key: fetched[key] for key in flights}
        except BaseException as error:
            self._land(flights)
            for flight in flights.values():
                flight.set_exception(error)
            raise
        self._land(flights)
        for key, flight in flights.items():
            flight.set_result(settled[key])
        return settled

    def _land(self, flights: Mapping[str, Future[bytes]]) -> None:
        with self._lock:
            for key in flights:
                del self._flying[key]
