"""A supplier's SKUs: which part of ours each is, and by which terms it is low and ordered."""

from typing import Any, Final
from uuid import UUID

from flask import flash, render_template, request

from app.domain.errors import InvalidInputError
from app.domain.imports.values import unstorable
from app.domain.suppliers.document import SkuForm
from app.domain.suppliers.shown import shown_sku
from app.web import suppliers as api
from app.web.context import container, principal
from app.web.paging import Page
from app.web.portal.forms import text, ticked, whole_number
from app.web.portal.inventory import TONES
from app.web.portal.lists import age, asked, following
from app.web.portal.pages import Pages, is_partial, see
from app.web.portal.suppliers import ONE, PATH

TERMS: Final = {
    "low_stock_threshold": "Low below",
    "reorder_point": "Order at",
    "target_stock": "Order up to",
    "pack_size": "Units in a pack",
    "order_minimum": "Order at least",
}
_SKU_MAX: Final = 128

pages = Pages("Suppliers")


@pages.page("GET", f"{ONE}/skus")
def list_skus(supplier_id: UUID) -> str:
    """By SKU."""
    told = api.list_supplier_skus(str(supplier_id), asked(Page))
    return _page("skus", supplier_id, skus=told["data"], more=following(told["nextCursor"]))


@pages.page("GET", f"{ONE}/skus/one")
def show_sku(supplier_id: UUID) -> str:
    """What it is and its terms, in a dialog or on a page."""
    name = _sku(request.args.get("sku", ""))
    found = container().suppliers.sku(principal().tenant.id, supplier_id, name)
    sku = shown_sku(found) if found else {"sku": name}
    return _page("sku" if is_partial() else "sku_page", supplier_id, sku=sku, terms=TERMS)


@pages.page("POST", f"{ONE}/skus")
def change_sku(supplier_id: UUID) -> object:
    """What was typed; what was left empty stays, unless everything goes by the supplier again."""
    name = _sku(request.form.get("sku", ""))
    typed: dict[str, Any] = {field: whole_number(field, label) for field, label in TERMS.items()}
    given = (
        dict(typed) if ticked("reset") else {field: one for field, one in typed.items() if one is not None}
    )
    part_number = text("part_number")
    if part_number != text("part_number_was"):
        given["part_number"] = part_number
    checked = SkuForm.model_validate({_camel(field): one for field, one in given.items()})
    terms = {field: getattr(checked, field) for field in given}
    found = container().suppliers.set_terms(principal().tenant.id, supplier_id, name, terms)
    told = "Changed." if found else "Kept; it holds once a report names this SKU."
    flash(f"{name}: {told}", "message")
    return see(f"{PATH}/{supplier_id}/skus")


def _sku(typed: str) -> str:
    """Raises InvalidInputError."""
    sku = typed.strip()
    if unstorable(sku) or not 0 < len(sku) <= _SKU_MAX:
        raise InvalidInputError(f"SKU: type 1 to {_SKU_MAX} characters, as the supplier calls it")
    return sku


def _camel(field: str) -> str:
    first, *rest = field.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _page(name: str, supplier_id: UUID, **given: Any) -> str:
    supplier = api.get_supplier(str(supplier_id))
    return render_template(f"portal/suppliers/{name}.html", supplier=supplier, levels=TONES, age=age, **given)
