"""Who may push into one's own shop: distributors, brand by brand, granted and taken back."""

from typing import Final
from uuid import UUID

from flask import flash, render_template, request

from app.domain.errors import InvalidInputError
from app.domain.push.grants import Grant
from app.domain.tenancy.users import Role
from app.web.context import container, principal
from app.web.paging import Page, cut, decode_name
from app.web.portal.lists import asked, following
from app.web.portal.pages import HOME, Link, Pages, see

PATH: Final = f"{HOME}/push-grants"
HISTORY_SHOWN: Final = 20

pages = Pages("Shopify", Link("Who may push", PATH))


@pages.page("GET", PATH)
def show_grants() -> str:
    """The grants that stand, the last changes, and where one is begun."""
    query, tenant_id = asked(Page), principal().tenant.id
    after = decode_name(query.cursor) if query.cursor else None
    grants = container().push_grants.grants(tenant_id, query.limit + 1, after)
    page, more = cut(grants, query.limit, lambda grant: grant.place)
    return render_template(
        "portal/push_grants/list.html",
        grants=page,
        more=following(more),
        changes=container().push_grants.changes(tenant_id, None, HISTORY_SHOWN),
    )


@pages.page("GET", f"{PATH}/find", role=Role.OWNER)
def find_distributor() -> object:
    """To the distributor with the id that it told."""
    return see(f"{PATH}/{_id(request.args.get('id', ''))}")


@pages.page("GET", f"{PATH}/<uuid:distributor_id>")
def show_grant(distributor_id: UUID) -> str:
    """What one distributor may push."""
    return _page(container().push_grants.grant(principal().tenant.id, distributor_id))


@pages.page("POST", f"{PATH}/<uuid:distributor_id>", role=Role.OWNER)
def change_grant(distributor_id: UUID) -> object:
    """The whole list of brands; an empty one takes the right back."""
    brands = [one.strip() for one in request.form.get("brands", "").splitlines() if one.strip()]
    caller = principal()
    grant = container().push_grants.set(caller.tenant.id, distributor_id, brands, changed_by=caller.name)
    name = grant.distributor.name
    flash(f"{name} may push what is listed." if brands else f"{name} may push nothing any more.", "message")
    return see(PATH)


def _page(grant: Grant) -> str:
    return render_template("portal/push_grants/grant.html", grant=grant)


def _id(typed: str) -> UUID:
    try:
        return UUID(typed.strip())
    except ValueError:
        raise InvalidInputError(
            "that is no distributor's id; ask the distributor for it: its page Push for resellers shows it"
        ) from None
