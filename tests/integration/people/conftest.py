"""The portal's application on the real engines, and a tenant with an owner."""

from collections.abc import Callable
from functools import partial

import pytest
from flask import Flask

from app.bootstrap import Container
from app.web.app import create_app
from tests.stockline import Stockline
from tests.stockline_fixtures import _application, _database, _emptied, build, stockline
from tests.visitor import Visitor, person

__all__ = ["_application", "_database", "_emptied", "build", "stockline"]


@pytest.fixture(scope="session")
def portal(build: Callable[..., Container]) -> Flask:
    return create_app(build(secret_key="what-cookies-of-tests-are-signed-with"))


@pytest.fixture
def somebody(portal: Flask, stockline: Stockline) -> Callable[..., Visitor]:
    """A person of the tenant: `somebody("viewer")`."""
    return partial(person, portal, stockline.tenant_id)


@pytest.fixture
def owner(somebody: Callable[..., Visitor]) -> Visitor:
    return somebody("owner")
