"""The company's API keys; for owners. A key is shown once, when it is made."""

from typing import Any, Final
from uuid import UUID

from flask import flash, render_template, request

from app.domain.errors import InvalidInputError
from app.domain.tenancy.keys import LIVE
from app.domain.tenancy.service import IssuedKey
from app.domain.tenancy.tenant import Scope
from app.domain.tenancy.users import Role
from app.web.context import container, principal
from app.web.keys import keys_page
from app.web.paging import Page
from app.web.portal.lists import asked, following
from app.web.portal.pages import HOME, Pages, see

_KEYS: Final = f"{HOME}/keys"
SCOPES: Final = (
    (Scope.INTEGRATIONS, "Integrations: sends stock, prices and orders, and reads how that went"),
    (Scope.STOREFRONT, "Storefront: reads parts and stock for a website; may stand in its pages"),
)

pages = Pages("Company")


@pages.page("GET", _KEYS, role=Role.OWNER)
def show_keys() -> str:
    """The live ones first."""
    return _shown()


@pages.page("POST", _KEYS, role=Role.OWNER)
def make_api_key() -> str:
    """The same page with the key, which is not shown again."""
    scopes = request.form.getlist("scope")
    if not scopes:
        raise InvalidInputError("choose at least one thing that the key may do")
    return _shown(
        container().tenancy.create_key(
            principal().tenant.id, scopes, name=request.form.get("name", ""), created_by=principal().name
        )
    )


@pages.page("POST", f"{_KEYS}/<uuid:key_id>/revoke", role=Role.OWNER)
def revoke_api_key(key_id: UUID) -> object:
    """For ever; whatever uses it is refused within a second."""
    container().tenancy.revoke_key(key_id, principal().tenant.id)
    flash("The key is revoked.", "message")
    return see(_KEYS)


def _shown(made: IssuedKey | None = None) -> str:
    keys, more = keys_page(asked(Page))
    given: dict[str, Any] = {"keys": keys, "more": following(more, _KEYS), "made": made}
    return render_template("portal/people/keys.html", scopes=SCOPES, start=LIVE, **given)
