"""A supplier file as it is written: its fields, and what each may hold."""

import re
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    model_validator,
)
from pydantic.alias_generators import to_camel

from app.domain.suppliers.mapping import BadExpressionError, rows_reader, value_reader
from app.domain.suppliers.source import PaginationKind

INTERVAL_S: Final = (60, 86_400)
URL_MAX: Final = 2_000
UNITS_MAX: Final = 2_147_483_647
FIELDS: Final = ("sku", "quantity", "updatedAt", "incoming", "reserved", "price", "leadTimeDays")
_SKUS_MAX: Final = 200_000
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_OURS: Final = {
    "host",
    "content-length",
    "transfer-encoding",
    "connection",
    "accept-encoding",
    "cookie",
    "if-none-match",
    "if-modified-since",
    "range",
    "upgrade",
    "te",
    "trailer",
    "expect",
}


def checked_url(url: str) -> str:
    """An address that may be asked as far as its letters go: where it leads is looked at when it is."""
    if not url.isascii() or re.search(r"[\x00-\x20\x7f\\]", url):
        raise ValueError("must be a URL without spaces, backslashes or letters beyond ASCII; encode them")
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError as error:
        raise ValueError("must be a URL such as https://api.supplier.example/stock") from error
    if parts.scheme not in {"http", "https"} or not host or port == 0:
        raise ValueError("must be a URL such as https://api.supplier.example/stock")
    if "@" in parts.netloc:
        raise ValueError("must not have a user name in it; put it under auth")
    if "#" in url:
        raise ValueError("must not have a fragment (#…)")
    return url


def _text(value: str) -> str:
    """What can be stored and sent."""
    if any(ord(letter) < 0x20 or 0xD800 <= ord(letter) <= 0xDFFF for letter in value):
        raise ValueError("must not have control characters in it")
    return value


def _header(value: str) -> str:
    if not _TOKEN.fullmatch(value) or value.lower() in _OURS:
        raise ValueError("must be the name of a header that is not HTTP's own")
    return value


def _ascii(value: str) -> str:
    if not value.isascii():
        raise ValueError("must be ASCII, as a header is")
    return value


def _rows(expression: str) -> str:
    try:
        rows_reader(expression)
    except BadExpressionError as error:
        raise ValueError(error.message) from error
    return expression


def _value(expression: str) -> str:
    try:
        value_reader(expression)
    except BadExpressionError as error:
        raise ValueError(error.message) from error
    return expression


def _text_of(most: int, least: int = 1) -> Any:
    return StringConstraints(strip_whitespace=True, min_length=least, max_length=most)


Text = Annotated[str, _text_of(200), AfterValidator(_text)]
Sku = Annotated[str, _text_of(128), AfterValidator(_text)]
Url = Annotated[str, StringConstraints(min_length=1, max_length=URL_MAX), AfterValidator(checked_url)]
Email = Annotated[str, StringConstraints(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$"), AfterValidator(_text)]
Secret = Annotated[
    str,
    StringConstraints(min_length=1, max_length=4_000),
    AfterValidator(_text),
    Field(json_schema_extra={"writeOnly": True}),
]
Units = Annotated[int, Field(ge=0, le=UNITS_MAX)]
ReorderMode = Literal["order", "task", "off"]
OrderFormat = Literal["json", "csv"]


class _Part(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=False,
        validate_by_alias=True,
        extra="forbid",
        strict=True,
        frozen=True,
        hide_input_in_errors=True,
    )


class AuthForm(_Part):
    """How the source lets us in. `value`, `password` and `clientSecret` are kept encrypted and not shown again."""

    type: Literal["none", "apiKey", "basic", "oauth2"] = "none"
    header: Annotated[str, _text_of(100), AfterValidator(_header)] | None = None
    query: Text | None = None
    value: Annotated[Secret, AfterValidator(_ascii)] | None = None
    username: Text | None = None
    password: Secret | None = None
    token_url: Url | None = None
    client_id: Text | None = None
    client_secret: Secret | None = None
    scope: Annotated[str, _text_of(1_000), AfterValidator(_text)] | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        """Each kind with what it needs, and nothing of another; secrets may be left out where they are kept."""
        needed, known = _AUTH[self.type]
        given = {name for name in AuthForm.model_fields if name != "type" and getattr(self, name) is not None}
        if self.type == "apiKey" and len(given & {"header", "query"}) != 1:
            raise ValueError("apiKey takes a header or a query parameter, one of them")
        if missing := sorted(map(to_camel, needed - given)):
            raise ValueError(f"{self.type} needs {', '.join(missing)}")
        if foreign := sorted(map(to_camel, given - needed - known)):
            raise ValueError(f"{self.type} has no {', '.join(foreign)}")
        if ":" in (self.username or ""):
            raise ValueError("a user name for Basic has no colon")
        return self

    def __repr__(self) -> str:
        """Without its secrets."""
        return f"AuthForm(type={self.type!r})"


_AUTH: Final[dict[str, tuple[set[str], set[str]]]] = {
    "none": (set(), set()),
    "apiKey": (set(), {"header", "query", "value"}),
    "basic": ({"username"}, {"password"}),
    "oauth2": ({"token_url", "client_id"}, {"client_secret", "scope"}),
}
SECRET_OF: Final = {"apiKey": "value", "basic": "password", "oauth2": "clientSecret"}


class PaginationForm(_Part):
    """How one page leads to the next; see `docs/suppliers.md`."""

    type: PaginationKind
    param: Text | None = None
    first: Annotated[int, Field(ge=0, le=1)] | None = None
    size_param: Text | None = None
    size: Annotated[int, Field(ge=1, le=100_000)] | None = None
    next: Annotated[str, AfterValidator(_value)] | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.type == "cursor" and not (self.param and self.next):
            raise ValueError("cursor takes param, and next: the JMESPath of the next page's cursor")
        if self.next and self.type != "cursor":
            raise ValueError(f"{self.type} has no next")
        if self.param and self.type == "link":
            raise ValueError("link has no param: the Link header has the whole address")
        if self.first is not None and self.type != "page":
            raise ValueError(f"{self.type} has no first")
        if (self.size is None) != (self.size_param is None):
            raise ValueError("size and sizeParam go together")
        return self


class FieldsForm(_Part):
    """Our names for what a row holds, and where it stands there: a JMESPath, or a CSV's column."""

    sku: Text
    quantity: Text
    updated_at: Text | None = None
    incoming: Text | None = None
    reserved: Text | None = None
    price: Text | None = None
    lead_time_days: Text | None = None


class SourceForm(_Part):
    """Where a supplier's stock is read, and how. Without a url the supplier sends, and is not read."""

    url: Url | None = None
    format: Literal["json", "csv", "xml"]
    auth: AuthForm = AuthForm()
    items: Annotated[str, AfterValidator(_rows)] | None = None
    fields_: Annotated[FieldsForm, Field(alias="fields")]
    pagination: PaginationForm | None = None
    words: Annotated[
        dict[Annotated[str, _text_of(60), AfterValidator(_text)], Units], Field(max_length=100)
    ] = {}
    whole: bool = True
    delimiter: Annotated[str, StringConstraints(pattern=r"^[\t -!#-~]$")] | None = None
    header: bool = True
    encoding: Literal["utf-8", "utf-16", "latin-1", "windows-1252"] | None = None
    date_format: Annotated[str, _text_of(60), AfterValidator(_text)] | None = None

    @model_validator(mode="after")
    def _agreeing(self) -> Self:
        if self.url is None and (self.auth.type != "none" or self.pagination):
            raise ValueError("auth and pagination are for a url: without one the supplier sends its stock")
        if self.format == "csv":
            if self.items is not None:
                raise ValueError("items is for json and xml: a CSV's rows are its lines")
            if self.pagination and self.pagination.type == "cursor":
                raise ValueError("a CSV has no place for a cursor: pages, or a Link header")
        else:
            self._plain()
        return self

    def _plain(self) -> None:
        if self.delimiter is not None or not self.header:
            raise ValueError(f"delimiter and header are CSV's; the format is {self.format}")
        for name, expression in self.fields_.model_dump(by_alias=True, exclude_none=True).items():
            try:
                value_reader(expression)
            except BadExpressionError as error:
                raise ValueError(f"fields.{name}: {error.message}") from error


class SkuForm(_Part):
    """What is said of one of the supplier's SKUs; what is left out is as for the supplier."""

    part_number: Sku | None = None
    low_stock_threshold: Units | None = None
    reorder_point: Units | None = None
    target_stock: Units | None = None
    pack_size: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    order_minimum: Annotated[int, Field(ge=1, le=1_000_000)] | None = None


def _terms(given: Any) -> Any:
    """A mere text is the part number."""
    return {"partNumber": given} if isinstance(given, str) else given


Terms = Annotated[
    SkuForm,
    BeforeValidator(_terms),
    PlainSerializer(lambda terms: terms, return_type=Sku | SkuForm),  # for the document: both may be written
]


class SupplierForm(SourceForm):
    """A supplier file, whole."""

    code: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
    name: Text
    skus: Annotated[dict[Sku, Terms], Field(max_length=_SKUS_MAX)] = {}
    interval_s: Annotated[int, Field(ge=INTERVAL_S[0], le=INTERVAL_S[1])] = 900
    low_stock_threshold: Units = 10
    reorder_point: Units | None = None
    target_stock: Units | None = None
    drop_guard_percent: Annotated[int, Field(ge=1, le=100)] = 50
    reorder_mode: ReorderMode = "order"
    order_email: Email | None = None
    order_url: Url | None = None
    order_format: OrderFormat = "json"

    @model_validator(mode="after")
    def _reorders(self) -> Self:
        pairs = [("", self.reorder_point, self.target_stock)]
        pairs += [(f"skus.{sku}: ", one.reorder_point, one.target_stock) for sku, one in self.skus.items()]
        for place, point, target in pairs:
            if point is not None and target is not None and target <= point:
                raise ValueError(f"{place}targetStock must be above reorderPoint, or nothing is ever enough")
        return self
