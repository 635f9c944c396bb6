"""A supplier: what its file says, checked, with what is secret apart."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from pydantic import ValidationError

from app.domain.errors import InvalidInputError
from app.domain.suppliers.document import SECRET_OF, AuthForm, SkuForm, SourceForm, SupplierForm
from app.domain.suppliers.source import Auth, Pagination, Source

_DETAILS_MAX: Final = 20
_WORDS: Final = {
    "Value error, ": "",
    "Extra inputs are not permitted": "is no field of a supplier file",
    "Field required": "is needed",
    "Input should ": "must ",
    "String should ": "must ",
    "be a valid dictionary or instance of SkuForm": "be a part number, or an object with what is said of the SKU",
}


@dataclass(frozen=True, slots=True)
class SkuTerms:
    """What is said of one SKU. None: as for the supplier; `part_number` None: as the tenant's own names have it."""

    part_number: str | None = None
    low_stock_threshold: int | None = None
    reorder_point: int | None = None
    target_stock: int | None = None
    pack_size: int | None = None
    order_minimum: int | None = None


@dataclass(frozen=True, slots=True)
class Supplier:
    """What a supplier file describes. Times in seconds, thresholds in units."""

    code: str
    name: str
    source: Source
    skus: Mapping[str, SkuTerms]
    interval_s: int
    low_stock_threshold: int
    reorder_point: int | None
    target_stock: int | None
    drop_guard_percent: int
    reorder_mode: str = "order"
    order_email: str | None = None
    order_url: str | None = None
    order_format: str = "json"


@dataclass(frozen=True, slots=True)
class Described:
    """A supplier file in its two halves. `secrets`, by their names in the file, are those that it brought."""

    supplier: Supplier
    secrets: Mapping[str, str]

    def __repr__(self) -> str:
        return f"Described({self.supplier!r})"


def described(document: object) -> Described:
    """A supplier file, from what its JSON says. Raises InvalidInputError; `details` name every field that is wrong."""
    form = _validated(SupplierForm, document)
    supplier = Supplier(
        code=form.code,
        name=form.name,
        source=_source(form),
        skus={sku: _terms(one) for sku, one in form.skus.items()},
        interval_s=form.interval_s,
        low_stock_threshold=form.low_stock_threshold,
        reorder_point=form.reorder_point,
        target_stock=form.target_stock,
        drop_guard_percent=form.drop_guard_percent,
        reorder_mode=form.reorder_mode,
        order_email=form.order_email,
        order_url=form.order_url,
        order_format=form.order_format,
    )
    return Described(supplier, _secrets(form.auth))


def described_source(document: object) -> tuple[Source, Mapping[str, str]]:
    """The part of a supplier file that says where and how to read, with its secrets. Raises InvalidInputError."""
    form = _validated(SourceForm, document)
    return _source(form), _secrets(form.auth)


def stored(source: Source) -> dict[str, Any]:
    """A source as it is kept and shown: in a supplier file's words. `restored` is its other direction."""
    told: dict[str, Any] = {
        "url": source.url or None,
        "format": source.format,
        "auth": _stored_auth(source.auth),
        "items": source.items,
        "fields": dict(source.fields),
        "pagination": _stored_pagination(source.pagination),
        "words": dict(source.words) or None,
        "whole": source.whole,
        "delimiter": source.delimiter,
        "header": source.header,
        "encoding": source.encoding,
        "dateFormat": source.date_format,
    }
    return {name: value for name, value in told.items() if value is not None}


def restored(document: object) -> Source:
    """A source from what was kept of it."""
    return described_source(document)[0]


def settled_secrets(
    source: Source,
    given: Mapping[str, str],
    before: Source | None = None,
    kept: Mapping[str, str] | None = None,
) -> Mapping[str, str]:
    """The secrets that a source goes by from now on: those given, else those kept from before.

    They are kept only for the same door: whoever may change an address must not be able to have a secret that is
    not shown to anybody sent there. Raises InvalidInputError when one is missing.
    """
    name = SECRET_OF.get(source.auth.kind)
    if name is None:
        return {}
    if name in given:
        return {name: given[name]}
    if before is not None and kept and name in kept and _door(before) == _door(source):
        return {name: kept[name]}
    raise InvalidInputError(
        f"auth.{name}: is needed; what was kept holds only for the address and the user it was given for",
        details=[{"field": f"auth.{name}", "message": "is needed"}],
    )


def _door(source: Source) -> tuple[Any, ...]:
    auth = source.auth
    origins = tuple(urlsplit(url)[:2] for url in (source.url, auth.token_url))
    return (*origins, auth.kind, auth.place, auth.name, auth.username, auth.client_id)


def _validated(form: type[Any], document: object) -> Any:
    try:
        return form.model_validate(document)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        details = [_detail(".".join(map(str, one["loc"])), _said(one["msg"])) for one in found]
        message = ": ".join(filter(None, details[0].values()))
        raise InvalidInputError(message, details=details[:_DETAILS_MAX]) from None


def _detail(field: str, message: str) -> dict[str, str]:
    """A part that is looked at as a whole names the field that it means itself, before a colon."""
    inner, colon, rest = message.partition(": ")
    if colon and " " not in inner:
        field, message = ".".join(filter(None, (field, inner))), rest
    return {"field": field, "message": message}


def _said(message: str) -> str:
    """What was found wrong, in this house's words."""
    for theirs, ours in _WORDS.items():
        message = message.replace(theirs, ours)
    return message


def _source(form: SourceForm) -> Source:
    return Source(
        url=form.url or "",
        format=form.format,
        fields=form.fields_.model_dump(by_alias=True, exclude_none=True),
        auth=_auth(form.auth),
        items=form.items,
        pagination=_pagination(form),
        words={word.casefold(): units for word, units in form.words.items()},
        whole=form.whole,
        delimiter=form.delimiter,
        header=form.header,
        encoding=form.encoding,
        date_format=form.date_format,
    )


def _auth(form: AuthForm) -> Auth:
    return Auth(
        kind=form.type,
        place="query" if form.query else "header",
        name=form.header or form.query or "",
        username=form.username or "",
        token_url=form.token_url or "",
        client_id=form.client_id or "",
        scope=form.scope or "",
    )


def _pagination(form: SourceForm) -> Pagination | None:
    given = form.pagination
    if given is None:
        return None
    return Pagination(
        kind=given.type,
        param=given.param or ("page" if given.type == "page" else ""),
        first=1 if given.first is None else given.first,
        size_param=given.size_param or "",
        size=given.size or 0,
        next=given.next or "",
    )


def _terms(given: SkuForm) -> SkuTerms:
    return SkuTerms(**given.model_dump())


def _secrets(auth: AuthForm) -> dict[str, str]:
    given = {"value": auth.value, "password": auth.password, "clientSecret": auth.client_secret}
    return {name: secret for name, secret in given.items() if secret is not None}


def _stored_auth(auth: Auth) -> dict[str, str]:
    told = {
        "type": auth.kind,
        auth.place: auth.name,
        "username": auth.username,
        "tokenUrl": auth.token_url,
        "clientId": auth.client_id,
        "scope": auth.scope,
    }
    return {name: value for name, value in told.items() if value}


def _stored_pagination(pagination: Pagination | None) -> dict[str, Any] | None:
    if pagination is None:
        return None
    told: dict[str, Any] = {
        "type": pagination.kind,
        "param": pagination.param or None,
        "first": pagination.first if pagination.kind == "page" else None,
        "sizeParam": pagination.size_param or None,
        "size": pagination.size or None,
        "next": pagination.next or None,
    }
    return {name: value for name, value in told.items() if value is not None}
