"""Tokens: fetched once, kept until a minute before their end, replaced when they count no more; refusals told apart."""

import logging
import threading

import pytest
import structlog

from app.adapters.shopify.tokens import EARLY_S
from app.domain.push.errors import ShopClosedError, ShopUnavailableError
from app.local.shopify_sim.oauth import EXPIRES_S
from tests.unit.shopify.shopfront import KEY, Front, part


def fetched(front: Front) -> int:
    return sum(1 for one in front.calls if one.operation == "token")


def closed(work) -> ShopClosedError:
    with pytest.raises(ShopClosedError) as refused:
        work()
    return refused.value


def test_sixteen_threads_fetch_one_token(front: Front):
    barrier = threading.Barrier(16)

    def look_at_a_product() -> None:
        barrier.wait()
        front.shop().product("gid://shopify/Product/1", variants=1)

    threads = [threading.Thread(target=look_at_a_product) for _ in range(16)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert fetched(front) == 1
    assert front.operations().count("product") == 16


def test_a_token_is_kept_until_a_minute_before_it_expires(front: Front):
    front.shop().prepare()
    front.simulator.clock.advance(EXPIRES_S - EARLY_S - 1)
    front.shop().prepare()
    assert fetched(front) == 1

    front.simulator.clock.advance(1)
    front.shop().prepare()
    assert fetched(front) == 2


def test_other_credentials_get_a_token_of_their_own(front: Front):
    front.shop().prepare()

    assert closed(front.shop(secret=b"another").prepare).reason == "invalid_client"
    assert fetched(front) == 2


def test_a_token_that_counts_no_more_is_replaced_once(front: Front):
    front.shop().prepare()
    front.act("expireTokens")
    front.shop().prepare()
    assert fetched(front) == 2

    front.fault("expire_token", times=2)
    assert closed(front.shop().prepare).reason == "token_refused"
    assert fetched(front) == 3


def test_revoked_credentials_close_the_shop_at_once(front: Front):
    front.shop().prepare()
    front.fault("revoke_app")

    assert closed(lambda: front.shop().create(KEY, part())).reason == "invalid_client"
    assert fetched(front) == 2
    assert front.slept == []


@pytest.mark.parametrize("form", ["real", "json", "html", "text"])
def test_refusals_are_told_apart_in_whatever_form_they_come(front: Front, form: str):
    front.store.shop.oauth_errors = form
    app = front.store.shop.apps["client"]

    assert closed(front.shop(secret=b"wrong").prepare).reason == "invalid_client"
    app.same_organisation = False
    assert closed(front.shop().prepare).reason == "shop_not_permitted"
    app.same_organisation, app.installed = True, False
    assert closed(front.shop().prepare).reason == "app_not_installed"


def test_a_shop_that_is_not_there_is_told_as_such(front: Front):
    error = closed(front.shop(shop="nobody.myshopify.com").prepare)

    assert error.reason == "shop_not_found"
    assert "check the domain" in error.message


@pytest.mark.parametrize("kind", ["status", "rate_limit", "drop_before", "drop_after", "garbage"])
def test_faults_of_the_token_endpoint_are_outlived(front: Front, kind: str):
    front.fault(kind, "token", times=3)

    front.shop().prepare()
    assert len(front.slept) == 3


def test_a_token_endpoint_that_stays_away_is_unavailable(front: Front):
    front.fault("status", "token", times=99)

    with pytest.raises(ShopUnavailableError):
        front.shop().prepare()
    assert fetched(front) == 4


def test_a_scope_that_is_given_later_is_seen_without_waiting_for_the_tokens_end(front: Front):
    app = front.store.shop.apps["client"]
    app.scopes = ["write_products", "read_locations"]
    error = closed(front.shop().prepare)
    assert (error.reason, "read_inventory" in error.message) == ("missing_scope", True)

    app.scopes.append("write_inventory")
    front.shop().prepare()


def test_what_lacks_a_scope_is_named(front: Front):
    front.store.shop.apps["client"].scopes = ["write_products", "read_inventory", "read_locations"]
    front.shop().prepare()

    error = closed(lambda: front.shop().create(KEY, part()))
    assert (error.reason, "write_inventory" in error.message) == ("missing_scope", True)
    assert fetched(front) == 1

    front.store.shop.apps["client"].scopes.append("write_inventory")
    front.shop().create(KEY, part())
    assert fetched(front) == 2, "the token that lacked it is not used on"


def test_secrets_and_tokens_show_nowhere(front: Front, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    secret = b"an-open-secret"
    front.store.shop.apps["client"].secrets = [secret.decode()]
    shop = front.shop(secret=secret)
    with structlog.testing.capture_logs() as events:
        shop.prepare()
        shown = [repr(one) for one in (shop._client.grant(), shop._client.session.tokens, shop)]
        front.fault("drop_after", times=2)
        shop.create(KEY, part())
        front.fault("throttle")
        shop.find(KEY, ["A-1"])
        issued = list(front.store.shop.apps["client"].tokens)
        front.fault("garbage", "token", times=99)
        front.act("expireTokens")
        with pytest.raises(ShopUnavailableError) as away:
            shop.prepare()
        front.store.faults.waiting.clear()
        front.act("revokeApp")
        refused = closed(shop.prepare)
    shown += [
        caplog.text,
        repr(events),
        repr(refused),
        str(refused),
        str(away.value),
        repr(away.value.__cause__),
    ]

    assert "shopify.fault" in repr(events)
    assert "HTTP Request: POST" in caplog.text
    assert issued
    for text in (secret.decode(), *issued):
        assert not any(text in one for one in shown)
