"""Files of dealers on PostgreSQL: what goes in, what is refused and why, and what the storefront's list makes of it."""

import io
import json
import re
import threading
import time
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text

from app.adapters.postgres.network import PostgresNetworks
from app.adapters.postgres.network_reads import PostgresNetworkStore
from app.adapters.postgres.unit_of_work import UnitOfWork, engine_for
from app.domain.errors import InvalidInputError, NotFoundError
from app.domain.imports import batches
from app.domain.network.dealer import FIELDS
from app.domain.network.service import NetworkService

pytestmark = pytest.mark.usefixtures("clean_database")


@pytest.fixture
def unit_of_work(engines):
    engine = engine_for(engines.app_url, pool_size=4, application_name="test")
    yield UnitOfWork(engine)
    engine.dispose()


@pytest.fixture
def network(unit_of_work):
    return NetworkService(PostgresNetworks(unit_of_work))


@pytest.fixture
def new_tenant(unit_of_work):
    def make():
        with unit_of_work.platform() as connection:
            statement = "INSERT INTO tenant (name, type) VALUES ('T', 'MANUFACTURER') RETURNING id"
            return connection.execute(text(statement)).scalar_one()

    return make


@pytest.fixture
def tenant_id(new_tenant):
    return new_tenant()


@pytest.fixture
def take(network, tenant_id):
    """Import a file; CSV as one text, JSON lines as objects."""

    def call(*content, **options):
        if isinstance(content[0], str):
            return network.import_dealers(tenant_id, "f.csv", io.StringIO(content[0], newline=""), **options)
        return network.import_dealers(tenant_id, "f.jsonl", map(json.dumps, content), **options)

    return call


@pytest.fixture
def rows(unit_of_work):
    """A dealer table's columns, by code."""

    def query(columns):
        with unit_of_work.platform() as connection:
            found = connection.execute(text(f"SELECT {columns} FROM dealer ORDER BY code"))
            return [tuple(row) for row in found]

    return query


@pytest.fixture
def version(unit_of_work, tenant_id):
    """How often the tenant's network changed so far."""

    def now():
        return PostgresNetworkStore(unit_of_work).directory(tenant_id)[0]

    return now


def counts(imported):
    return imported.created, imported.updated, imported.unchanged, imported.refused


def refusals(imported):
    return [tuple(refusal) for refusal in imported.refused_sample]


class TestAFile:
    def test_a_first_import_creates_and_the_same_again_writes_nothing(self, take, version):
        content = (
            'code,name,lat,lng,timezone,openingHours\nA,Ä,59.3,-18.06,europe/oslo,"{""mon"": []}"\nB,B,,,,\n'
        )
        assert counts(take(content)) == (2, 0, 0, 0)
        before = version()
        assert counts(take(content)) == (0, 0, 2, 0)
        assert version() == before

    def test_every_field_is_stored(self, take, rows, new_tenant):
        other = new_tenant()
        dealer = {
            "code": "A",
            "name": 'Quote " and \\ and 😀',
            "address": "Gatan 1\n2 tr",
            "city": "Umeå",
            "postalCode": "903 26",
            "country": "se",
            "phone": "+46",
            "website": "https://x.example",
            "lat": 63.82581234567,
            "lng": "20.2",
            "linkedTenantId": str(other),
            "timezone": "Europe/Stockholm",
            "openingHours": {"mon": [["09:00", "17:00"]], "exceptions": {"2026-12-24": []}},
            "active": False,
        }
        assert counts(take(dealer)) == (1, 0, 0, 0)
        assert counts(take(dealer)) == (0, 0, 1, 0)
        assert rows(
            "name, address, city, postal_code, country, phone, website, lat, lng, linked_tenant_id, timezone,"
            " opening_hours, active"
        ) == [
            (
                'Quote " and \\ and 😀',
                "Gatan 1\n2 tr",
                "Umeå",
                "903 26",
                "SE",
                "+46",
                "https://x.example",
                63.82581234567,
                20.2,
                other,
                "Europe/Stockholm",
                {"mon": [["09:00", "17:00"]], "exceptions": {"2026-12-24": []}},
                False,
            )
        ]

    def test_an_empty_cell_clears_and_a_missing_column_leaves(self, take, rows):
        take("code,name,city,lat,lng,active\nA,N,C,1,2,false\n")
        assert counts(take("code,lat,lng\nA,,\n")) == (0, 1, 0, 0)
        assert rows("name, city, lat, lng, active") == [("N", "C", None, None, False)]
        assert counts(take("code,city,active\nA,,\n")) == (0, 1, 0, 0)
        assert rows("name, city, active") == [("N", "", True)]

    def test_lines_are_refused_one_by_one_with_their_numbers(self, take, tenant_id):
        nobody = "01900000-0000-7000-8000-000000000000"
        imported = take(
            "code,name,lat,lng,website,linkedTenantId,openingHours\n"
            "A,A,,,,,\n"
            ",B,,,,,\n"
            "C,,,,,,\n"
            "D,D,1,,,,\n"
            "E,E,1,200,,,\n"
            "F,F,,,ftp://x,,\n"
            f"G,G,,,,{nobody},\n"
            'H,H,,,,,"{""mon"": [[""09:00"", ""17:00""]]}"\n'
            "A,Again,,,,,\n"
            f"I,I,,,,{tenant_id},\n"
        )
        assert counts(imported) == (2, 0, 0, 8)
        assert refusals(imported) == [
            (3, "code must not be empty"),
            (4, "name must not be empty"),
            (5, "lat and lng belong together: give both or neither"),
            (6, "lng must be degrees from -180 to 180"),
            (7, "website must be an http or https address"),
            (8, f"linkedTenantId: there is no tenant {nobody}"),
            (
                9,
                "openingHours need a timezone: give one such as Europe/Stockholm, or clear the hours",
            ),
            (10, "code 'A' is on line 2 already"),
        ]

    def test_a_new_dealer_needs_a_name_and_one_that_stands_does_not(self, take):
        take("code,name\nA,A\n")
        imported = take("code,city\nA,X\nB,X\n")
        assert counts(imported) == (0, 1, 0, 1)
        assert refusals(imported) == [(3, "name is missing, which a new dealer needs")]

    def test_json_lines_may_each_set_something_else(self, take, rows):
        take({"code": "A", "name": "A"}, {"code": "B", "name": "B", "city": "X"})
        imported = take({"code": "A", "city": "Y"}, {"code": "B", "city": None}, {"code": "B"}, {"cod": 1})
        assert counts(imported) == (0, 2, 0, 2)
        assert rows("city") == [("Y",), ("",)]

    def test_columns_that_nobody_knows_refuse_the_file(self, take):
        with pytest.raises(InvalidInputError, match=r"unknown columns 'colour'.*there are code, name"):
            take("code,colour\nA,red\n")
        with pytest.raises(InvalidInputError, match="the header lacks code"):
            take("name\nA\n")

    def test_a_tenant_that_is_none_is_told_before_the_first_line(self, network):
        with pytest.raises(NotFoundError):
            network.import_dealers(uuid4(), "f.csv", [])

    def test_two_tenants_may_have_the_same_codes(self, take, network, new_tenant):
        take("code,name\nA,A\n")
        imported = network.import_dealers(new_tenant(), "f.csv", io.StringIO("code,name\nA,B\n", newline=""))
        assert counts(imported) == (1, 0, 0, 0)

    def test_a_dry_run_counts_the_same_and_writes_nothing(self, take, rows, version):
        take("code,name\nA,A\n")
        before = version(), rows("*")
        content = "code,name,lat\nA,X,\nB,B,\nC,C,1\n"
        tried = take(content, dry_run=True)
        assert (version(), rows("*")) == before
        assert take(content) == tried
        assert counts(tried) == (1, 1, 0, 1)

    def test_the_example_in_the_documentation_goes_in(self, take):
        page = (Path(__file__).resolve().parents[2] / "docs" / "imports.md").read_text(encoding="utf-8")
        example = re.findall(r"```csv\n(.*?)```", page, re.DOTALL)[1]
        assert counts(take(example)) == (2, 0, 0, 0)
        table = page.partition("## Dealers")[2].partition("## ")[0]
        assert set(FIELDS) <= set(re.findall(r"`(\w+)`", table))


class TestBatches:
    def test_each_is_a_transaction_that_raises_the_version(self, take, version, monkeypatch):
        monkeypatch.setattr(batches, "BATCH_ROWS", 3)
        imported = take("code,name\n" + "".join(f"D{n},{'' if n == 4 else n}\n" for n in range(10)))
        assert counts(imported) == (9, 0, 0, 1)
        assert version() == 4

    def test_a_file_that_broke_off_is_finished_by_importing_it_again(
        self, network, tenant_id, rows, monkeypatch
    ):
        monkeypatch.setattr(batches, "BATCH_ROWS", 3)
        lines = ["code,name\n", *(f"D{n},N{n}\n" for n in range(10))]

        def broken():
            yield from lines[:8]
            raise OSError("the disk is gone")

        with pytest.raises(OSError, match="disk"):
            network.import_dealers(tenant_id, "f.csv", broken())
        assert len(rows("code")) == 6
        assert counts(network.import_dealers(tenant_id, "f.csv", lines)) == (4, 0, 6, 0)
        assert len(rows("code")) == 10

    def test_two_imports_of_the_same_new_dealers_take_turns(self, network, tenant_id, rows):
        files = [[f"D{n}" for n in range(400)], [f"D{n}" for n in reversed(range(400))]]
        done = []

        def go(codes):
            lines = ["code,name\n", *(f"{code},{codes[0]}\n" for code in codes)]
            done.append(counts(network.import_dealers(tenant_id, "f.csv", lines)))

        threads = [threading.Thread(target=go, args=(codes,)) for codes in files]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert sorted(done) == [(0, 400, 0, 0), (400, 0, 0, 0)]
        assert len(rows("code")) == 400


def test_asking_which_tenants_exist_opens_nothing_else(unit_of_work, tenant_id, new_tenant):
    other = new_tenant()
    with unit_of_work.tenant(tenant_id) as connection:
        asked = {"asked": [other, uuid4()]}
        answer = connection.execute(text("SELECT tenants_that_exist(CAST(:asked AS uuid[]))"), asked)
        assert answer.scalar_one() == [other]
        assert connection.execute(text("SELECT count(*) FROM tenant")).scalar_one() == 1


class TestTheList:
    def test_names_sort_as_people_look_for_them_however_they_came(self, take, unit_of_work, tenant_id):
        names = ["Zebra", "ängel", "Äpple", "apple", "Öl", "zebra", "Ångström", "éclair", "Eclat", "日本"]
        take(*({"code": str(n), "name": name, "country": "SE"} for n, name in enumerate(names)))
        take({"code": "0", "name": "Bo"})
        _, cards = PostgresNetworkStore(unit_of_work).directory(tenant_id)
        assert [json.loads(card.shown)["name"] for card in cards] == [
            "ängel",
            "Ångström",
            "apple",
            "Äpple",
            "Bo",
            "éclair",
            "Eclat",
            "Öl",
            "zebra",
            "日本",
        ]


@pytest.mark.slow
def test_twenty_thousand_dealers_go_in_within_seconds(take, version):
    """About 2.5 s on two shared cores; the bound is generous because test machines are busy."""
    hours = '"{""mon"": [[""09:00"", ""18:00""]], ""sat"": [[""10:00"", ""14:00""]]}"'
    content = "code,name,city,postalCode,country,lat,lng,timezone,openingHours\n" + "".join(
        f"D{n},Motorcenter Åre nummer {n},Åre,830 13,SE,63.{n},13.{n},Europe/Stockholm,{hours}\n"
        for n in range(20_000)
    )
    took_s = []
    for changed in (content, content.replace("Motorcenter", "Skotercenter"), content):
        began = time.monotonic()
        take(changed)
        took_s.append(round(time.monotonic() - began, 1))
    assert version() == 12
    assert max(took_s) < 20, took_s
