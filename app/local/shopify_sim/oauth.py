"""`/admin/oauth/access_token`: the client credentials grant with its errors.

https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/client-credentials-grant. `app_not_installed`
and `shop_not_permitted` come as whole HTML pages, `invalid_client` as JSON; a shop that does not exist is a page as well.
Which of them come as plain text is not told anywhere; `oauth_errors` of a shop makes all of them come in one form.
"""

import json
import secrets
from urllib.parse import parse_qs

from app.local.shopify_sim.faults import PREVENTING, TOKEN, Fault
from app.local.shopify_sim.state import App
from app.local.shopify_sim.store import Logged, Store
from app.local.simulated.answer import CUT, HTML, Answer, Request, of_json, of_text

EXPIRES_S = 86_399
_TOLD = 400

_WORDS = {
    "app_not_installed": "The application is not installed on this shop.",
    "invalid_client": "Invalid client credentials.",
    "invalid_request": "A required parameter is missing.",
    "shop_not_permitted": "Client credentials cannot be performed on this shop.",
    "unsupported_grant_type": "The grant type is not supported.",
}
_AS_PAGES = {"app_not_installed", "shop_not_permitted"}


def answer(store: Store, request: Request) -> Answer:
    """A token, or one of the errors."""
    with store.lock:
        fault = store.faults.take([TOKEN])
        if fault and fault.kind in PREVENTING:
            return _prevented(store, fault)
        made = _granted(store, _form(request))
    if fault and fault.kind == "drop_after":
        return CUT
    if fault and fault.kind in ("slow", "slow_before"):
        return Answer(made.status, made.body, made.headers, fault.seconds)
    return made


def _prevented(store: Store, fault: Fault) -> Answer:
    status = {"drop_before": 0, "rate_limit": 429, "garbage": 200}.get(fault.kind, fault.status)
    store.calls.append(Logged(store.now, TOKEN, status, fault=fault.kind))
    if fault.kind == "drop_before":
        return CUT
    if fault.kind == "rate_limit":
        return of_json({"errors": "Too many requests"}, 429, Retry_After=fault.retry_after)
    return of_text("<html><body>Something went wrong</body></html>", status, HTML)


def _form(request: Request) -> dict[str, str]:
    """A form as documented; JSON is taken as well, as Shopify's own examples have it."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    text = request.body.decode("utf-8", "replace")
    if kind == "application/json":
        try:
            given = json.loads(text)
        except ValueError:
            return {}
        return {str(name): str(value) for name, value in given.items()} if isinstance(given, dict) else {}
    return {name: values[0] for name, values in parse_qs(text).items()}


def _granted(store: Store, form: dict[str, str]) -> Answer:
    code = _refusal(store, form)
    if code:
        store.calls.append(Logged(store.now, TOKEN, _TOLD, codes=(code,)))
        return refusal(code, store.shop.oauth_errors)
    app = store.shop.apps[form["client_id"]]
    token = secrets.token_hex(16)
    app.tokens = {one: until for one, until in app.tokens.items() if until > store.now}
    app.tokens[token] = store.now + EXPIRES_S
    store.touched = True
    store.calls.append(Logged(store.now, TOKEN, 200))
    return of_json({"access_token": token, "scope": ",".join(app.scopes), "expires_in": EXPIRES_S})


def _refusal(store: Store, form: dict[str, str]) -> str | None:
    if not all(form.get(name) for name in ("grant_type", "client_id", "client_secret")):
        return "invalid_request"
    if form["grant_type"] != "client_credentials":
        return "unsupported_grant_type"
    app = store.shop.apps.get(form["client_id"])
    if app is None or app.revoked or not _knows(app, form["client_secret"]):
        return "invalid_client"
    if not app.same_organisation:
        return "shop_not_permitted"
    return None if app.installed else "app_not_installed"


def _knows(app: App, secret: str) -> bool:
    return any(secrets.compare_digest(one.encode(), secret.encode()) for one in app.secrets)


def refusal(code: str, form: str) -> Answer:
    """In the shop's form of errors."""
    words = f"Oauth error {code}: {_WORDS[code]}"
    if form == "real":
        form = "html" if code in _AS_PAGES else "json"
    if form == "json":
        return of_json({"error": code, "error_description": _WORDS[code]}, _TOLD)
    if form == "text":
        return of_text(words, _TOLD)
    page = (
        f"<!DOCTYPE html>\n<html><head><title>{_TOLD} - Oauth error {code}</title></head>\n"
        f"<body><h1>Oauth error</h1><p>{words}</p></body></html>\n"
    )
    return of_text(page, _TOLD, HTML)


def no_such_shop() -> Answer:
    """What stands at an address that no shop has."""
    page = "<!DOCTYPE html>\n<html><head><title>Store unavailable</title></head><body>Sorry, this store is unavailable.</body></html>\n"
    return of_text(page, 404, HTML)
