"""The portal: pages for people, over the same use cases as the JSON routes."""

from typing import Final

from flask import Flask

from app.web.portal import (
    dealers,
    entry,
    home,
    keys,
    people,
    push_profile,
    settings,
    sharing,
    shell,
    shop,
)
from app.web.portal.pages import Pages, serve

SECTIONS: Final[tuple[Pages, ...]] = (
    home.pages,
    sharing.pages,
    dealers.pages,
    shop.pages,
    push_profile.pages,
    people.pages,
    keys.pages,
    settings.pages,
    entry.pages,
)
"""In the order of the menu."""


def install(app: Flask) -> None:
    """Serve every page, and give every template the frame's words."""
    for section in SECTIONS:
        for page in section.pages:
            serve(app, page)
    shell.install(app, SECTIONS)
