"""Who may call what: every page and every route of the portal, by everybody, held against what it declares.

A page or route that is added later is tried as well; only the reviewed table of what may be changed names any.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import psycopg
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app import bootstrap
from app.domain.tenancy.tenant import FEATURES, Feature, TenantType
from app.domain.tenancy.users import Role
from app.web.app import SECTIONS, create_app
from app.web.portal import SECTIONS as PORTAL
from app.web.portal.pages import SIGN_IN
from app.web.sessions import COOKIE, CSRF_HEADER
from tests.stockline import open_stockline, platform
from tests.stockline_fixtures import SMALL
from tests.visitor import Visitor, user_of

DUMMIES: Final = {"uuid": str(UUID(int=7)), "int": "7", "part": "x", "any": "", "": "x"}
"""For what stands in a path, by its converter: nothing that there is. Of `any`, the first that is allowed."""
_ARGUMENT: Final = re.compile(r"<(?:(?P<converter>\w+)(?:\((?P<given>[^)]*)\))?:)?\w+>")
PEOPLE: Final = {
    "viewer": (Role.VIEWER, False),
    "operator": (Role.OPERATOR, False),
    "owner": (Role.OWNER, False),
    "platform": (Role.OWNER, True),
}


@dataclass(frozen=True)
class Door:
    """A page or a route as it declares itself."""

    method: str
    rule: str
    role: Role
    platform: bool
    open: bool
    type: TenantType = TenantType.HYBRID

    @property
    def path(self) -> str:
        return _ARGUMENT.sub(_dummy, self.rule)

    def lets_in(self, who: str) -> bool:
        """As its declaration says."""
        if self.open or who == "nobody":
            return self.open
        role, platform = PEOPLE[who]
        return role.may(self.role) and (platform or not self.platform)


def _dummy(found: re.Match[str]) -> str:
    first = (found["given"] or "").partition(",")[0]
    return DUMMIES[found["converter"] or ""] or first


def _type(feature: Feature | None) -> TenantType:
    return TenantType.HYBRID if feature is None else min(FEATURES[feature])


def doors() -> Iterator[Door]:
    for section in PORTAL:
        for page in section.pages:
            yield Door(page.method, page.rule, page.role, page.platform, page.open, _type(page.feature))
    for api in SECTIONS:
        for route in api.routes:
            if route.sessions:
                yield Door(route.method, route.rule, route.role, route.platform, open=False)


@dataclass
class Browsers:
    """One for each kind of person at a tenant of each type, made when it is needed."""

    application: Flask
    database: psycopg.Connection
    tenants: dict[TenantType, UUID] = field(default_factory=dict)
    known: dict[tuple[TenantType, str], tuple[Visitor, str]] = field(default_factory=dict)

    def call(self, door: Door, who: str) -> TestResponse:
        """The door tried by such a person, with the token of the session."""
        visitor, token = self._of(door.type, who)
        options: dict[str, Any] = {"headers": {CSRF_HEADER: token}} if door.method != "GET" else {}
        answer = visitor.client.open(door.path, method=door.method, **options)
        if visitor.client.get_cookie(COOKIE) is None:  # the door was the way out
            del self.known[door.type, who]
        return answer

    def _of(self, type_: TenantType, who: str) -> tuple[Visitor, str]:
        if (type_, who) not in self.known:
            visitor = Visitor(self.application)
            if who != "nobody":
                role, platform_too = PEOPLE[who]
                tenant_id = self._tenant(type_)
                visitor.enter(user_of(visitor.container, tenant_id, role, platform=platform_too))
            self.known[type_, who] = visitor, visitor.token
        return self.known[type_, who]

    def _tenant(self, type_: TenantType) -> UUID:
        if type_ not in self.tenants:
            house = open_stockline(
                self.application.extensions["stockline"], self.application, self.database, type_
            )
            house.set(rate_limit_per_s=1e6, rate_limit_burst=1_000_000)
            self.tenants[type_] = house.tenant_id
        return self.tenants[type_]


@pytest.fixture(scope="module")
def browsers(settings, engines) -> Iterator[Browsers]:
    container = bootstrap.build(
        settings.model_copy(update=SMALL | {"secret_key": "signs the cookies of tests"})
    )
    with psycopg.connect(engines.owner_url, autocommit=True) as connection:
        yield Browsers(create_app(container), platform(connection))
    container.close()


def was_let_in(answer: TestResponse) -> bool:
    """Anything but a refusal: a page may say that there is no such thing, or that a form is wrong."""
    if answer.status_code == 403 and answer.mimetype == "application/json":
        return bool(answer.json["code"] == "feature_not_available")  # of the tenant's type, whoever asks
    sent_away = answer.status_code == 303 and answer.headers["Location"].startswith(f"{SIGN_IN}?next=")
    return answer.status_code not in {401, 403} and not sent_away


@pytest.mark.parametrize("door", [pytest.param(one, id=f"{one.method} {one.rule}") for one in doors()])
def test_a_door_lets_in_whom_it_says_and_nobody_else(browsers: Browsers, door: Door):
    answers = {who: browsers.call(door, who) for who in ("nobody", *PEOPLE)}

    assert {who: one.status_code for who, one in answers.items() if one.status_code == 500} == {}
    if not door.open:
        assert {who: was_let_in(one) for who, one in answers.items()} == {
            who: door.lets_in(who) for who in answers
        }


OWNERS: Final = {  # what only an owner may change, and how it begins
    "/portal/people",
    "/portal/keys",
    "/portal/settings",
    "/portal/sharing",
    "/portal/shopify",
    "/portal/push-grants",
    "/portal/alert-channels",
    "POST /portal/suppliers",
    "/portal/suppliers/preview",
    "PUT /api/app/suppliers/<supplier>",
    "/api/app/suppliers/preview",
    "/api/app/users",
    "/api/app/invitations",
    "/api/app/keys",
    "/api/app/settings",
    "/api/app/stock-sharing",
    "/api/app/shopify/connection",
    "/api/app/shopify/profile",
    "/api/app/shopify/push-grants",
    "/api/app/alert-channels",
}
OPERATORS: Final = {  # what operators work with
    "/portal/<any(catalog,parts):grid>",
    "/portal/parts",
    "/portal/pushes",
    "/portal/push-batches",
    "/portal/feeds",
    "/portal/not-found",
    "/portal/aliases",
    "/portal/dealers",
    "/portal/suppliers",
    "/portal/inventory",
    "/portal/orders",
    "/portal/purchase-orders",
    "/portal/alerts",
    "/portal/operations",
    "/portal/shopify/test",
    "/api/app/feeds",
    "/api/app/not-found",
    "/api/app/aliases",
    "/api/app/dealers",
    "/api/app/items",
    "/api/app/shopify/connection/test",
    "/api/app/shopify/pushes",
    "/api/app/shopify/push-batches",
    "/api/app/suppliers",
    "/api/app/orders",
    "/api/app/purchase-orders",
    "/api/app/alerts",
    "/api/app/operations",
}
VIEWERS: Final = {"/portal/sign-out", "/portal/account/password"}
"""Their own way out and their own password."""
_REVIEWED: Final = (
    dict.fromkeys(OWNERS, Role.OWNER)
    | dict.fromkeys(OPERATORS, Role.OPERATOR)
    | dict.fromkeys(VIEWERS, Role.VIEWER)
)


def _reviewed(method: str, rule: str) -> Role | None:
    """What the table has of exactly this, or by the longest beginning."""
    if exactly := _REVIEWED.get(f"{method} {rule}"):
        return exactly
    fitting = [one for one in _REVIEWED if rule == one or rule.startswith(f"{one}/")]
    return _REVIEWED[max(fitting, key=len)] if fitting else None


def test_what_each_role_may_change_was_reviewed():
    changing = [one for one in doors() if one.method != "GET" and not one.open]

    assert {f"{one.method} {one.rule}": one.role for one in changing} == {
        f"{one.method} {one.rule}": _reviewed(one.method, one.rule) for one in changing
    }
