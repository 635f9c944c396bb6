"""Why a shop is not connected, or a push may not begin, told apart: what it is, and what a merchant does about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Cause:
    """`code` is stable; `remedy` is what to do, in order."""

    code: str
    what: str
    remedy: str


_KNOWN: Final[Mapping[str, tuple[str, str]]] = {
    "invalid_client": (
        "The client ID or the client secret is wrong.",
        (
            "Open the app in the Dev Dashboard, go to Settings, copy both again and connect. If the secret was rotated"
            " there, the new one is the one to copy."
        ),
    ),
    "shop_not_permitted": (
        "The app and the shop belong to different organisations.",
        "Create the app in the Dev Dashboard of the organisation that owns the shop, then connect with that app.",
    ),
    "app_not_installed": (
        "The app is not installed on this shop.",
        "Open the app's overview in the Dev Dashboard, choose Install app, pick this shop, then connect again.",
    ),
    "missing_scope": (
        "The app was not given everything that it needs.",
        (
            "Release a new version of the app that has all the scopes of step 2, let the shop accept it, then connect"
            " again."
        ),
    ),
    "shop_not_found": (
        "There is no shop with this domain.",
        (
            "Open the shop's Settings, then Domains, and copy the one that ends in .myshopify.com. The shop's public"
            " address does not do."
        ),
    ),
    "location_gone": (
        "The shop has no active location, or no longer the one that stock went to.",
        "Add or activate a location in the shop's settings, then choose it here.",
    ),
    "reconnect": (
        "The app was removed from the shop and is installed again.",
        "Connect again, so that the shop tells us its news.",
    ),
    "shop_unavailable": (
        "The shop does not answer at the moment.",
        "Nothing is wrong with what you typed as far as we can tell. Wait a minute and try again.",
    ),
    "encryption_unavailable": (
        "This system cannot keep secrets yet.",
        "Ask whoever runs it to set ENCRYPTION_KEYS. Nothing that you typed was kept.",
    ),
    "invalid_request": ("Something that was typed cannot be right.", ""),
    "not_connected": ("No shop is connected.", "Connect one first."),
}


def cause_of(code: str, message: str) -> Cause:
    """The cause with this code; `message` is what the shop or the check said, for what is not known here."""
    what, remedy = _KNOWN.get(code, ("The shop refused.", ""))
    return Cause(code, what, remedy or f"{message[:1].upper()}{message[1:]}.")
