"""A tenant's connection: made, made anew, tested, changed, forgotten; PostgreSQL is real, the shop is not."""

from datetime import timedelta

import pytest
from cryptography.fernet import Fernet

from app.domain.errors import InvalidInputError, NotFoundError
from app.domain.push.errors import ShopClosedError, ShopUnavailableError
from app.domain.shop.check import LocationGoneError
from app.domain.shop.connection import (
    SCOPES,
    ConnectionState,
    EncryptionMissingError,
    Location,
    NotConnectedError,
)
from app.domain.shop.ports import ShopInfo
from app.domain.shop.service import ConnectionService
from tests.shops import KEY, MAIN, SECOND, SECRET, SHOP, FakeDesk, connections
from tests.stockline import Stockline


@pytest.fixture
def desk() -> FakeDesk:
    return FakeDesk()


@pytest.fixture
def service(stockline: Stockline, desk: FakeDesk) -> ConnectionService:
    return connections(stockline, desk)


@pytest.fixture
def connect(service: ConnectionService, stockline: Stockline):
    """Connect with what is not said as usual."""
    return lambda shop=SHOP, secret=SECRET: service.connect(stockline.tenant_id, shop, "client", secret)


class TestConnect:
    def test_it_signs_in_takes_the_first_location_and_subscribes(self, connect, service, desk, stockline):
        done = connect()
        assert desk.signed_in == [(SHOP, "client", SECRET)]
        assert done.connection == service.get(stockline.tenant_id)
        assert (done.connection.location, done.connection.scopes) == (MAIN, SCOPES)
        assert done.connection.state is ConnectionState.CONNECTED
        assert desk.subscribed == [f"https://stock.example/api/webhooks/shopify/{done.connection.id}"]

    def test_the_pull_is_off_and_a_tenth_is_left_to_others(self, connect):
        connection = connect().connection
        assert (connection.pull_interval_s, connection.reserve_percent, connection.publish) == (
            None,
            10,
            False,
        )

    @pytest.mark.parametrize("given", [" North.MyShopify.com ", "https://north.myshopify.com/"])
    def test_a_domain_is_taken_as_people_write_it(self, connect, desk, given):
        assert connect(shop=given).connection.shop == SHOP

    @pytest.mark.parametrize(
        "given",
        ["", "north", "shop.example", "north.myshopify.com.evil.example", "evil.example/north.myshopify.com",
         "a@north.myshopify.com", "north.myshopify.com:8080", "http://169.254.169.254", "north.myshopify.com/x",
         "x.north.myshopify.com", "-a.myshopify.com", "nörth.myshopify.com", "127.0.0.1#.myshopify.com"],
    )  # fmt: skip
    def test_what_is_no_shop_is_never_called(self, connect, desk, given):
        with pytest.raises(InvalidInputError, match=r"name\.myshopify\.com"):
            connect(shop=given)
        assert desk.signed_in == []

    @pytest.mark.parametrize("secret", ["", " \n", "a\nb", "x" * 256, "ä"])
    def test_a_secret_that_is_none_is_refused(self, connect, desk, secret):
        with pytest.raises(InvalidInputError, match="client secret"):
            connect(secret=secret)
        assert desk.signed_in == []

    def test_a_shop_that_refuses_says_why_and_nothing_is_kept(self, connect, service, desk, stockline):
        desk.info = ShopClosedError("shop_not_permitted", "of another organisation")
        with pytest.raises(ShopClosedError) as refused:
            connect()
        assert refused.value.reason == "shop_not_permitted"
        with pytest.raises(NotFoundError):
            service.get(stockline.tenant_id)

    def test_a_shop_without_a_location_is_no_place_for_stock(self, connect, desk):
        desk.info = ShopInfo(SCOPES, ())
        with pytest.raises(LocationGoneError):
            connect()

    @pytest.mark.parametrize(
        "fault", [ShopUnavailableError("away"), ShopClosedError("missing_scope", "no such topic")]
    )
    def test_webhooks_that_fail_do_not_fail_the_connection(self, connect, service, desk, stockline, fault):
        desk.refused = fault
        assert str(fault) in (connect().warning or "")
        assert service.get(stockline.tenant_id).shop == SHOP

    def test_topics_that_were_refused_are_told(self, connect, desk):
        desk.refused = ("orders/create",)
        assert connect().unsubscribed == ("orders/create",)

    def test_without_keys_nothing_is_asked_and_the_variable_is_named(self, stockline, desk):
        with pytest.raises(EncryptionMissingError, match="ENCRYPTION_KEYS"):
            connections(stockline, desk, keys="").connect(stockline.tenant_id, SHOP, "client", SECRET)
        assert desk.signed_in == []


class TestAgain:
    def test_the_id_and_the_chosen_location_stay(self, connect, service, stockline):
        first = connect().connection
        service.set_location(stockline.tenant_id, SECOND.id)
        again = connect(secret="another").connection
        assert (again.id, again.location) == (first.id, SECOND)

    def test_a_location_that_is_gone_makes_way_for_the_first(self, connect, service, desk, stockline):
        connect()
        service.set_location(stockline.tenant_id, SECOND.id)
        desk.info = ShopInfo(SCOPES, (MAIN,))
        assert connect().connection.location == MAIN

    def test_a_location_that_was_renamed_shows_its_new_name(self, connect, desk):
        connect()
        desk.info = ShopInfo(SCOPES, (SECOND, Location(MAIN.id, "Z")))
        assert connect().connection.location == Location(MAIN.id, "Z")

    def test_the_secret_before_is_kept_for_an_hour(self, connect):
        before = connect().connection
        after = connect(secret="another").connection
        assert after.old_secret == before.secret
        assert after.old_secret_until - after.updated_at == pytest.approx(
            timedelta(hours=1), abs=timedelta(seconds=5)
        )

    def test_the_same_secret_again_does_not_drive_the_one_before_it_out(self, connect):
        before = connect().connection
        connect(secret="another")
        assert connect(secret="another").connection.old_secret == before.secret

    def test_another_shop_drops_the_mapping_and_the_old_secret(self, connect, desk, stockline):
        first = connect().connection
        stockline.pushed(stockline.own("A")[0], 3, seconds_ago=1)
        connect(secret="another")
        assert stockline.count("shopify_product_mapping") == 1
        again = connect(shop="south.myshopify.com").connection
        assert (again.id, again.location, again.old_secret) == (first.id, MAIN, None)
        assert stockline.count("shopify_product_mapping") == 0

    def test_an_app_that_was_removed_is_connected_again(self, connect, service, stockline):
        connect()
        stockline.sql("UPDATE shopify_connection SET state = 'uninstalled'")
        assert service.test(stockline.tenant_id).code == "reconnect"
        assert connect().connection.state is ConnectionState.CONNECTED

    def test_keys_that_were_lost_do_not_stand_in_the_way(self, connect, stockline, desk):
        connect()
        again = connections(stockline, desk, keys=Fernet.generate_key().decode())
        again.connect(stockline.tenant_id, SHOP, "client", SECRET)
        assert again.test(stockline.tenant_id).code is None


class TestTest:
    def test_all_is_well(self, connect, service, stockline):
        connect()
        assert service.test(stockline.tenant_id).shown() == {
            "ok": True,
            "code": None,
            "message": "all is well",
            "missingScopes": [],
        }

    @pytest.mark.parametrize("reason", ["invalid_client", "shop_not_permitted", "app_not_installed"])
    def test_causes_are_told_apart(self, connect, service, desk, stockline, reason):
        connect()
        desk.info = ShopClosedError(reason, "no")
        assert service.test(stockline.tenant_id).code == reason

    def test_a_shop_that_is_away_is_told_as_such(self, connect, service, desk, stockline):
        connect()
        desk.info = ShopUnavailableError("no answer")
        assert service.test(stockline.tenant_id).code == "shop_unavailable"

    def test_a_needed_scope_that_is_missing_is_named(self, connect, service, desk, stockline):
        connect()
        desk.info = ShopInfo(("write_products", "read_inventory"), (MAIN,))
        check = service.test(stockline.tenant_id)
        assert (check.code, "write_inventory" in check.message) == ("missing_scope", True)
        assert "read_products" not in check.missing_scopes

    def test_an_optional_one_is_no_fault(self, connect, service, desk, stockline):
        connect()
        desk.info = ShopInfo(tuple(scope for scope in SCOPES if scope != "read_orders"), (MAIN,))
        check = service.test(stockline.tenant_id)
        assert (check.code, check.missing_scopes) == (None, ["read_orders"])

    def test_a_location_that_was_closed_is_named(self, connect, service, desk, stockline):
        connect()
        desk.info = ShopInfo(SCOPES, (SECOND,))
        assert service.test(stockline.tenant_id).code == "location_gone"

    def test_without_a_connection_there_is_nothing_to_test(self, service, stockline):
        with pytest.raises(NotConnectedError):
            service.test(stockline.tenant_id)


class TestOptions:
    def test_what_is_not_named_stays(self, connect, service, stockline):
        connect()
        service.set_options(stockline.tenant_id, pull_interval_s=60, keep_pull=False)
        changed = service.set_options(stockline.tenant_id, publish=True, reserve_percent=0)
        assert (changed.publish, changed.reserve_percent, changed.pull_interval_s) == (True, 0, 60)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"reserve_percent": 91},
            {"reserve_percent": -1},
            {"pull_interval_s": 59},
            {"pull_interval_s": 86_401},
        ],
    )
    def test_what_is_out_of_bounds_is_refused(self, connect, service, stockline, wrong):
        connect()
        with pytest.raises(InvalidInputError):
            service.set_options(stockline.tenant_id, **wrong)

    def test_a_location_that_the_shop_does_not_have_is_refused(self, connect, service, stockline):
        connect()
        with pytest.raises(LocationGoneError):
            service.set_location(stockline.tenant_id, "gid://shopify/Location/9")
        assert service.get(stockline.tenant_id).location == MAIN

    def test_another_tenants_connection_is_not_seen(self, connect, service, stockline):
        connect()
        stranger = stockline.another()
        with pytest.raises(NotFoundError):
            service.get(stranger.tenant_id)
        assert not service.disconnect(stranger.tenant_id)
        assert service.get(stockline.tenant_id).shop == SHOP


def test_what_is_disconnected_is_forgotten_but_for_the_mapping(connect, service, stockline):
    connect()
    stockline.pushed(stockline.own("A")[0], 3, seconds_ago=1)
    assert service.disconnect(stockline.tenant_id)
    assert not service.disconnect(stockline.tenant_id)
    assert (stockline.count("shopify_connection"), stockline.count("shopify_product_mapping")) == (0, 1)


class TestRotation:
    @pytest.fixture(autouse=True)
    def _alone(self, stockline: Stockline):
        """A rotation is over all tenants: those of the tests before are out of its way."""
        stockline.sql("DELETE FROM shopify_connection")

    def test_after_it_the_old_key_can_go(self, connect, service, desk, stockline):
        connect()
        connect(secret="another")
        newest = Fernet.generate_key().decode()
        assert connections(stockline, desk, keys=f"{newest},{KEY}").rotate_secrets() == 2
        assert connections(stockline, desk, keys=newest).test(stockline.tenant_id).code is None
        assert service.test(stockline.tenant_id).code == "encryption_unavailable"

    def test_with_a_key_missing_everything_stays_as_it_was(self, connect, desk, stockline):
        before = connect().connection
        with pytest.raises(EncryptionMissingError, match="ENCRYPTION_KEYS"):
            connections(stockline, desk, keys=Fernet.generate_key().decode()).rotate_secrets()
        assert connections(stockline, desk).get(stockline.tenant_id) == before

    def test_a_secret_whose_hour_is_over_is_dropped_and_needs_no_key(self, connect, desk, stockline):
        connect()
        connect(secret="another")
        stockline.sql("UPDATE shopify_connection SET old_secret = 'x', old_secret_until = now()")
        assert connections(stockline, desk).rotate_secrets() == 1
        assert connections(stockline, desk).get(stockline.tenant_id).old_secret is None
