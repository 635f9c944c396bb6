"""The portal as people see it: the application over real engines, browsers that are signed in, faults remembered."""

from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from playwright.sync_api import Browser, BrowserContext, Locator, Page

from app.domain.tenancy.users import Role
from app.web.sessions import COOKIE
from tests.browser.shop import AXE, PHONE, SCREENSHOTS, VIOLATIONS
from tests.stockline import Stockline
from tests.visitor import session_of

DESK = {"width": 1280, "height": 900}
PASSWORD = "correct horse battery"
__all__ = ["DESK", "PHONE", "House"]


def _answered(_under_way: Locator) -> None:
    """What people do: they act again when the page has answered. Playwright waits for that by itself."""


@dataclass
class House:
    """Opens browsers for people of a tenant, and remembers what went wrong in them."""

    browser: Browser
    application: Flask
    url: str
    stockline: Stockline
    contexts: list[BrowserContext] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def visitor(self, **options: Any) -> Page:
        """A page of a browser that nobody signed in with; `options` are the browser context's."""
        given = {
            "locale": "en-GB",
            "timezone_id": "UTC",
            "viewport": DESK,
            "reduced_motion": "reduce",
        } | options
        context = self.browser.new_context(base_url=self.url, **given)
        context.set_default_timeout(30_000)
        context.add_init_script(VIOLATIONS)
        page = context.new_page()
        page.add_locator_handler(page.locator(".htmx-request:visible").first, _answered)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("dialog", lambda dialog: dialog.accept())
        self.contexts.append(context)
        self.pages.append(page)
        return page

    def person(
        self,
        role: str = "owner",
        *,
        platform: bool = False,
        of: Stockline | None = None,
        **options: Any,
    ) -> Page:
        """A page of a browser in which somebody with this role is signed in."""
        tenant_id = (of or self.stockline).tenant_id
        people = self.stockline.container.people
        email = f"{role}{'-platform' if platform else ''}@example.com"
        known = [user for user in people.users(tenant_id) if user.email == email]
        user = known[0] if known else people.create(tenant_id, email, PASSWORD, Role(role), platform=platform)
        page = self.visitor(**options)
        signer = SecureCookieSessionInterface().get_signing_serializer(self.application)
        assert signer is not None
        value = signer.dumps({"token": session_of(self.stockline.container, user), "_permanent": True})
        page.context.add_cookies(
            [{"name": COOKIE, "value": value, "url": self.url, "httpOnly": True, "sameSite": "Lax"}]
        )
        return page

    def open(self, path: str, role: str = "owner", **options: Any) -> Page:
        """A page of the portal, as somebody with this role sees it."""
        page = self.person(role, **options)
        page.goto(path)
        return page

    def violations_of_access(self, page: Page, where: str = "document") -> list[str]:
        """What axe-core finds against WCAG 2.2 AA."""
        page.evaluate(f"(() => {{ {AXE} }})()")
        levels = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
        found = page.evaluate(
            f"levels => axe.run({where}, {{runOnly: {{type: 'tag', values: levels}}}})", levels
        )
        return [f"{one['id']}: {one['help']} {one['nodes'][0]['html'][:200]}" for one in found["violations"]]

    def picture(self, page: Page, of: str) -> None:
        """A screenshot, kept for people."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"portal-{of}.png", full_page=True)

    def accessible(self, path: str, of: str, role: str = "owner", **options: Any) -> None:
        """Look at a page in light, dark and on a phone: pictures kept, nothing for axe to find, nothing cut off."""
        page = self.open(path, role, **options)
        page.wait_for_load_state("networkidle")
        self._looked_at(page, of)
        page.emulate_media(color_scheme="dark")
        self._looked_at(page, f"{of}-dark")
        page.emulate_media(color_scheme="light")
        page.set_viewport_size(PHONE)
        page.reload()
        page.wait_for_load_state("networkidle")
        self._looked_at(page, f"{of}-phone")

    def _looked_at(self, page: Page, of: str) -> None:
        self.picture(page, of)
        assert self.violations_of_access(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{of} is too wide"

    def close(self) -> None:
        """Ends the browsers; fails for an uncaught error or a violated policy in any of them."""
        violations = [one for page in self.pages for one in page.evaluate("window.violations || []")]
        for context in self.contexts:
            context.close()
        assert not self.faults, self.faults
        assert not violations, violations
