"""The server: faults as a client meets them, the control API, pages that read well."""

import httpx
import pytest

from app.local.shopify_sim.server import Server
from tests.shopify import DOMAIN, PRODUCT_SET, Caller, part
from tests.stockline import until

SHOP = {"query": "{ shop { name } }"}


@pytest.fixture
def web(server: Server, shop: Caller):
    headers = {"X-Shopify-Access-Token": shop.token}
    with httpx.Client(base_url=f"{server.url}/{DOMAIN}/admin", headers=headers, timeout=5) as client:
        yield client


@pytest.fixture
def control(server: Server):
    with httpx.Client(base_url=f"{server.url}/_sim", timeout=5) as client:
        yield client


def graphql(web: httpx.Client, query: str = SHOP["query"], **variables: object) -> httpx.Response:
    return web.post("/api/2026-07/graphql.json", json={"query": query, "variables": variables})


def order(control: httpx.Client, **fault: object) -> None:
    assert control.post(f"/shops/{DOMAIN}/faults", json=fault).status_code == 200


def test_it_speaks_as_shopify_does_behind_the_url_template(server: Server, web: httpx.Client):
    form = {"grant_type": "client_credentials", "client_id": "client", "client_secret": "secret"}
    granted = web.post("/oauth/access_token", data=form)
    assert granted.json()["expires_in"] == 86_399

    answer = graphql(web)
    assert answer.json()["data"] == {"shop": {"name": "North"}}
    assert answer.headers["X-Shopify-API-Version"] == "2026-07"
    assert server.template == f"{server.url}/{{shop}}"
    by_host = httpx.post(
        f"{server.url}/admin/api/2026-07/graphql.json",
        json=SHOP,
        headers={"Host": DOMAIN, "X-Shopify-Access-Token": granted.json()["access_token"]},
    )
    assert by_host.json()["data"] == {"shop": {"name": "North"}}


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_error_does_nothing(web: httpx.Client, control: httpx.Client, shop: Caller, status: int):
    order(control, kind="status", operation="productSet", status=status)

    assert graphql(web, PRODUCT_SET, input=part()).status_code == status
    assert shop.store.shop.products == {}
    assert graphql(web, PRODUCT_SET, input=part()).status_code == 200


def test_a_server_error_may_come_after_it_was_done(web: httpx.Client, control: httpx.Client, shop: Caller):
    order(control, kind="status_after", status=502)

    assert graphql(web, PRODUCT_SET, input=part()).status_code == 502
    assert len(shop.store.shop.products) == 1


def test_429_has_a_decimal_retry_after(web: httpx.Client, control: httpx.Client):
    order(control, kind="rate_limit", retryAfter="2.5")
    answer = graphql(web)

    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "2.5")


def test_a_connection_is_cut_before_or_after_the_work(web: httpx.Client, control: httpx.Client, shop: Caller):
    order(control, kind="drop_before", operation="productSet")
    with pytest.raises(httpx.TransportError):
        graphql(web, PRODUCT_SET, input=part("A-1"))
    assert shop.store.shop.products == {}

    order(control, kind="drop_after", operation="productSet")
    with pytest.raises(httpx.TransportError):
        graphql(web, PRODUCT_SET, input=part("A-1"))
    assert [one.handle for one in shop.store.shop.products.values()] == ["part-a-1"]
    assert graphql(web).status_code == 200


def test_a_slow_answer_is_done_at_once_and_told_late(web: httpx.Client, control: httpx.Client, shop: Caller):
    order(control, kind="slow", seconds=0.3)
    with pytest.raises(httpx.ReadTimeout):
        web.post(
            "/api/2026-07/graphql.json",
            json={"query": PRODUCT_SET, "variables": {"input": part()}},
            timeout=0.1,
        )

    assert len(shop.store.shop.products) == 1


def test_a_token_ends_in_the_middle(web: httpx.Client, control: httpx.Client):
    order(control, kind="expire_token", after=1)

    assert [graphql(web).status_code for _ in range(3)] == [200, 401, 401]


def test_credentials_are_revoked_in_the_middle(web: httpx.Client, control: httpx.Client):
    order(control, kind="revoke_app", after=1)
    assert [graphql(web).status_code for _ in range(3)] == [200, 401, 401]

    form = {"grant_type": "client_credentials", "client_id": "client", "client_secret": "secret"}
    assert web.post("/oauth/access_token", data=form).json()["error"] == "invalid_client"


def test_an_answer_may_be_slow_before_it_is_done(web: httpx.Client, control: httpx.Client, shop: Caller):
    order(control, kind="slow_before", seconds=0.3)
    body = {"query": PRODUCT_SET, "variables": {"input": part()}}
    with pytest.raises(httpx.ReadTimeout):
        web.post("/api/2026-07/graphql.json", json=body, timeout=0.1)
    assert shop.store.shop.products == {}

    until(lambda: shop.store.shop.products, "the mutation behind the slow answer")
    assert shop.store.shop.products, "it is done all the same, though nobody waits for it"


def test_forced_throttling_and_internal_errors_are_200(web: httpx.Client, control: httpx.Client):
    order(control, kind="throttle")
    order(control, kind="internal", after=0)

    codes = [graphql(web).json()["errors"][0]["extensions"]["code"] for _ in range(2)]
    assert codes == ["THROTTLED", "INTERNAL_SERVER_ERROR"]
    assert "errors" not in graphql(web).json()


def test_garbage_is_no_json(web: httpx.Client, control: httpx.Client):
    order(control, kind="garbage")

    assert graphql(web).text.startswith("<html>")


@pytest.mark.parametrize("kind", ["status", "rate_limit", "drop_before", "drop_after", "garbage"])
def test_the_token_endpoint_has_faults_of_its_own(web: httpx.Client, control: httpx.Client, kind: str):
    order(control, kind=kind, operation="token")
    form = {"grant_type": "client_credentials", "client_id": "client", "client_secret": "secret"}
    assert graphql(web).status_code == 200, "it befalls nobody else"

    if kind.startswith("drop"):
        with pytest.raises(httpx.TransportError):
            web.post("/oauth/access_token", data=form)
    else:
        assert "access_token" not in web.post("/oauth/access_token", data=form).text
    assert "access_token" in web.post("/oauth/access_token", data=form).text


def test_faults_meet_an_operation_a_number_of_times(web: httpx.Client, control: httpx.Client):
    order(control, kind="status", operation="products", times=2, after=1)
    products = "{ products(first: 1) { nodes { id } } }"

    assert [graphql(web, products).status_code for _ in range(4)] == [200, 503, 503, 200]
    assert control.get(f"/shops/{DOMAIN}/faults").json()["waiting"] == []
    assert control.post(f"/shops/{DOMAIN}/faults", json={"kind": "flood"}).status_code == 400
    assert control.post(f"/shops/{DOMAIN}/faults", json={"kind": "slow", "sec": 1}).status_code == 400


def test_shops_are_made_looked_at_and_closed(control: httpx.Client):
    made = control.post(
        "/shops",
        json={
            "domain": "south.myshopify.com",
            "plan": "plus",
            "locations": ["A", "B"],
            "clientId": "c",
            "clientSecret": "s",
            "scopes": ["write_products"],
            "sameOrganisation": False,
            "fileS": 2,
        },
    )
    assert made.json()["restoreRate"] == 1_000
    assert [one["name"] for one in made.json()["locations"]] == ["A", "B"]
    assert len(control.get("/shops").json()["shops"]) == 2
    assert control.post("/shops", json={"domain": "south.myshopify.com"}).status_code == 400
    assert control.post("/shops", json={"domain": "south.example.com"}).status_code == 400
    assert control.post("/shops", json={"domain": "x.myshopify.com", "plam": "plus"}).status_code == 400
    assert control.delete("/shops/south.myshopify.com").status_code == 200
    assert control.get("/shops/south.myshopify.com").status_code == 404
    assert control.get("/nothing").status_code == 400


def test_the_log_tells_what_calls_cost(web: httpx.Client, control: httpx.Client):
    graphql(web, PRODUCT_SET, input=part())
    order(control, kind="throttle")
    graphql(web, PRODUCT_SET, input={"title": ""})
    graphql(web, PRODUCT_SET, input={"title": ""})
    log = control.get(f"/shops/{DOMAIN}/calls").json()

    assert (log["throttled"], log["actualCost"]) == (1, 21)
    assert [one["codes"] for one in log["calls"] if one["operation"] == "productSet"] == [
        [],
        ["THROTTLED"],
        ["INVALID_PRODUCT"],
    ]
    control.delete(f"/shops/{DOMAIN}/calls")
    assert control.get(f"/shops/{DOMAIN}/calls").json()["count"] == 0


def test_a_merchant_works_through_the_control_api(web: httpx.Client, control: httpx.Client):
    graphql(web, PRODUCT_SET, input=part())

    def act(**deed: object) -> httpx.Response:
        return control.post(f"/shops/{DOMAIN}/merchant", json=deed)

    assert act(do="editProduct", sku="A-1", set={"title": "Mine"}).status_code == 200
    assert act(do="addVariant", sku="A-1", newSku="OWN", value="Large").status_code == 200
    assert act(do="editVariant", sku="OWN", set={"price": "1.00"}).status_code == 200
    assert act(do="addPhoto", sku="A-1", filename="own.jpg").status_code == 200
    assert act(do="createProduct", title="Own", sku="OWN-2", stock=4).status_code == 200
    assert act(do="addLocation", name="Kiosk").status_code == 200
    assert act(do="activateLocation", location="Kiosk").status_code == 200
    assert act(do="dance").status_code == 400
    assert act(do="setStock", sku="nothing", quantity=1).status_code == 404
    assert act(do="editProduct", sku="A-1", set={"wings": 2}).status_code == 400

    shown = control.get(f"/shops/{DOMAIN}").json()["products"]
    assert [one["title"] for one in shown] == ["Mine", "Own"]
    assert [one["sku"] for one in shown[0]["variants"]] == ["A-1", "OWN"]
    assert [one["filename"] for one in shown[0]["files"]] == ["own.jpg"]
    assert shown[1]["variants"][0]["stock"] == {"Stockholm": 4}


def test_the_bucket_and_the_clock_are_moved(web: httpx.Client, control: httpx.Client):
    before = control.get("/clock").json()["now"]
    assert control.post("/clock", json={"advanceS": 60}).json()["now"] == pytest.approx(before + 60)
    assert control.post("/clock", json={"scale": 10}).json()["scale"] == 10
    control.post("/clock", json={"scale": 0})
    graphql(web)
    drained = control.post(f"/shops/{DOMAIN}/bucket", json={"drain": 5000, "othersRate": 50}).json()
    assert drained["throttleStatus"]["currentlyAvailable"] == 0
    assert (
        control.post(f"/shops/{DOMAIN}/bucket", json={"fill": True}).json()["throttleStatus"][
            "currentlyAvailable"
        ]
        == 2000
    )


def test_mail_is_spoilt_through_the_control_api(control: httpx.Client):
    given = {"lateS": 3, "twice": 1, "outOfOrder": 2}
    assert control.post(f"/shops/{DOMAIN}/webhooks", json=given).json() == given
    assert control.get(f"/shops/{DOMAIN}/webhooks").json() == {"waiting": 0, "deliveries": []}


def test_pages_show_what_a_shop_contains(server: Server, web: httpx.Client, shop: Caller):
    graphql(
        web,
        PRODUCT_SET,
        input=part("A-1", title="<Brake> & lever", files=[{"originalSource": "https://c.test/brake.jpg"}]),
    )
    home = httpx.get(server.url)
    assert f'href="/{DOMAIN}"' in home.text
    page = httpx.get(f"{server.url}/{DOMAIN}")

    assert "&lt;Brake&gt; &amp; lever" in page.text
    for shown in ("A-1", "10.00", "brake.jpg", "Stockholm", "productSet"):
        assert shown in page.text
    assert "<script" not in page.text
    assert "script-src" not in page.headers["Content-Security-Policy"]
    assert httpx.get(f"{server.url}/{DOMAIN}?q=nothing").text.count("<article>") == 0
    assert httpx.get(f"{server.url}/{DOMAIN}?page=999").status_code == 200
    assert httpx.get(f"{server.url}/nobody.myshopify.com").status_code == 404
    assert "prefers-color-scheme: dark" in httpx.get(f"{server.url}/_sim/shop.css").text


def test_unknown_addresses_are_404_and_unknown_shops_are_pages(server: Server, web: httpx.Client):
    assert web.get("/api/2026-07/graphql.json").status_code in (401, 404)
    assert web.post("/nothing").status_code == 404
    assert web.post("/api/2020-01/graphql.json", json=SHOP).status_code == 404
    nobody = httpx.post(
        f"{server.url}/nobody.myshopify.com/admin/oauth/access_token", data={"grant_type": "x"}
    )
    assert (nobody.status_code, "Store unavailable" in nobody.text) == (404, True)
