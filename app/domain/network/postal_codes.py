"""The use cases over postal codes: where one is, and GeoNames' files in place of what is shipped."""

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from itertools import islice
from threading import Lock
from typing import ClassVar, Final, Protocol, TextIO

from cachetools import TTLCache

from app.domain.errors import InvalidInputError, NotFoundError
from app.domain.imports.batches import BATCH_ROWS, Counts, Imported
from app.domain.imports.rows import Refusal
from app.domain.network.geonames import CodeLine, read
from app.domain.network.postal import Place, country_code, lookup_keys

REMEMBERED_S: Final = 30.0
REMEMBERED_MAX: Final = 20_000


class UnknownPostalCodeError(NotFoundError):
    """No table knows the postal code."""

    code: ClassVar[str] = "unknown_postal_code"


class PostalCodeImport(Protocol):
    """One transaction that replaces places; imports wait for each other."""

    def stage(self, lines: Sequence[CodeLine]) -> None:
        """Set lines aside; one code may be on many, in any batches."""

    def merge(self) -> Counts:
        """Make the staged codes' places the true ones and tell the networks; counts codes, not lines.

        Of a code's lines those of the best accuracy count, with the mean of their coordinates.
        """


class PostalCodeStore(Protocol):
    """The table of places."""

    def find(self, country: str, keys: Sequence[str]) -> Place | None:
        """The place of the first of the keys that is known in the country."""

    def importing(self) -> AbstractContextManager[PostalCodeImport]:
        """Opens an import, in the platform's scope."""


class PostalCodes:
    """Answers from the process's memory for up to 30 s; safe for threads."""

    def __init__(self, store: PostalCodeStore, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._remembered: TTLCache[tuple[str, ...], Place | None] = TTLCache(
            REMEMBERED_MAX, REMEMBERED_S, timer=clock
        )
        self._lock = Lock()

    def find(self, country: str, postal_code: str) -> Place:
        """Where the code is; raises InvalidInputError for a wrong country, UnknownPostalCodeError."""
        iso = country_code(country)
        if iso is None:
            raise InvalidInputError("country must be an ISO 3166-1 alpha-2 code such as SE")
        keys = lookup_keys(iso, postal_code)
        place = self._known(iso, keys) if keys else None
        if place is None:
            raise UnknownPostalCodeError(
                f"the postal code {postal_code[:20]!r} is not known in {iso};"
                " check both, try a neighbouring code, or send lat and lng",
            )
        return place

    def import_file(self, file: TextIO) -> Imported:
        """Take over a GeoNames file, all of its good lines or, when it breaks off, nothing.

        `file` is opened as `geonames.read` wants it. Created, updated and unchanged count codes, refused counts
        lines: a code may be on many lines.
        """
        imported = Imported()
        lines = read(file)
        with self._store.importing() as tx:
            while batch := list(islice(lines, BATCH_ROWS)):
                imported.add(Counts(refused=[line for line in batch if isinstance(line, Refusal)]))
                tx.stage([line for line in batch if isinstance(line, CodeLine)])
            imported.add(tx.merge())
        return imported

    def _known(self, country: str, keys: Sequence[str]) -> Place | None:
        name = (country, *keys)
        with self._lock, suppress(KeyError):
            return self._remembered[name]
        place = self._store.find(country, keys)
        with self._lock:
            self._remembered[name] = place
        return place
