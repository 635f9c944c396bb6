"""The portal's application on the real engines, with passwords that cost a test nothing, and a tenant with people."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

import pytest
from flask import Flask

from app.adapters.postgres.accounts import PostgresAccounts
from app.bootstrap import Container
from app.domain.tenancy.entry import EntryService
from app.domain.tenancy.people import PeopleService
from app.web.app import create_app
from tests.stockline import Stockline
from tests.stockline_fixtures import _application, _database, _emptied, build, stockline
from tests.visitor import PASSWORD, Visitor, person

__all__ = ["_application", "_database", "_emptied", "build", "stockline"]
SECRET_KEY = "what-cookies-of-tests-are-signed-with"


@dataclass
class QuickPasswords:
    """The port without its slowness; knows what it was asked to compare."""

    compared: list[tuple[str, str]] = field(default_factory=list)
    made_by: str = "quick"

    def hashed(self, password: str) -> str:
        return f"{self.made_by}:{password}"

    def fits(self, password_hash: str, password: str) -> bool:
        self.compared.append((password_hash, password))
        return password_hash.partition(":")[2] == password

    def outdated(self, password_hash: str) -> bool:
        return not password_hash.startswith(f"{self.made_by}:")


@pytest.fixture(scope="session")
def passwords() -> QuickPasswords:
    return QuickPasswords()


@pytest.fixture(scope="session")
def quick(build: Callable[..., Container], passwords: QuickPasswords) -> Callable[..., Container]:
    """Containers with those passwords."""

    def one(**changes: object) -> Container:
        container = build(secret_key=SECRET_KEY, **changes)
        accounts = PostgresAccounts(container.unit_of_work)
        return replace(
            container, entry=EntryService(accounts, passwords), people=PeopleService(accounts, passwords)
        )

    return one


@pytest.fixture(scope="session")
def portal(quick: Callable[..., Container]) -> Flask:
    return create_app(quick())


@pytest.fixture
def somebody(portal: Flask, stockline: Stockline) -> Callable[..., Visitor]:
    """A person of the tenant: `somebody("viewer")`."""
    return partial(person, portal, stockline.tenant_id)


@pytest.fixture
def owner(somebody: Callable[..., Visitor]) -> Visitor:
    return somebody("owner")


@pytest.fixture
def anna(portal: Flask, stockline: Stockline) -> str:
    """The address of an owner who is at no other company and has the password PASSWORD."""
    email = f"anna@{stockline.tenant_id}.example"
    Visitor(portal).container.people.create(stockline.tenant_id, email, PASSWORD)
    return email
