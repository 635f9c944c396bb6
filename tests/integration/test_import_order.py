"""An import stands in the order of feeds as if a feed had been accepted when it was written."""

import io

import pytest
from sqlalchemy import text

from app import bootstrap
from app.adapters.postgres.catalog import PostgresCatalogs
from app.adapters.postgres.tenancy import PostgresTenancies
from app.domain.catalog.service import CatalogService
from app.domain.stock.feed import FeedKind
from app.domain.tenancy.service import TenancyService

pytestmark = pytest.mark.usefixtures("clean_database")


@pytest.fixture
def container(settings):
    built = bootstrap.build(settings)
    yield built
    built.close()


@pytest.fixture
def tenant(container):
    tenancy = TenancyService(PostgresTenancies(container.unit_of_work), container.projection)
    return tenancy.tenant(tenancy.create_tenant("T", "RETAIL").tenant_id)


@pytest.fixture
def imports(container, tenant):
    catalog = CatalogService(PostgresCatalogs(container.unit_of_work), container.projection)

    def run(content, verb=catalog.import_items):
        return verb(tenant.id, "file.csv", io.StringIO(content, newline=""))

    run("partNumber,stock,price\nA,1,1\n", catalog.import_own_parts)
    return run


@pytest.fixture
def accept(container, tenant):
    def accept_feed(kind, body):
        return container.feeds.accept(tenant, kind, body, idempotency_key=None, request_id="r").feed

    return accept_feed


@pytest.fixture
def apply(container):
    def apply_feed(feed):
        container.work.run(feed.id, container.handlers)
        return container.feeds.get(feed.tenant_id, feed.id)

    return apply_feed


@pytest.fixture
def standing(container):
    def read():
        with container.unit_of_work.platform() as connection:
            return tuple(connection.execute(text("SELECT stock, price::int FROM stock_item")).one())

    return read


def test_a_feed_accepted_before_the_import_and_applied_after_it_is_stale(imports, accept, apply, standing):
    stock = accept(FeedKind.STOCK, b'[{"partNumber":"A","stock":7}]')
    price = accept(FeedKind.PRICE, b'[{"partNumber":"A","price":7}]')
    imports("partNumber,stock,price\nA,5,5\n")

    assert apply(stock).counters.stale == 1
    assert apply(price).counters.stale == 1
    assert standing() == (5, 5)


def test_a_feed_accepted_after_the_import_wins(imports, accept, apply, standing):
    imports("partNumber,stock,price\nA,5,5\n")
    assert apply(accept(FeedKind.STOCK, b'[{"partNumber":"A","stock":7}]')).counters.updated == 1
    assert apply(accept(FeedKind.PRICE, b'[{"partNumber":"A","price":7}]')).counters.updated == 1
    assert standing() == (7, 7)


def test_an_import_wins_over_a_feed_applied_before_it(imports, accept, apply, standing):
    apply(accept(FeedKind.STOCK, b'[{"partNumber":"A","stock":7}]'))
    imports("partNumber,stock\nA,5\n")
    assert standing() == (5, 1)


def test_an_import_of_other_columns_leaves_the_order_of_stock_alone(imports, accept, apply, standing):
    feed = accept(FeedKind.STOCK, b'[{"partNumber":"A","stock":7}]')
    imports("partNumber,price,seoTitle\nA,5,T\n")
    assert apply(feed).counters.updated == 1
    assert standing() == (7, 5)


def test_an_import_that_confirms_the_value_keeps_an_older_feed_out(imports, accept, apply, standing):
    feed = accept(FeedKind.STOCK, b'[{"partNumber":"A","stock":7}]')
    imports("partNumber,stock\nA,1\n")
    assert apply(feed).counters.stale == 1
    assert standing() == (1, 1)
