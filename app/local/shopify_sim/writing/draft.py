"""A product while it is being changed: a copy, which takes the original's place once nothing is wrong."""

import pickle
from typing import Any

from graphql import GraphQLError

from app.local.shopify_sim.resolving import Call, RefusedError, user_error
from app.local.shopify_sim.state import File, Product

_DAY_S = 86_400
_TEXT_MAX = {"title": 255, "vendor": 255, "productType": 255, "handle": 255, "templateSuffix": 255}
_HTML_MAX = 512 * 1024
_TAG_MAX = 255
_ATTRIBUTES = {
    "descriptionHtml": "description_html",
    "productType": "product_type",
    "status": "status",
    "templateSuffix": "template_suffix",
    "title": "title",
    "vendor": "vendor",
}


class Draft:
    """The copy, what is wrong so far, and the files that come with it."""

    def __init__(self, call: Call, original: Product | None, code: str | None = None) -> None:
        self.call, self.original = call, original
        self.errors: list[dict[str, Any]] = []
        self.files: dict[int, File] = {}
        self.alts: dict[int, str] = {}
        self._code = code
        self._variants_before = len(original.variants) if original else 0
        self.product: Product = (
            pickle.loads(pickle.dumps(original))  # noqa: S301 - our own object, a moment old
            if original
            else Product(
                id=call.store.shop.number(),
                title="",
                handle="",
                created_at=call.now,
                updated_at=call.now,
                vendor=call.store.shop.name,
            )
        )

    @property
    def is_new(self) -> bool:
        """Whether the product comes into being."""
        return self.original is None

    def wrong(self, code: str | None, path: list[Any], message: str) -> None:
        """Note a user error; the others are looked for as well."""
        self.errors.append(user_error(code, path, message))

    def file(self, number: int) -> File | None:
        """One of the shop's or of the new ones."""
        return self.files.get(number) or self.call.store.shop.files.get(number)

    def write(self, given: dict[str, Any], path: list[Any]) -> None:
        """The simple fields: those that are given; null empties."""
        for name, most in _TEXT_MAX.items():
            if len(given.get(name) or "") > most:
                message = f"{name[:1].upper()}{name[1:]} is too long (maximum is {most} characters)"
                self.wrong(self._code, [*path, name], message)
        if len(given.get("descriptionHtml") or "") > _HTML_MAX:
            self.wrong(self._code, [*path, "descriptionHtml"], "Body (HTML) is too big (maximum is 512 KB)")
        if "title" in given or self.is_new:
            self._check_title(given, path)
        for name, attribute in _ATTRIBUTES.items():
            if name in given:
                setattr(self.product, attribute, given[name] if name == "status" else given[name] or "")
        if given.get("status", "") is None:
            self.wrong(self._code, [*path, "status"], "Status can't be blank")
        self._write_seo(given.get("seo") or {})
        if "tags" in given:
            self._write_tags(given["tags"] or [], path)
        self._write_handle(given, path)

    def _check_title(self, given: dict[str, Any], path: list[Any]) -> None:
        if not (given.get("title") or "").strip():
            self.wrong(self._code, [*path, "title"], "Title can't be blank")

    def _write_seo(self, given: dict[str, Any]) -> None:
        if "title" in given:
            self.product.seo_title = given["title"] or None
        if "description" in given:
            self.product.seo_description = given["description"] or None

    def _write_tags(self, given: list[str], path: list[Any]) -> None:
        """All of them anew: trimmed, letter case apart unique, sorted, as they come back."""
        kept: dict[str, str] = {}
        for tag in (part.strip() for one in given for part in one.split(",")):
            if len(tag) > _TAG_MAX:
                self.wrong(self._code, [*path, "tags"], "Product tags is invalid")
            elif tag:
                kept.setdefault(tag.lower(), tag)
        self.product.tags = sorted(kept.values(), key=str.lower)

    def _write_handle(self, given: dict[str, Any], path: list[Any]) -> None:
        store = self.call.store
        if given.get("handle"):
            wanted = store.slug(given["handle"])
            owner = store.by_handle(wanted)
            if owner and owner.id != self.product.id:
                message = f"Handle '{given['handle']}' already in use. Please provide a new handle."
                self.wrong("HANDLE_NOT_UNIQUE", [*path, "handle"], message)
            self.product.handle = wanted
        elif self.is_new:
            self.product.handle = store.free_handle(self.product.title)

    def commit(self) -> Product:
        """Put it in place, or raise with all that is wrong."""
        if self.errors:
            raise RefusedError(*self.errors)
        self._throttle_variants()
        store = self.call.store
        self.product.updated_at = self.call.now
        if self.original:
            store.unindex(self.original)
        store.shop.files.update(self.files)
        for number, alt in self.alts.items():
            store.shop.files[number].alt = alt
        store.index(self.product)
        store.happened("products/create" if self.is_new else "products/update", self.product)
        return self.product

    def _throttle_variants(self) -> None:
        """10,000 new variants a day in a shop of more than half a million, Plus exempt.

        https://shopify.dev/docs/apps/build/apis/graphql-admin/rate-limits
        """
        store, shop = self.call.store, self.call.store.shop
        added = max(0, len(self.product.variants) - self._variants_before)
        today = int(self.call.now // _DAY_S)
        if shop.variant_day != today:
            shop.variant_day, shop.variants_today = today, 0
        crowded = store.count_variants() >= shop.variants_before_throttle
        exempt = shop.plan in ("plus", "enterprise")
        if added and crowded and not exempt and shop.variants_today + added > shop.variants_a_day:
            raise GraphQLError(
                "Daily variant creation limit reached. Please try again later. See"
                " https://help.shopify.com/api/getting-started/api-call-limit for more information about rate"
                " limits and how to avoid them.",
                extensions={"code": "VARIANT_THROTTLE_EXCEEDED"},
            )
        shop.variants_today += added
