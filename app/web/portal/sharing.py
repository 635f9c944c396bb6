"""What a reseller lets each manufacturer show of its stock, beside what a customer would see; and its history."""

from typing import Any, Final
from uuid import UUID

from flask import flash, render_template, request

from app.domain.network.sharing import Precision, Sample, precision_of
from app.domain.tenancy.tenant import Feature
from app.domain.tenancy.users import Role
from app.web.context import container, principal
from app.web.paging import Page, cut, decode_index, decode_name
from app.web.portal.pages import HOME, Link, Pages, see
from app.web.stock_sharing import HistoryQuery

PATH: Final = f"{HOME}/sharing"
_FEATURE: Final = Feature.STOCK_SHARING

pages = Pages("Network", Link("Stock sharing", PATH, feature=_FEATURE), Link("Dealers", f"{HOME}/dealers"))

CHOICES: Final = (
    (Precision.NONE, "Off", "You are not listed for any part."),
    (Precision.LEVEL, "Level", "Whether you have it, not how many."),
    (Precision.EXACT, "Exact", "How many you have."),
)
_BADGES: Final = {"in-stock": ("In stock", "good"), "low": ("Few left", "warn")}


@pages.page("GET", PATH, feature=_FEATURE)
def show_sharing() -> str:
    """All manufacturers, each with what stands and what a customer sees."""
    query = Page.model_validate(request.args.to_dict())
    after = decode_name(query.cursor) if query.cursor else None
    sharing, tenant = container().sharing, principal().tenant
    consents, more = cut(
        sharing.consents(tenant, query.limit + 1, after), query.limit, lambda consent: consent.place
    )
    sample = sharing.sample(tenant)
    return render_template(
        "portal/sharing/sharing.html",
        consents=consents,
        sample=sample,
        choices=[(*choice, customer_sees(sample, choice[0])) for choice in CHOICES],
        more=more and f"{PATH}?cursor={more}",
        tenant=tenant,
    )


@pages.page("POST", f"{PATH}/<uuid:manufacturer_id>", role=Role.OWNER, feature=_FEATURE)
def change_sharing(manufacturer_id: UUID) -> object:
    """Grant, change or revoke."""
    caller = principal()
    consent = container().sharing.set(
        caller.tenant,
        manufacturer_id,
        precision_of(request.form.get("precision", "")),
        changed_by=caller.name,
    )
    flash(_told(consent.partner.name, consent.standing.precision), "message")
    return see(PATH)


@pages.page("GET", f"{PATH}/history", feature=_FEATURE)
def show_sharing_history() -> str:
    """Every change, newest first, of one manufacturer or of all."""
    query = HistoryQuery.model_validate({name: value for name, value in request.args.items() if value})
    sharing, tenant = container().sharing, principal().tenant
    before = decode_index(query.cursor) if query.cursor else None
    changes, more = cut(
        sharing.changes(tenant, query.manufacturer_id, query.limit + 1, before),
        query.limit,
        lambda change: (change.id,),
    )
    of = str(query.manufacturer_id or "")
    return render_template(
        "portal/sharing/history.html",
        changes=changes,
        names=sharing.names(tenant),
        words={precision: title for precision, title, _ in CHOICES},
        of=of,
        more=more and f"{PATH}/history?manufacturerId={of}&cursor={more}",
    )


def customer_sees(sample: Sample | None, precision: Precision) -> tuple[str, str]:
    """The words of the widget's line (`static/widget/nearby-stock.js`) under a precision, and their colour."""
    line: dict[str, Any] | None = (
        sample.line(precision) if sample else {"stockLevel": "in-stock", "stock": 12}
    )
    if line is None or precision is Precision.NONE:
        return "Not listed", "plain"
    words, colour = _BADGES[line["stockLevel"]]
    return (f"{line['stock']:,} in stock" if precision is Precision.EXACT else words), colour


def _told(name: str, precision: Precision) -> str:
    if precision is Precision.NONE:
        return f"{name} shows nothing of your stock any more."
    shown = "how many you have" if precision is Precision.EXACT else "whether you have a part"
    return f"{name} shows {shown} from now on."
