"""The token endpoint: tokens, their end, and errors in three forms."""

import json

import pytest

from app.local.shopify_sim.simulator import Simulator
from app.local.simulated.answer import HTML, JSON, TEXT, Request
from tests.shopify import DOMAIN, Caller

SHOP = "{ shop { name } }"


def body_of(shop: Caller, token: str) -> tuple[int, dict]:
    answer = shop.post(json.dumps({"query": SHOP}).encode(), x_shopify_access_token=token)
    return answer.status, json.loads(answer.body)


def test_a_token_is_good_for_a_day(shop: Caller, clock):
    answer = shop.sign_in()
    assert set(granted := json.loads(answer.body)) == {"access_token", "scope", "expires_in"}
    assert granted["expires_in"] == 86_399
    assert granted["scope"].startswith("write_products,read_products,")

    clock.advance(86_398)
    assert body_of(shop, granted["access_token"])[0] == 200
    clock.advance(1)
    assert body_of(shop, granted["access_token"]) == (
        401,
        {"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"},
    )


@pytest.mark.parametrize("token", ["", "nonsense"])
def test_without_a_good_token_it_is_401(shop: Caller, token: str):
    assert body_of(shop, token)[0] == 401


@pytest.mark.parametrize(
    ("deed", "code"),
    [
        ("leaveOrganisation", "shop_not_permitted"),
        ("uninstallApp", "app_not_installed"),
        ("revokeApp", "invalid_client"),
    ],
)
def test_it_says_which_of_the_reasons_it_is(shop: Caller, simulator: Simulator, deed: str, code: str):
    simulator.act(DOMAIN, deed, {})
    answer = shop.sign_in()

    assert answer.status == 400
    assert code in answer.body.decode()


def test_uninstalling_and_revoking_end_the_tokens(shop: Caller, simulator: Simulator):
    for deed, undone in (("uninstallApp", "installApp"), ("revokeApp", "revokeApp"), ("expireTokens", None)):
        simulator.act(DOMAIN, deed, {})
        assert body_of(shop, shop.token)[0] == 401
        if undone:
            simulator.act(DOMAIN, undone, {"undo": True})
        shop.token = json.loads(shop.sign_in().body)["access_token"]
        assert body_of(shop, shop.token)[0] == 200


@pytest.mark.parametrize("wrong", [{"client_secret": "other"}, {"client_id": "other"}])
def test_wrong_credentials_are_an_invalid_client(shop: Caller, wrong: dict):
    answer = shop.sign_in(**wrong)

    assert (answer.status, answer.headers["Content-Type"]) == (400, JSON)
    assert json.loads(answer.body)["error"] == "invalid_client"


def test_another_grant_or_a_missing_field_is_told(shop: Caller):
    assert json.loads(shop.sign_in(grant_type="password").body)["error"] == "unsupported_grant_type"
    assert json.loads(shop.sign_in(client_id="").body)["error"] == "invalid_request"


@pytest.mark.parametrize(
    ("form", "kind", "start"),
    [
        ("json", JSON, '{"error": "app_not_installed"'),
        ("html", HTML, "<!DOCTYPE html>\n<html><head><title>400 - Oauth error app_not_installed</title>"),
        ("text", TEXT, "Oauth error app_not_installed: "),
        ("real", HTML, "<!DOCTYPE html>"),
    ],
)
def test_errors_come_as_json_html_and_text(shop: Caller, form: str, kind: str, start: str):
    shop.store.shop.oauth_errors = form
    shop.store.shop.apps["client"].installed = False
    answer = shop.sign_in()

    assert answer.headers["Content-Type"] == kind
    assert answer.body.decode().startswith(start)


def test_a_shop_that_does_not_exist_is_a_page(simulator: Simulator):
    answer = simulator.token("nobody.myshopify.com", Request("POST", "", {}, {}, b""))

    assert answer.status == 404
    assert b"Store unavailable" in answer.body


def test_the_old_secret_still_counts_after_a_rotation(shop: Caller, simulator: Simulator):
    new = simulator.act(DOMAIN, "rotateSecret", {})["clientSecret"]

    assert shop.sign_in(client_secret=new).status == 200
    assert shop.sign_in(client_secret="secret").status == 200
    simulator.act(DOMAIN, "rotateSecret", {})
    assert shop.sign_in(client_secret="secret").status == 400
