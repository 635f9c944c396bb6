"""What a push writes, field by field: into new products, and into those that are there."""

from collections.abc import Mapping
from typing import Final

from flask import flash, render_template, request

from app.domain.push.profile import CONTENT, DEFAULT, OPERATIONAL, OVERWRITE, Field, Profile
from app.domain.tenancy.users import Role
from app.web.context import container, principal
from app.web.portal.pages import HOME, Pages, see

PATH: Final = f"{HOME}/shopify/profile"

pages = Pages("Shopify")
"""Its link is with the shop's."""

WORDS: Final[Mapping[Field, tuple[str, str]]] = {
    Field.TITLE: ("Title", "The product's name; of a group, the group's"),
    Field.DESCRIPTION_HTML: ("Description", "As HTML, with anything unsafe taken out"),
    Field.VENDOR: ("Vendor", "The brand"),
    Field.PRODUCT_TYPE: ("Product type", "The category"),
    Field.TAGS: ("Tags", "Overwriting takes tags away that were added in the shop"),
    Field.STATUS: ("Status", "Active or draft, for new products as your settings have it"),
    Field.SEO_TITLE: ("Search engine title", "What search results show as the title"),
    Field.SEO_DESCRIPTION: ("Search engine description", "The lines below it"),
    Field.IMAGE: ("Picture", "Overwriting replaces photos that were taken by hand"),
    Field.PRICE: ("Price", "What the customer pays"),
    Field.COMPARE_AT_PRICE: ("Compare-at price", "The former price, struck through"),
    Field.COST_PRICE: ("Cost", "What you pay; customers never see it"),
    Field.WEIGHT: ("Weight", "For the shop's shipping rates"),
    Field.EAN: ("Barcode", "The EAN"),
    Field.HS_CODE: ("HS code", "For customs"),
    Field.COUNTRY_OF_ORIGIN: ("Country of origin", "For customs"),
    Field.STOCK: ("Stock", "At the connection's location"),
}
GROUPS: Final = (
    ("content", "Content", "tended by hand in the shop, so left alone once the product is there.", CONTENT),
    ("operational", "Operational", "tended by your systems, so overwritten at every push.", OPERATIONAL),
)
"""The two default policies: name, title, what it does, its fields."""


@pages.page("GET", PATH)
def show_profile() -> str:
    """As it is kept; with a preset filled in to be looked at and saved."""
    preset = request.args.get("preset", "")
    standing = container().pushes.profile(principal().tenant.id)
    profile = with_preset(standing, preset)
    return render_template(
        "portal/shop/profile.html",
        profile=profile,
        groups=[
            (name, title, policy, [one for one in Field if one in fields])
            for name, title, policy, fields in GROUPS
        ],
        words=WORDS,
        unsaved=profile != standing,
        is_default=profile == DEFAULT,
        tenant=principal().tenant,
    )


@pages.page("POST", PATH, role=Role.OWNER)
def change_profile() -> object:
    """The whole of it."""
    chosen = Profile(
        create=frozenset(one for one in Field if f"create-{one}" in request.form),
        overwrite=frozenset(one for one in Field if request.form.get(f"update-{one}") == OVERWRITE),
    )
    container().pushes.set_profile(principal().tenant.id, chosen)
    flash("Saved. It counts from the next product on, also of a push that is under way.", "message")
    return see(PATH)


def with_preset(standing: Profile, preset: str) -> Profile:
    """The profile with one group, or with `defaults` both, as they are by default."""
    groups = {name: fields for name, _, _, fields in GROUPS}
    reset = frozenset(Field) if preset == "defaults" else groups.get(preset, frozenset())
    return Profile(
        create=standing.create - reset | DEFAULT.create & reset,
        overwrite=standing.overwrite - reset | DEFAULT.overwrite & reset,
    )
