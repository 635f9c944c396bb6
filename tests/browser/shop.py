"""A merchant's page as a shopper sees it: opened in the browser, under a strict policy, with its words at hand."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.serving import Merchant

SCREENSHOTS = Path(__file__).parents[2] / "build" / "screenshots"
AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text()
TAMPERE = {"latitude": 61.49774, "longitude": 23.76123}
WIDE = {"width": 760, "height": 900}
PHONE = {"width": 360, "height": 740}
VIOLATIONS = """
window.violations = [];
addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sourceFile, lineNumber }) =>
  window.violations.push([violatedDirective, blockedURI, sourceFile, lineNumber].join(" ")));
"""
# What the page would look like in a merchant's theme; in a sheet of its own origin, as the policy asks.
PAGE = """<!doctype html><html{language}><head><meta charset="utf-8"><title>Drive belt</title>
<meta name="viewport" content="width=device-width"><script type="module" src="{api}/widget/{element}.js"></script>
</head><body><main><h1>Drive belt 417300571</h1><{element} {attributes}></{element}></main></body></html>"""
THEME = ":root{color-scheme:light dark}body{margin:1.5rem;font:16px/1.5 sans-serif}main{max-width:42rem;margin:auto}"


def strict_policy(api: str) -> str:
    """What docs/widget.md says that a page needs, and nothing more."""
    return (
        f"default-src 'none'; script-src {api}; connect-src {api}; img-src https://api.mapbox.com;"
        " base-uri 'none'; form-action 'none'"
    )


@dataclass
class Shop:
    """Opens pages and remembers what went wrong in them."""

    browser: Browser
    merchant: Merchant
    api: str
    policy: Callable[[str], str] = strict_policy
    contexts: list[BrowserContext] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def open(
        self,
        element: str = "nearby-stock",
        *,
        page_language: str = "",
        before: Callable[[Page], Any] = lambda _: None,
        options: dict[str, Any] | None = None,
        **attributes: str,
    ) -> "Storefront":
        """The page with the element; `options` are the browser context's."""
        given = {"api_key": "pst_live_test", "part_number": "417300571"} | attributes
        html = PAGE.format(
            api=self.api,
            element=element,
            language=f' lang="{page_language}"' if page_language else "",
            attributes=" ".join(
                f'{name.replace("_", "-")}="{value}"' for name, value in given.items() if value is not None
            ),
        )
        self.merchant.pages["/"] = html, self.policy(self.api)
        context = self.browser.new_context(
            **{"locale": "en-GB", "viewport": WIDE, "reduced_motion": "reduce"} | (options or {})
        )
        context.set_default_timeout(30_000)
        context.add_init_script(VIOLATIONS)
        context.route(re.compile(r"^https://"), lambda route: route.abort())
        page = context.new_page()
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.contexts.append(context)
        self.pages.append(page)
        before(page)
        page.goto(f"{self.merchant.origin}/")
        # By the page's own sheet list, which a policy on inline styles does not touch.
        page.evaluate(
            "css => { const sheet = new CSSStyleSheet(); sheet.replaceSync(css); document.adoptedStyleSheets = [sheet] }",
            THEME,
        )
        return Storefront(page, page.locator(element))

    def close(self) -> None:
        """Ends the pages; fails for an uncaught error or a violated policy in any of them."""
        violations = [one for page in self.pages for one in page.evaluate("window.violations")]
        for context in self.contexts:
            context.close()
        assert not self.faults, self.faults
        assert not violations, violations


@dataclass
class Storefront:
    """One open page."""

    page: Page
    element: Locator

    @property
    def dealers(self) -> Locator:
        return self.element.get_by_role("listitem")

    @property
    def status(self) -> Locator:
        return self.element.get_by_role("status")

    def search(self, postal_code: str = "33100", country: str = "FI") -> None:
        self.element.locator("input[name=postalCode]").fill(postal_code)
        self.element.locator("select").select_option(country)
        self.element.locator("[part~=search]").click()

    def says(self, words: str | re.Pattern[str]) -> None:
        expect(self.status).to_have_text(words)

    def shows(self, *names: str) -> None:
        expect(self.dealers.locator("[part=name]")).to_have_text(list(names))

    def text(self) -> str:
        """All that the element shows, and all that stands in its attributes."""
        return self.element.evaluate("element => element.shadowRoot.innerHTML")

    def focused(self) -> str:
        """What has the focus inside the element, by its part or name."""
        return self.element.evaluate(
            "({shadowRoot: {activeElement: one}}) => one && (one.name || one.getAttribute('part'))"
        )

    def set(self, name: str, value: str) -> None:
        self.element.evaluate("(element, [name, value]) => element.setAttribute(name, value)", [name, value])

    def violations_of_access(self) -> list[str]:
        """What axe-core finds."""
        self.page.evaluate(f"(() => {{ {AXE} }})()")
        found = self.page.evaluate("axe.run(document.querySelector('main'))")
        return [f"{one['id']}: {one['help']} {one['nodes'][0]['html'][:200]}" for one in found["violations"]]

    def picture(self, of: str) -> None:
        """A screenshot, kept for people."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{of}.png", full_page=True)
