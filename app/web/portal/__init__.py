"""The portal: pages for people, over the same use cases as the JSON routes."""

from typing import Final

from flask import Flask

from app.web.portal import (
    alert_channels,
    alerts,
    catalog,
    dealers,
    entry,
    feeds,
    home,
    inventory,
    keys,
    operations,
    orders,
    people,
    purchasing,
    push_batches,
    push_grants,
    push_profile,
    pushes,
    reliability,
    settings,
    sharing,
    shell,
    shop,
    supplier_editor,
    supplier_skus,
    suppliers,
    unknown_parts,
)
from app.web.portal.pages import Pages, serve

SECTIONS: Final[tuple[Pages, ...]] = (
    home.pages,
    feeds.pages,
    unknown_parts.pages,
    catalog.pages,
    pushes.pages,
    push_batches.pages,
    sharing.pages,
    dealers.pages,
    shop.pages,
    push_profile.pages,
    push_grants.pages,
    suppliers.pages,
    supplier_editor.pages,
    supplier_skus.pages,
    reliability.pages,
    inventory.pages,
    orders.pages,
    purchasing.pages,
    alerts.pages,
    alert_channels.pages,
    people.pages,
    keys.pages,
    settings.pages,
    operations.pages,
    entry.pages,
)
"""In the order of the menu."""


def install(app: Flask) -> None:
    """Serve every page, and give every template the frame's words."""
    for section in SECTIONS:
        for page in section.pages:
            serve(app, page)
    shell.install(app, SECTIONS)
