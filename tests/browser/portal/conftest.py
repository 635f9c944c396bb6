"""A house of one tenant for each test; the server is the module's."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser

from app.bootstrap import Container
from app.web.app import create_app
from tests.browser.portal.house import House
from tests.browser.serving import serving
from tests.stockline import Stockline


@pytest.fixture(scope="session")
def portal_application(build: Callable[..., Container]) -> Flask:
    return create_app(build(secret_key="what-cookies-of-tests-are-signed-with"))


@pytest.fixture(scope="module")
def portal_url(portal_application: Flask) -> Iterator[str]:
    with serving(portal_application) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def house(
    browser: Browser, portal_application: Flask, portal_url: str, stockline: Stockline
) -> Iterator[House]:
    opened = House(browser, portal_application, portal_url, stockline)
    yield opened
    opened.close()
