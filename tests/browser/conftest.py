"""A real browser, a merchant's page, and behind it a stand-in or the application itself."""

import os
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect, sync_playwright

from app import bootstrap
from app.settings import Settings
from app.web.app import create_app
from tests.browser import chromium
from tests.browser.serving import Merchant, StandIn, serving
from tests.browser.shop import Shop
from tests.stockline_fixtures import _application, _database, _emptied, build, stockline

PATIENCE_MS = 30_000
"""How long a page may take before a test fails; a loaded machine needs seconds for what takes tenths."""
__all__ = ["_application", "_database", "_emptied", "build", "stockline"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; where there is none, tests skip and say why, but in CI they fail.

    Of a module and no longer: while Playwright runs, nobody else in the thread can run an asyncio loop.
    """
    try:
        executable = chromium.find()
    except chromium.MissingError as missing:
        if os.environ.get("CI"):
            pytest.fail(str(missing))
        pytest.skip(str(missing))
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=executable, args=chromium.options())
        yield found
        found.close()


@pytest.fixture(scope="session")
def files() -> Flask:
    """The application with no engine behind it, which is enough for its files."""
    nowhere = Settings(database_url="postgresql://app:a@127.0.0.1:1/none", redis_url="redis://127.0.0.1:1/0")
    return create_app(bootstrap.build(nowhere))


@pytest.fixture
def merchant() -> Iterator[Merchant]:
    site = Merchant()
    with serving(site) as site.port:
        yield site


@pytest.fixture
def stand_in(files: Flask) -> StandIn:
    return StandIn(files)


@pytest.fixture
def shop(browser: Browser, merchant: Merchant, stand_in: StandIn) -> Iterator[Shop]:
    """Pages of a merchant whose API is the stand-in."""
    with serving(stand_in) as port:
        opened = Shop(browser, merchant, f"http://127.0.0.1:{port}")
        yield opened
        stand_in.release()
        opened.close()
