"""What people's routes answer, held against the OpenAPI document; other tests ask with a key, which these refuse."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import jsonschema
import pytest

from app.web.app import SECTIONS
from app.web.openapi import document
from tests.stockline import Stockline
from tests.visitor import Visitor

DOCUMENT = document(SECTIONS)
MODEL = {"components": DOCUMENT["components"]}


def assert_documented(path: str, answer: Any) -> None:
    told = DOCUMENT["paths"][path][answer.request.method.lower()]["responses"][str(answer.status_code)]
    if "content" in told:
        schema = told["content"][answer.mimetype]["schema"] | MODEL
        jsonschema.validate(answer.json, schema, format_checker=jsonschema.FormatChecker())


@pytest.fixture
def staff(somebody: Callable[..., Visitor]) -> Visitor:
    return somebody("owner", platform=True)


@pytest.fixture(autouse=True)
def _something(stockline: Stockline) -> None:
    for state in ("dead", "running"):
        stockline.sql(
            "INSERT INTO dispatch (id, actor, tenant_id, lane, seq, state, lease_until, ring_after)"
            " VALUES (%s, 'feeds.apply', %s, 'l', nextval('accept_seq'), %s, now(), now() + interval '1 h')",
            uuid4(),
            stockline.tenant_id,
            state,
        )


def test_what_is_read_is_as_documented(staff: Visitor, stockline: Stockline):
    staff.container.people.invite(stockline.tenant_id, "n@example.com", staff.user.role, invited_by="o")
    for path in [
        *("/api/app/session", "/api/app/users", "/api/app/invitations", "/api/app/keys", "/api/app/settings"),
        *(
            f"/api/app/operations/{one}"
            for one in ("tenants", "queues", "workers", "slow-jobs", "dead-letters")
        ),
    ]:
        answer = staff.get(path)
        assert answer.status_code == 200, path
        assert_documented(path, answer)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/app/invitations", {"email": "x@example.com", "role": "viewer"}),
        ("POST", "/api/app/invitations", {"email": "nonsense", "role": "viewer"}),
        ("POST", "/api/app/keys", {"name": "", "scopes": ["storefront"]}),
        ("PUT", "/api/app/settings", {"settings": {"safetyStock": "1"}}),
        ("PUT", "/api/app/settings", {"settings": {"safetyStock": "one"}}),
        ("POST", "/api/app/operations/dead-letters/replay", {"ids": [str(uuid4())]}),
        ("POST", "/api/app/operations/dead-letters/discard", {"ids": []}),
    ],
    ids=["invited", "no address", "key", "set", "not set", "replayed", "none"],
)
def test_what_a_change_answers_is_as_documented(staff: Visitor, method: str, path: str, body: Any):
    answer = staff.json(method, path, body)
    assert answer.status_code < 500
    assert_documented(path, answer)


def test_a_refusal_is_as_documented(staff: Visitor, somebody: Callable[..., Visitor], stockline: Stockline):
    for visitor, key in (
        (somebody("viewer"), {}),
        (Visitor(staff.application), {"X_API_Key": stockline.key}),
    ):
        answer = visitor.get("/api/app/users", **key)
        assert answer.status_code in {401, 403}
        assert_documented("/api/app/users", answer)
