"""What a merchant does in the Dev Dashboard: with the app, its credentials and its tokens."""

import secrets
from collections.abc import Mapping
from typing import Any

from app.local.shopify_sim.state import App
from app.local.shopify_sim.store import Store, UnknownThingError

Given = Mapping[str, Any]
_HOUR_S = 3600.0


def _app(store: Store, given: Given) -> App:
    found = (
        store.shop.apps.get(given["clientId"])
        if "clientId" in given
        else next(iter(store.shop.apps.values()), None)
    )
    if found is None:
        raise UnknownThingError("no such app")
    return found


def uninstall_app(store: Store, given: Given) -> dict[str, Any]:
    """Its tokens end, app/uninstalled goes out, its subscriptions go."""
    app = _app(store, given)
    app.installed, app.tokens = False, {}
    store.happened("app/uninstalled", store.shop)
    return {"clientId": app.client_id}


def install_app(store: Store, given: Given) -> dict[str, Any]:
    """Again, with `scopes` if they changed."""
    app = _app(store, given)
    app.installed, app.scopes, store.touched = True, list(given.get("scopes", app.scopes)), True
    return {"clientId": app.client_id}


def revoke_app(store: Store, given: Given) -> dict[str, Any]:
    """The credentials count no more; `undo` makes them count again."""
    app = _app(store, given)
    app.revoked, app.tokens, store.touched = not given.get("undo", False), {}, True
    return {"clientId": app.client_id}


def expire_tokens(store: Store, given: Given) -> dict[str, Any]:
    """All tokens of the app are of yesterday."""
    app = _app(store, given)
    app.tokens, store.touched = {}, True
    return {"clientId": app.client_id}


def rotate_secret(store: Store, given: Given) -> dict[str, Any]:
    """A new secret; webhooks are signed with the old one for `afterS` more seconds, an hour unless told otherwise."""
    app = _app(store, given)
    new = str(given.get("secret", f"shpss_{secrets.token_hex(16)}"))
    app.secrets = [new, app.secrets[0]]
    app.rotated_until, store.touched = store.now + float(given.get("afterS", _HOUR_S)), True
    return {"clientId": app.client_id, "clientSecret": new}


def leave_organisation(store: Store, given: Given) -> dict[str, Any]:
    """App and store are of different organisations; `undo` brings them together."""
    app = _app(store, given)
    app.same_organisation, store.touched = bool(given.get("undo", False)), True
    return {"clientId": app.client_id}
