"""Tenants, keys and sign-in on PostgreSQL; time is an argument, nothing sleeps."""

from decimal import Decimal
from uuid import uuid4

import psycopg
import pytest

from app.adapters.postgres.tenancy import PostgresTenancies
from app.adapters.postgres.unit_of_work import UnitOfWork, engine_for
from app.domain.errors import DatabaseDownError, InvalidInputError, NotFoundError
from app.domain.tenancy.service import TenancyService
from app.domain.tenancy.sign_in import SignIn
from app.domain.tenancy.tenant import Scope, TenantType
from app.local.engines import Engines
from tests.stockline import until

pytestmark = pytest.mark.usefixtures("clean_database")


class Forgotten:
    """A projection that notes what it is told to forget."""

    def __init__(self) -> None:
        self.tenants = []

    def forget_tenant(self, tenant_id):
        self.tenants.append(tenant_id)

    def forget_all(self):
        self.tenants.append(None)


@pytest.fixture
def unit_of_work(engines):
    engine = engine_for(engines.app_url, pool_size=2, application_name="test")
    yield UnitOfWork(engine)
    engine.dispose()


@pytest.fixture
def projection():
    return Forgotten()


@pytest.fixture
def tenancy(unit_of_work, projection):
    return TenancyService(PostgresTenancies(unit_of_work), projection)


@pytest.fixture
def door(unit_of_work):
    return SignIn(PostgresTenancies(unit_of_work), cache_s=0.5)


def test_a_new_tenant_signs_in_with_its_key_and_has_the_defaults(tenancy, door):
    issued = tenancy.create_tenant("Möto 😀", "HYBRID")
    principal = door.authenticate(issued.text, 0.0)

    assert principal.key_id == issued.key_id
    assert principal.scopes == frozenset(Scope)
    tenant = principal.tenant
    assert (tenant.id, tenant.name, tenant.type) == (issued.tenant_id, "Möto 😀", TenantType.HYBRID)
    assert (tenant.allowed_domains, tenant.low_stock_threshold, tenant.echo_guard_s) == ((), 10, 300)
    assert tenant.shrink_guard_percent is None


def test_a_tenant_is_created_with_its_domains_and_threshold(tenancy):
    issued = tenancy.create_tenant(
        "T", "RETAIL", allowed_domains=["https://A.example", "b.example"], low_stock_threshold="3"
    )
    tenant = tenancy.tenant(issued.tenant_id)
    assert (tenant.allowed_domains, tenant.low_stock_threshold) == (("a.example", "b.example"), 3)


@pytest.mark.parametrize("wrong", [{"type_": "SHOP"}, {"name": " "}, {"low_stock_threshold": "x"}])
def test_a_wrong_tenant_is_not_created(tenancy, engines, wrong):
    with pytest.raises(InvalidInputError):
        tenancy.create_tenant(**{"name": "T", "type_": "RETAIL", **wrong})


def test_the_key_itself_is_nowhere_in_the_database(tenancy, engines):
    issued = tenancy.create_tenant("T", "RETAIL")
    secret = issued.text.rpartition("_")[2]
    with psycopg.connect(engines.owner_url) as connection:
        connection.execute("SELECT set_config('app.platform', 'on', true)")
        (row,) = connection.execute("SELECT row_to_json(k)::text FROM api_key k").fetchone()
    assert issued.text not in row
    assert secret not in row


def test_a_key_may_have_one_scope_and_two_keys_live_side_by_side(tenancy, door):
    first = tenancy.create_tenant("T", "RETAIL")
    second = tenancy.create_key(first.tenant_id, ["storefront"])

    assert door.authenticate(first.text, 0.0).scopes == frozenset(Scope)
    assert door.authenticate(second.text, 0.0).scopes == frozenset({Scope.STOREFRONT})


def test_an_unknown_scope_is_refused(tenancy):
    issued = tenancy.create_tenant("T", "RETAIL")
    with pytest.raises(InvalidInputError, match="storefront, integrations"):
        tenancy.create_key(issued.tenant_id, ["admin"])


def test_a_revoked_key_is_out_within_a_second_and_the_other_stays(tenancy, door):
    first = tenancy.create_tenant("T", "RETAIL")
    second = tenancy.create_key(first.tenant_id)
    assert door.authenticate(first.text, 0.0)
    assert door.authenticate(second.text, 0.0)

    tenancy.revoke_key(first.key_id)

    assert door.authenticate(first.text, 1.0) is None
    assert door.authenticate(second.text, 1.0)


def test_revoking_again_keeps_the_first_time(tenancy):
    issued = tenancy.create_tenant("T", "RETAIL")
    assert tenancy.revoke_key(issued.key_id) == tenancy.revoke_key(issued.key_id)


def test_a_deactivated_tenant_is_out_within_a_second_and_back_when_activated(tenancy, door):
    issued = tenancy.create_tenant("T", "RETAIL")
    assert door.authenticate(issued.text, 0.0)
    tenancy.set_active(issued.tenant_id, active=False)
    assert door.authenticate(issued.text, 1.0) is None
    tenancy.set_active(issued.tenant_id, active=True)
    assert door.authenticate(issued.text, 2.0)


def test_changed_settings_are_live_within_a_second_and_an_empty_value_restores_the_default(
    tenancy, door, projection
):
    issued = tenancy.create_tenant("T", "RETAIL")
    door.authenticate(issued.text, 0.0)

    tenancy.set_settings(issued.tenant_id, ["currency=SEK", "shrinkGuardPercent=40.5", "feedWaitS=0"])
    tenant = door.authenticate(issued.text, 1.0).tenant
    assert (tenant.currency, tenant.shrink_guard_percent, tenant.feed_wait_s) == (
        "SEK",
        Decimal("40.50"),
        0.0,
    )

    tenancy.set_settings(issued.tenant_id, ["currency=", "shrinkGuardPercent=", "allowedDomains="])
    tenant = door.authenticate(issued.text, 2.0).tenant
    assert (tenant.currency, tenant.shrink_guard_percent, tenant.feed_wait_s) == ("EUR", None, 0.0)
    assert projection.tenants == [issued.tenant_id, issued.tenant_id]


def test_one_wrong_setting_leaves_all_as_they_were(tenancy):
    issued = tenancy.create_tenant("T", "RETAIL")
    with pytest.raises(InvalidInputError):
        tenancy.set_settings(issued.tenant_id, ["currency=SEK", "feedWaitS=99"])
    assert tenancy.tenant(issued.tenant_id).currency == "EUR"


def test_what_does_not_exist_is_not_found(tenancy):
    nobody = uuid4()
    for call in (
        lambda: tenancy.tenant(nobody),
        lambda: tenancy.set_active(nobody, active=False),
        lambda: tenancy.set_settings(nobody, ["currency=SEK"]),
        lambda: tenancy.create_key(nobody),
        lambda: tenancy.revoke_key(nobody),
    ):
        with pytest.raises(NotFoundError, match=str(nobody)):
            call()


def test_a_database_that_is_away_is_an_error_that_says_to_try_again():
    engine = engine_for("postgresql://app:a@127.0.0.1:1/none", pool_size=1, application_name="test")
    door = SignIn(PostgresTenancies(UnitOfWork(engine)), cache_s=0.5)
    from app.domain.tenancy.keys import new_key

    with pytest.raises(DatabaseDownError, match="send it again"):
        door.authenticate(new_key().text, 0.0)
    engine.dispose()


def test_a_question_is_asked_again_over_a_pooled_connection_that_died(
    engines: Engines, unit_of_work: UnitOfWork
):
    """As when PostgreSQL was started again since: who may be shown a stock is asked after every chunk."""
    process = unit_of_work.ask("SELECT pg_backend_pid()", ())
    with psycopg.connect(engines.app_url, autocommit=True) as connection:
        ended = "SELECT count(*) FROM pg_stat_activity WHERE pid = %s"
        connection.execute("SELECT pg_terminate_backend(%s)", (process,))
        until(lambda: connection.execute(ended, (process,)).fetchone() == (0,))

    assert unit_of_work.ask("SELECT 1 + %s", (1,)) == 2
