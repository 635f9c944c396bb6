"""The demo's people: who may sign in to the portal, all with the data directory's one password."""

import secrets
from pathlib import Path
from typing import Final, NamedTuple
from uuid import UUID

from app.domain.tenancy.users import Role
from app.local.credentials import write_private
from app.local.demo.operator import Operator
from app.local.demo.tenants import MAKERS, RETAILER, Tenants, slug

FILE: Final = "demo.password"


class DemoPerson(NamedTuple):
    """Somebody at a tenant. `platform`: also runs the platform."""

    tenant: str
    email: str
    role: Role
    platform: bool = False


def _at(tenant: str, name: str, role: Role, *, platform: bool = False) -> DemoPerson:
    return DemoPerson(tenant, f"{name}@{slug(tenant)}.example", role, platform)


PEOPLE: Final = (
    _at(RETAILER, "owner", Role.OWNER),
    _at(RETAILER, "operator", Role.OPERATOR),
    _at(RETAILER, "viewer", Role.VIEWER),
    _at(RETAILER, "platform", Role.OPERATOR, platform=True),
    *(_at(maker, "owner", Role.OWNER) for maker in MAKERS),
)


def settle(data_dir: Path, operator: Operator, tenants: Tenants) -> str:
    """Make those who are missing; the password of all."""
    password = password_of(data_dir)
    people = operator.services.people
    for one in PEOPLE:
        tenant_id = UUID(tenants[one.tenant].tenant_id)
        if all(user.email != one.email for user in people.users(tenant_id)):
            people.create(tenant_id, one.email, password, one.role, platform=one.platform)
    print(f"People: {', '.join(one.email for one in PEOPLE)}")
    return password


def password_of(data_dir: Path) -> str:
    """The directory's own, made once and readable by its owner alone."""
    path = data_dir / FILE
    if not path.exists():
        write_private(path, secrets.token_urlsafe(9))
    return path.read_text().strip()
