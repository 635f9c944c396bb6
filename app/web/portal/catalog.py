"""My Catalog and My Parts: one grid over what the tenant sells, values entered in place, one item in full."""

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlencode

from flask import flash, make_response, render_template, request

from app.domain.catalog.items import Line, Source, place_of
from app.domain.catalog.kinds import OWN_PARTS
from app.domain.errors import InvalidInputError
from app.domain.tenancy.users import Role
from app.web.context import container, principal
from app.web.item_models import ItemsQuery
from app.web.items import found
from app.web.paging import encode
from app.web.portal.lists import asked
from app.web.portal.pages import HOME, Link, Pages, is_partial, see
from app.web.portal.pushes import under_way
from app.web.portal.shell import in_path
from app.web.sessions import visit

PATHS: Final = {Source.CATALOG: f"{HOME}/catalog", Source.OWN: f"{HOME}/parts"}
_SOURCES: Final = {"catalog": Source.CATALOG, "parts": Source.OWN}
_GRID: Final = f"{HOME}/<any(catalog,parts):grid>"
SORTS: Final = (
    ("part-number", "Part number"),
    ("name", "Name"),
    ("stock", "Stock"),
    ("price", "Price"),
    ("updated", "Updated"),
)
LEVELS: Final = (
    ("", "Any"),
    ("in-stock", "In stock"),
    ("low", "Low"),
    ("out", "Out of stock"),
)
PRICED: Final = (("", "Any"), ("true", "With a price"), ("false", "Without one"))
IN_SHOP: Final = (("", "Any"), ("true", "In the shop"), ("false", "Not yet"))
TITLES: Final = {Source.CATALOG: "My Catalog", Source.OWN: "My Parts"}
VALUES: Final = {"stock": "Stock", "price": "Price"}
_FILTERS: Final = ("q", "level", "brand", "category", "group", "priced", "inShop")

pages = Pages(
    "Catalog",
    Link("My Catalog", PATHS[Source.CATALOG]),
    Link("My Parts", PATHS[Source.OWN]),
)


@pages.page("GET", _GRID)
def show_items(grid: str) -> str:
    """The grid, a page of it."""
    source, query, tenant = _SOURCES[grid], asked(ItemsQuery), principal().tenant
    backwards = "back" in request.args
    wanted, order = query.filter(source), query.order(backwards=backwards)
    lines = list(
        container().items.page(
            tenant.id, wanted, order, query.limit + 1, low_below=tenant.low_stock_threshold
        )
    )
    further = len(lines) > query.limit
    lines = lines[-query.limit :] if backwards else lines[: query.limit]
    return render_template(
        "portal/catalog/grid.html",
        source=source,
        title=TITLES[source],
        path=PATHS[source],
        query=query,
        lines=lines,
        tenant=tenant,
        links=_links(query, lines, backwards=backwards, further=further),
        filters=_filters(),
        sorts=SORTS,
        levels=LEVELS,
        priced=PRICED,
        in_shop=IN_SHOP,
        sorted_by=_sorted_by,
        push=under_way(),
    )


@pages.page("GET", f"{_GRID}/count")
def count_items(grid: str) -> str:
    """How many the filter finds; asked for after the page, which does not wait for it."""
    tenant = principal().tenant
    count = container().items.count(
        tenant.id, asked(ItemsQuery).filter(_SOURCES[grid]), low_below=tenant.low_stock_threshold
    )
    return render_template("portal/catalog/count.html", count=count)


@pages.page("GET", f"{_GRID}/choices")
def show_choices(grid: str) -> str:
    """What can be filtered by; asked for after the page too."""
    choices = container().items.choices(principal().tenant.id, _SOURCES[grid])
    return render_template("portal/catalog/choices.html", choices=choices)


@pages.page("GET", f"{_GRID}/item/<part:part_number>")
def show_item(grid: str, part_number: str) -> str:
    """One item in full."""
    return _item_page(_SOURCES[grid], part_number)


@pages.page("POST", f"{_GRID}/values/<part:part_number>")
def change_value(grid: str, part_number: str) -> object:
    """A stock or a price, entered in its place; what is refused is explained beside it."""
    source = _SOURCES[grid]
    given = {name: request.form[name] for name in VALUES if name in request.form}
    error = ""
    try:
        container().catalog.change_item(
            principal().tenant.id, source, found(source, part_number).line.part_number, given
        )
    except InvalidInputError as refused:
        if not is_partial():
            raise
        error = refused.message
    if not is_partial():
        flash(f"{part_number} is changed.", "message")
        return see(PATHS[source])
    cell = render_template(
        "portal/catalog/value.html",
        line=found(source, part_number).line,
        name=next(iter(given), "stock"),
        typed=next(iter(given.values()), ""),
        error=error,
        saved=not error,
        path=PATHS[source],
        tenant=principal().tenant,
    )
    return make_response(cell, 400 if error else 200)


@pages.page("POST", f"{HOME}/parts/item/<part:part_number>")
def change_part(part_number: str) -> object:
    """What an own part says of itself, its group included."""
    given = {name: value for name, value in request.form.items() if name in OWN_PARTS.fields}
    if not given.get("variantGroup", "").strip():  # without a group there is nothing to say of it
        given |= dict.fromkeys(("variantGroupName", "option1Name", "option1Value"), "")
    try:
        container().catalog.change_item(principal().tenant.id, Source.OWN, part_number, given)
    except InvalidInputError as refused:
        return make_response(_item_page(Source.OWN, part_number, refused.message, request.form), 400)
    flash("The part is changed.", "message")
    return see(f"{PATHS[Source.OWN]}/item/{in_path(part_number)}")


def _item_page(source: Source, part_number: str, error: str = "", typed: Any = None) -> str:
    item, tenant = found(source, part_number), principal().tenant
    seen = visit()
    assert seen is not None  # the page is not open to everybody
    return render_template(
        "portal/catalog/item.html",
        item=item,
        line=item.line,
        title=TITLES[source],
        path=PATHS[source],
        tenant=tenant,
        suppliers=container().inventory.supplier_stock(tenant.id, [item.line.part_number]),
        editable=source is Source.OWN and seen.user.role.may(Role.OPERATOR),
        error=error,
        typed=typed or _typed(item.content, item.line),
        push=under_way(),
    )


def _typed(content: Any, line: Line) -> dict[str, Any]:
    """The form's fields as they stand."""
    told = {name: "" if value is None else value for name, value in content.items()}
    told["tags"] = ", ".join(content["tags"] or ())
    return told | {
        "variantGroup": line.group_code or "",
        "variantGroupName": line.group_name or "",
        "option1Name": line.option_name or "",
        "option1Value": line.option_value or "",
    }


def _filters() -> str:
    """The filter as a query string: what pages, counts and pushes of all that match share."""
    return urlencode({name: request.args[name] for name in _FILTERS if request.args.get(name)})


def _address(**changed: str | None) -> str:
    kept = {name: value for name, value in request.args.items() if value and name not in {"cursor", "back"}}
    given = {name: value for name, value in (kept | changed).items() if value is not None}
    return f"{request.path}?{urlencode(given)}" if given else request.path


def _sorted_by(sort: str, query: ItemsQuery) -> str:
    """The address of the list in this order; in the other direction when it is in this one already."""
    turned = query.sort == sort and query.direction == "asc"
    return _address(sort=sort, direction="desc" if turned else None)


def _links(
    query: ItemsQuery, lines: Sequence[Line], *, backwards: bool, further: bool
) -> dict[str, str | None]:
    """To the pages around this one; None where there is none."""
    came = query.cursor is not None
    before, after = (further, came) if backwards else (came, further)
    if not lines:
        before = after = False
    return {
        "first": _address() if before else None,
        "before": _address(cursor=encode(*place_of(lines[0], query.sort)), back="1") if before else None,
        "after": _address(cursor=encode(*place_of(lines[-1], query.sort))) if after else None,
        "last": _address(back="1") if after else None,
    }
