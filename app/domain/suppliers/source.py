"""What is known of a supplier's source, and what reading it brings: the words between fetching and keeping."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import ClassVar, Final, Literal, Protocol

from app.domain.errors import StocklineError, TransientError

FORMATS: Final = ("json", "csv", "xml")
MALFORMED_SAMPLE_MAX: Final = 20

Format = Literal["json", "csv", "xml"]
AuthKind = Literal["none", "apiKey", "basic", "oauth2"]
PaginationKind = Literal["page", "cursor", "link"]


class SourceTransientError(TransientError):
    """The source does not answer, or not now: the same call may succeed later.

    `retry_after_s` is what the source asked for; 0.0 where it said nothing. `status` is None where no answer came.
    """

    code: ClassVar[str] = "source_unavailable"

    def __init__(self, message: str, *, retry_after_s: float = 0.0, status: int | None = None) -> None:
        super().__init__(message, retry_after_s=retry_after_s)
        self.status = status


class SourceRefusedError(StocklineError):
    """Asking again changes nothing until a person mends the source or its description.

    `reason` is stable: unauthorized, forbidden, not_found, blocked_address, bad_url, bad_certificate, bad_redirect,
    too_large, too_many_pages, token_refused, refused (another 4xx), unreadable.
    """

    code: ClassVar[str] = "source_refused"

    def __init__(self, reason: str, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.status = status


class SourceUnreadableError(SourceRefusedError):
    """What came is not what the description says; a single bad answer may be followed by a good one."""

    def __init__(self, message: str) -> None:
        super().__init__("unreadable", message)


@dataclass(frozen=True, slots=True)
class Auth:
    """How the source lets us in. What is secret (value, password, clientSecret) is kept elsewhere.

    apiKey: `name` is the header or the query parameter, as `place` says.
    """

    kind: AuthKind = "none"
    place: Literal["header", "query"] = "header"
    name: str = ""
    username: str = ""
    token_url: str = ""
    client_id: str = ""
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Pagination:
    """How one page leads to the next.

    page: `param` counts up from `first`, until a page is empty. cursor: `next` is the JMESPath of what goes into
    `param`, until there is none. link: the Link header's rel="next". `size_param` and `size` go along where given.
    """

    kind: PaginationKind
    param: str = ""
    first: int = 1
    size_param: str = ""
    size: int = 0
    next: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A supplier's source without its secrets.

    `fields`: ours (sku, quantity, updatedAt, incoming, reserved, price, leadTimeDays) to a JMESPath or a column.
    `words`: what words stand for, in units, beside those that every source may say. `whole`: a report lists
    everything, so that what it does not list is gone; false for a source that tells of changes only. `delimiter`
    and `header` are CSV's; `date_format` is strptime's, for dates that could be read in two ways. Without a `url`
    it is not read: the supplier sends.
    """

    url: str
    format: Format
    fields: Mapping[str, str]
    auth: Auth = field(default_factory=Auth)
    items: str | None = None
    pagination: Pagination | None = None
    words: Mapping[str, int] = field(default_factory=dict)
    whole: bool = True
    delimiter: str | None = None
    header: bool = True
    encoding: str | None = None
    date_format: str | None = None


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a source answered: all its pages, or 304 and none. `etag` and `last_modified` go into the next call."""

    status: Literal[200, 304]
    pages: Sequence[bytes]
    etag: str | None
    last_modified: str | None
    elapsed_s: float


class Fetcher(Protocol):
    """Asks sources on the internet, and none that is not on it."""

    def fetch(
        self,
        source: Source,
        secrets: Mapping[str, str],
        *,
        etag: str | None = None,
        last_modified: str | None = None,
    ) -> Fetched:
        """Every page of a report. `secrets` by their names in a supplier's file: value, password, clientSecret.

        Raises SourceTransientError and SourceRefusedError.
        """


@dataclass(frozen=True, slots=True)
class ReportRow:
    """What a source says of one SKU. None where it says nothing; `as_of` is never ahead of the reading."""

    sku: str
    quantity: int
    as_of: datetime | None = None
    incoming: int | None = None
    reserved: int | None = None
    price: Decimal | None = None
    lead_time_days: int | None = None


@dataclass(frozen=True, slots=True)
class Malformed:
    """A row that could not be read: its place in the report, from 0, and why."""

    index: int
    reason: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """Values of an optional field that could not be read: how many, and of the first of them where and why."""

    count: int
    index: int
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a source's pages say: `received` = rows + duplicates + malformed_count.

    `malformed` is a sample. `unread`: SKUs that are listed, but whose rows are malformed: what stands for them
    stays. `whole`: what is not listed is gone; false where a row's very SKU could not be read. `ignored`: of an
    optional field, the values that could not be read; those rows stand without it.
    """

    rows: Sequence[ReportRow]
    received: int
    duplicates: int = 0
    malformed_count: int = 0
    malformed: Sequence[Malformed] = ()
    unread: frozenset[str] = frozenset()
    whole: bool = True
    ignored: Mapping[str, Ignored] = field(default_factory=dict)
