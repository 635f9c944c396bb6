"""A browser without its window: a person who is signed in, their pages and their JSON routes."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.bootstrap import Container
from app.domain.tenancy.users import Role, User
from app.web.context import EXTENSION
from app.web.sessions import CSRF_HEADER

PASSWORD = "correct horse battery"
HASH = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$1tHTKJ2dkfqvUZDBCJ5MXg"
"""Of nothing that anybody types: for people who never sign in by password."""


@dataclass
class Visitor:
    """One browser."""

    application: Flask
    client: FlaskClient = field(init=False)
    user: User | None = None

    def __post_init__(self) -> None:
        self.client = self.application.test_client()
        self.client.environ_base["REMOTE_ADDR"] = f"host-{uuid4()}"  # the tries of others are not this one's

    @property
    def container(self) -> Container:
        return self.application.extensions[EXTENSION]

    def enter(self, user: User) -> "Visitor":
        """Signed in, without the price of a password."""
        self.user = user
        with self.client.session_transaction() as session:
            session["token"] = session_of(self.container, user)
        return self

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(path, headers=_named(headers))

    @property
    def token(self) -> str:
        """The session's, as a page has it."""
        page = self.get("/portal/sign-in" if self.user is None else "/portal/account")
        return page.text.partition('name="csrf-token" content="')[2].partition('"')[0]

    def post(self, path: str, form: dict[str, Any] | None = None, **headers: str) -> TestResponse:
        """A form of a page."""
        return self.client.post(path, data={"csrf_token": self.token} | (form or {}), headers=_named(headers))

    def json(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        """A route under /api/app, with the session's token."""
        options = {} if body is None else {"json": body}
        return self.client.open(
            path, method=method, headers={CSRF_HEADER: self.token} | _named(headers), **options
        )


def person(
    application: Flask,
    tenant_id: UUID,
    role: Role | str = Role.OWNER,
    *,
    platform: bool = False,
    email: str = "",
) -> Visitor:
    """Somebody of this tenant, signed in."""
    visitor = Visitor(application)
    return visitor.enter(user_of(visitor.container, tenant_id, role, platform=platform, email=email))


def user_of(
    container: Container,
    tenant_id: UUID,
    role: Role | str = Role.OWNER,
    *,
    platform: bool = False,
    email: str = "",
) -> User:
    """The one with this role, made when there is none."""
    address = email or f"{role}{'-platform' if platform else ''}@example.com"
    accounts = container.people._transactions  # the only way past argon2, which costs a test 0.1 s
    with accounts.platform() as tx:
        made = tx.add_user(tenant_id, address, "", Role(role), HASH, platform=platform)
        return made or next(one for one in tx.users(tenant_id) if one.email == address)


def session_of(container: Container, user: User) -> str:
    """The token of a new session of somebody, past the password."""
    with container.people._transactions.platform() as tx:
        account = tx.account(user.id)
    assert account is not None
    return container.entry.sign_in(account, None, "a test").token


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
