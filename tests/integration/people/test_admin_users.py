"""`scripts/admin user create|list`: the first people of a tenant; the password comes on stdin."""

import io
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from app.admin import main as admin
from app.bootstrap import Container
from app.local.engines import Engines
from tests.stockline import Stockline
from tests.visitor import PASSWORD

Told = tuple[int, Any]


@pytest.fixture
def command(engines: Engines, monkeypatch, capsys) -> Callable[..., Told]:
    """A command's exit code, and its JSON or what it said on stderr."""
    for name, value in {
        "DATABASE_URL": engines.app_url,
        "REDIS_URL": engines.redis_url,
        "BROKER_URL": engines.broker_url,
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("app.telemetry.logs.configure", lambda level: None)

    def run(*arguments: object, stdin: str = "") -> Told:
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        code = admin.main([str(one) for one in arguments])
        told = capsys.readouterr()
        return code, json.loads(told.out) if code == 0 else told.err

    return run


@pytest.fixture
def create(command: Callable[..., Told], stockline: Stockline) -> Callable[..., Told]:
    def run(email: str, *more: object, stdin: str = f"{PASSWORD}\n") -> Told:
        return command(
            "user", "create", "--tenant", stockline.tenant_id, "--email", email, *more, stdin=stdin
        )

    return run


def test_a_user_signs_in_with_the_password_of_stdin(
    create, build: Callable[..., Container], stockline: Stockline
):
    email = f"Olga@{stockline.tenant_id}.example"
    code, made = create(email)

    assert code == 0
    assert made == {
        "userId": made["userId"],
        "email": email.lower(),
        "role": "owner",
        "platform": False,
        "active": True,
    }
    (account,) = build().entry.check(email, PASSWORD, datetime.now(UTC))
    assert (account.user.id, account.user.tenant_id) == (UUID(made["userId"]), stockline.tenant_id)
    assert PASSWORD not in json.dumps(made)


def test_a_role_and_the_platform_are_given_by_name(create):
    assert create("v@example.com", "--role", "viewer")[1]["role"] == "viewer"
    assert create("p@example.com", "--platform")[1]["platform"] is True


def test_all_are_listed_and_nothing_of_their_passwords(create, command, stockline: Stockline):
    create("b@example.com")
    create("a@example.com", "--role", "viewer")

    code, told = command("user", "list", "--tenant", stockline.tenant_id)

    assert code == 0
    assert [(one["email"], one["role"]) for one in told["data"]] == [
        ("a@example.com", "viewer"),
        ("b@example.com", "owner"),
    ]
    assert "argon2" not in json.dumps(told)


@pytest.mark.parametrize(
    ("email", "more", "stdin", "says"),
    [
        ("x@example.com", (), "", "password"),
        ("x@example.com", (), "short\n", "8 to 256 characters"),
        ("x@example.com", (), "x@example.com\n", "may not be the e-mail address"),
        ("nobody", (), f"{PASSWORD}\n", "no e-mail address"),
        ("x@example.com", ("--role", "king"), f"{PASSWORD}\n", "no role"),
        ("taken@example.com", (), f"{PASSWORD}\n", "a user of this tenant already"),
    ],
    ids=["no password", "short", "the address", "no address", "no role", "taken"],
)
def test_what_cannot_be_is_told_in_a_line(create, email: str, more: tuple[str, ...], stdin: str, says: str):
    create("taken@example.com")

    code, told = create(email, *more, stdin=stdin)

    assert code == 1
    assert says in told
    assert told.count("\n") == 1


def test_an_unknown_tenant_has_no_users(command):
    nobody = "01900000-0000-7000-8000-000000000000"
    for words, stdin in ((("list",), ""), (("create", "--email", "x@example.com"), PASSWORD)):
        code, told = command("user", words[0], "--tenant", nobody, *words[1:], stdin=stdin)
        assert (code, "no tenant" in told) == (1, True)
