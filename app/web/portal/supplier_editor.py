"""Where a supplier's stock is read and what in it is what: a form, and a preview before anything is kept."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from flask import Response, flash, render_template, request

from app.domain.errors import ConflictError, InvalidInputError, NotFoundError
from app.domain.imports.values import unstorable
from app.domain.tenancy.users import Role
from app.web.context import container, principal
from app.web.errors import HttpError
from app.web.portal.pages import Pages, is_partial, see
from app.web.portal.supplier_form import EMPTY, TAB, typed, values_of
from app.web.portal.suppliers import ONE, PATH
from app.web.supplier_preview import tried

FIELDS: Final = (
    ("sku", "SKU", True, "How the supplier calls it"),
    ("quantity", "Quantity", True, "How many there are"),
    ("updatedAt", "As of", False, "When that was true; leave it out where it is when it last changed"),
    ("incoming", "Incoming", False, "What the supplier awaits"),
    ("reserved", "Reserved", False, "What the supplier holds back itself"),
    ("price", "Price", False, ""),
    ("leadTimeDays", "Lead time", False, "In days"),
)
FORMATS: Final = (("json", "JSON"), ("csv", "CSV"), ("xml", "XML"))
AUTHS: Final = (
    ("none", "nothing: it is open"),
    ("apiKey", "an API key"),
    ("basic", "user name and password"),
    ("oauth2", "OAuth 2 (client credentials)"),
)
PAGINATIONS: Final = (
    ("", "all at once"),
    ("page", "by page number"),
    ("cursor", "by a cursor in the answer"),
    ("link", "by the Link header"),
)
DELIMITERS: Final = (("", "found by itself"), (",", ","), (";", ";"), (TAB, "tab"), ("|", "|"))
ENCODINGS: Final = (
    ("", "found by itself"),
    *((one, one) for one in ("utf-8", "utf-16", "latin-1", "windows-1252")),
)
MODES: Final = (
    ("order", "a draft order"),
    ("task", "a task for a person"),
    ("off", "nothing"),
)

pages = Pages("Suppliers")


@pages.page("GET", f"{PATH}/new", role=Role.OWNER)
def new_supplier() -> str:
    """An empty form."""
    return _form(EMPTY, None)


@pages.page("GET", f"{ONE}/edit", role=Role.OWNER)
def edit_supplier(supplier_id: UUID) -> str:
    """As it is kept, without its secret."""
    kept = container().suppliers.get(principal().tenant.id, supplier_id)
    return _form(values_of(kept), supplier_id)


@pages.page("POST", PATH, role=Role.OWNER)
def save_supplier() -> object:
    """Keep it; it is read at once."""
    document, desk, tenant_id = typed(), container().suppliers, principal().tenant.id
    if "new" in request.form:
        _require_free(document.get("code", ""))
    supplier_id = desk.apply(tenant_id, document)
    flash("Kept. It is read as soon as a worker is free.", "message")
    return see(f"{PATH}/{supplier_id}")


@pages.page("POST", f"{PATH}/preview", role=Role.OWNER)
def preview_supplier() -> object:
    """What its rows would be, of a pasted report or of the source itself; nothing is kept."""
    payload = request.form.get("payload", "")
    if "live" in request.args and not payload:
        return Response(status=204)  # the source is asked when somebody says so
    given: dict[str, Any] = {}
    try:
        given["told"] = tried(typed(), None if request.form.get("try") == "source" else payload)
    except InvalidInputError as refused:
        given |= {"error": refused.message, "details": refused.details or ()}
    except HttpError as refused:  # the source's words, or ours for a busy moment
        given["error"] = refused.message
    if is_partial():
        return render_template("portal/suppliers/preview.html", **given)
    return _form(
        request.form, None if "new" in request.form else _known(request.form.get("code", "")), **given
    )


def _require_free(code: str) -> None:
    """Raises ConflictError when another has this code: what was meant to be new would change it."""
    if _known(code):
        raise ConflictError(f"Code: there is a supplier {code} already; choose another, or change that one")


def _known(code: str) -> UUID | None:
    """The supplier of this code. Of what can be none, the file's own check tells more."""
    if unstorable(code):
        return None
    try:
        return container().suppliers.get(principal().tenant.id, code).id
    except NotFoundError:
        return None


def _form(values: Mapping[str, Any], supplier_id: UUID | None, **preview: Any) -> str:
    return render_template(
        "portal/suppliers/editor.html",
        values=values,
        supplier_id=supplier_id,
        field_names=FIELDS,
        formats=FORMATS,
        auths=AUTHS,
        paginations=PAGINATIONS,
        delimiters=DELIMITERS,
        encodings=ENCODINGS,
        modes=MODES,
        **{"told": None, "error": None, "details": (), **preview},
    )
