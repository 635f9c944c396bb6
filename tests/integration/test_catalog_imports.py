"""Imports, activation and aliases on PostgreSQL."""

import io
import re
import threading
import time
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text

from app.adapters.postgres.catalog import PostgresCatalogs
from app.adapters.postgres.tenancy import PostgresTenancies
from app.adapters.postgres.unit_of_work import UnitOfWork, engine_for
from app.domain.catalog.ports import Selection
from app.domain.catalog.service import CatalogService
from app.domain.errors import InvalidInputError, NotFoundError
from app.domain.imports import batches
from app.domain.tenancy.service import TenancyService

pytestmark = pytest.mark.usefixtures("clean_database")


class Forgotten:
    """A projection that notes what it is told to forget."""

    def __init__(self) -> None:
        self.calls = []

    def forget_tenant(self, tenant_id):
        self.calls.append(tenant_id)

    def forget_all(self):
        self.calls.append("all")


@pytest.fixture
def unit_of_work(engines):
    engine = engine_for(engines.app_url, pool_size=4, application_name="test")
    yield UnitOfWork(engine)
    engine.dispose()


@pytest.fixture
def projection():
    return Forgotten()


@pytest.fixture
def catalog(unit_of_work, projection):
    return CatalogService(PostgresCatalogs(unit_of_work), projection)


@pytest.fixture
def tenant_id(unit_of_work, projection):
    issued = TenancyService(PostgresTenancies(unit_of_work), projection).create_tenant("T", "RETAIL")
    return issued.tenant_id


@pytest.fixture
def rows(unit_of_work):
    """Every tenant's rows, as dictionaries."""

    def query(sql):
        with unit_of_work.platform() as connection:
            return [dict(row) for row in connection.execute(text(sql)).mappings()]

    return query


def counts(imported):
    return imported.created, imported.updated, imported.unchanged, imported.refused


def csv(content):
    return "file.csv", io.StringIO(content, newline="")


def jsonl(*lines):
    return "file.jsonl", iter([line + "\n" for line in lines])


class TestCentralCatalog:
    def test_a_first_import_creates_and_the_same_again_changes_nothing(self, catalog, projection):
        content = "partNumber,name,brand\nA,Ä,B\nB,Žluť 😀,B\n"
        assert counts(catalog.import_catalog(*csv(content))) == (2, 0, 0, 0)
        assert counts(catalog.import_catalog(*csv(content))) == (0, 0, 2, 0)
        assert projection.calls == ["all"]

    def test_every_field_is_stored_as_it_was_sent(self, catalog, rows):
        catalog.import_catalog(
            *csv(
                "partNumber,name,description,brand,category,oemPartNumber,ean,weightKg,hsCode,countryOfOrigin,"
                "imageUrl,manualUrl\n"
                'A/1,N,"<p onclick=""x"">one\ntwo</p>",B,C,O,4006381333931,1.25,871410,se,'
                "https://x.example/i.jpg,http://x.example/m.pdf\n",
            ),
        )
        (part,) = rows("SELECT * FROM part")
        part.pop("id")
        assert part == {
            "part_number": "A/1",
            "name": "N",
            "description": '<p onclick="x">one\ntwo</p>',
            "brand": "B",
            "category": "C",
            "oem_part_number": "O",
            "ean": "4006381333931",
            "weight_kg": Decimal("1.2500"),
            "hs_code": "871410",
            "country_of_origin": "SE",
            "image_url": "https://x.example/i.jpg",
            "manual_url": "http://x.example/m.pdf",
        }

    def test_an_empty_cell_clears_and_a_missing_column_leaves(self, catalog, rows):
        catalog.import_catalog(*csv("partNumber,name,brand,category\nA,N,B,C\n"))
        assert counts(catalog.import_catalog(*csv("partNumber,brand\nA,\n"))) == (0, 1, 0, 0)
        assert rows("SELECT name, brand, category FROM part") == [
            {"name": "N", "brand": None, "category": "C"}
        ]

    def test_json_lines_of_one_file_may_each_set_something_else(self, catalog, rows):
        catalog.import_catalog(
            *jsonl(
                '{"partNumber":"A","name":"N","brand":"B"}', '{"partNumber":"B","name":"M","category":"C"}'
            )
        )
        imported = catalog.import_catalog(
            *jsonl('{"partNumber":"A","brand":null}', '{"partNumber":"B"}', '{"partNumber":"C"}')
        )
        assert counts(imported) == (1, 1, 1, 0)
        assert rows("SELECT part_number, name, brand, category FROM part ORDER BY 1") == [
            {"part_number": "A", "name": "N", "brand": None, "category": None},
            {"part_number": "B", "name": "M", "brand": None, "category": "C"},
            {"part_number": "C", "name": "C", "brand": None, "category": None},
        ]

    def test_refused_lines_are_named_and_the_good_ones_go_in(self, catalog, rows):
        imported = catalog.import_catalog(
            *csv('partNumber,name,ean\nA,"N\nM",\nB,N,1\n,N,\nC\nA,N,\nD,N,12345678\n')
        )
        assert counts(imported) == (2, 0, 0, 4)
        assert [tuple(refusal) for refusal in imported.refused_sample] == [
            (4, "ean must be 8 or 12 or 13 or 14 digits"),
            (5, "partNumber must not be empty"),
            (6, "has 1 cells where the header has 3"),
            (7, "partNumber 'A' is on line 2 already"),
        ]
        assert [row["part_number"] for row in rows("SELECT part_number FROM part ORDER BY 1")] == ["A", "D"]

    def test_the_sample_holds_the_first_twenty_refusals(self, catalog):
        imported = catalog.import_catalog(*csv("partNumber,ean\n" + "".join(f"P{n},x\n" for n in range(50))))
        assert imported.refused == 50
        assert [refusal.line for refusal in imported.refused_sample] == list(range(2, 22))

    def test_batches_are_counted_together_and_line_numbers_run_on(self, catalog, projection, monkeypatch):
        monkeypatch.setattr(batches, "BATCH_ROWS", 3)
        content = "partNumber,ean\n" + "".join(f"P{n},{'x' if n % 5 == 4 else ''}\n" for n in range(10))
        imported = catalog.import_catalog(*csv(content))
        assert counts(imported) == (8, 0, 0, 2)
        assert [refusal.line for refusal in imported.refused_sample] == [6, 11]
        assert projection.calls == ["all"] * 3

    def test_the_example_in_the_documentation_goes_in(self, catalog):
        page = (Path(__file__).resolve().parents[2] / "docs" / "imports.md").read_text(encoding="utf-8")
        example = re.findall(r"```csv\n(.*?)```", page, re.DOTALL)[0]
        assert counts(catalog.import_catalog(*csv(example))) == (3, 0, 0, 0)

    def test_part_numbers_differ_by_case_and_by_normal_form(self, catalog, rows):
        imported = catalog.import_catalog(*csv("partNumber\na\nA\né\ne\u0301\n"))
        assert counts(imported) == (4, 0, 0, 0)


class TestVariantGroups:
    HEAD = "partNumber,variantGroup,variantGroupName,option1Name,option1Value,position\n"

    def members(self, rows):
        return [
            tuple(row.values())
            for row in rows(
                "SELECT p.part_number, g.code, g.name, g.option1_name, m.option1_value, m.position FROM part p"
                " JOIN part_variant_group_member m ON m.part_id = p.id"
                " JOIN part_variant_group g ON g.id = m.group_id ORDER BY 1",
            )
        ]

    def test_a_group_may_be_named_on_its_first_line_only(self, catalog, rows):
        content = self.HEAD + "A,G,Jacket,Size,S,0\nB,G,,,M,1\nC,,,,,\n"
        assert counts(catalog.import_catalog(*csv(content))) == (3, 0, 0, 0)
        assert self.members(rows) == [
            ("A", "G", "Jacket", "Size", "S", 0),
            ("B", "G", "Jacket", "Size", "M", 1),
        ]
        assert counts(catalog.import_catalog(*csv(content))) == (0, 0, 3, 0)

    def test_a_changed_option_a_moved_and_a_removed_member_count_as_updated(self, catalog, rows):
        catalog.import_catalog(
            *csv(self.HEAD + "A,G,N,Size,S,0\nB,G,N,Size,M,1\nC,G,N,Size,L,2\nD,G,N,Size,XL,3\n")
        )
        imported = catalog.import_catalog(
            *csv(self.HEAD + "A,G,N,Size,XS,0\nB,H,,,M,1\nC,,,,,\nD,G,N,Size,XL,3\n")
        )
        assert counts(imported) == (0, 3, 1, 0)
        assert self.members(rows) == [
            ("A", "G", "N", "Size", "XS", 0),
            ("B", "H", None, None, "M", 1),
            ("D", "G", "N", "Size", "XL", 3),
        ]

    def test_a_renamed_group_updates_all_its_lines(self, catalog, rows):
        catalog.import_catalog(*csv(self.HEAD + "A,G,N,Size,S,0\nB,G,,,M,1\n"))
        assert counts(catalog.import_catalog(*csv(self.HEAD + "A,G,New,Size,S,0\nB,G,,,M,1\n"))) == (
            0,
            2,
            0,
            0,
        )
        assert {member[2] for member in self.members(rows)} == {"New"}

    def test_a_file_without_the_columns_leaves_groups_alone(self, catalog, rows):
        catalog.import_catalog(*csv(self.HEAD + "A,G,N,Size,S,4\n"))
        catalog.import_catalog(*csv("partNumber,brand\nA,B\n"))
        catalog.import_catalog(*csv("partNumber,variantGroup\nA,G\n"))
        assert self.members(rows) == [("A", "G", "N", "Size", "S", 4)]

    def test_tenants_groups_are_their_own(self, catalog, rows, tenant_id, unit_of_work, projection):
        other = (
            TenancyService(PostgresTenancies(unit_of_work), projection).create_tenant("O", "RETAIL").tenant_id
        )
        for owner, name in ((tenant_id, "One"), (other, "Two")):
            catalog.import_own_parts(owner, *csv(self.HEAD + f"A,G,{name},Size,S,0\n"))
        found = rows(
            "SELECT g.tenant_id, g.name, m.tenant_id AS member FROM tenant_part_variant_group g"
            " JOIN tenant_part_variant_group_member m ON m.group_id = g.id",
        )
        assert {(row["tenant_id"], row["name"], row["member"]) for row in found} == {
            (tenant_id, "One", tenant_id),
            (other, "Two", other),
        }


class TestActivation:
    @pytest.fixture(autouse=True)
    def _parts(self, clean_database, catalog):
        catalog.import_catalog(*csv("partNumber,brand\nA,Alpha\nB,ALPHA\nC,Beta\nD,\n"))

    def test_brands_and_part_numbers_are_activated_together_and_once(
        self, catalog, tenant_id, rows, projection
    ):
        activation = catalog.activate(tenant_id, Selection(brands=("alpha",), part_numbers=("C", "nope")))
        assert (activation.created, activation.unchanged, activation.unknown) == (3, 0, ("nope",))
        again = catalog.activate(tenant_id, Selection(everything=True))
        assert (again.created, again.unchanged) == (1, 3)
        assert rows(
            "SELECT s.source, s.part_number, s.stock, s.stock_as_of, p.part_number AS central FROM stock_item s"
            " JOIN tenant_catalog_item c ON c.item_id = s.id JOIN part p ON p.id = c.part_id ORDER BY 2",
        ) == [
            {"source": "catalog", "part_number": part, "stock": 0, "stock_as_of": None, "central": part}
            for part in "ABCD"
        ]
        assert projection.calls[-1] == tenant_id

    def test_a_selection_that_finds_nothing_is_an_error(self, catalog, tenant_id):
        with pytest.raises(NotFoundError):
            catalog.activate(tenant_id, Selection(part_numbers=("nope",)))

    @pytest.mark.parametrize("name", ["\0", "\ud800"])
    def test_a_name_that_cannot_be_is_refused(self, catalog, tenant_id, name):
        with pytest.raises(InvalidInputError):
            catalog.activate(tenant_id, Selection(brands=(name,)))

    def test_nobody_activates_for_a_tenant_that_is_not_there(self, catalog):
        with pytest.raises(NotFoundError):
            catalog.activate(uuid4(), Selection(everything=True))


class TestOwnPartsAndItems:
    def test_own_parts_have_content_sale_and_a_place_in_the_order_of_feeds(
        self, catalog, tenant_id, rows, projection
    ):
        content = 'partNumber,name,price,stock,tags\nA,N,12.50,7,"x, y"\nB,M,,,\n'
        assert counts(catalog.import_own_parts(tenant_id, *csv(content))) == (2, 0, 0, 0)
        assert counts(catalog.import_own_parts(tenant_id, *csv(content))) == (0, 0, 2, 0)
        assert projection.calls == [tenant_id]
        first, second = rows("SELECT * FROM stock_item JOIN tenant_part ON item_id = id ORDER BY part_number")
        assert (first["source"], first["price"], first["stock"], first["tags"]) == (
            "own",
            Decimal("12.50"),
            7,
            ["x", "y"],
        )
        assert (second["price"], second["stock"], second["tags"]) == (None, 0, None)
        assert first["stock_as_of"] is not None
        assert first["stock_seq"] > 0

    def test_only_what_is_given_takes_a_place_in_the_order(self, catalog, tenant_id, rows):
        catalog.import_own_parts(tenant_id, *csv("partNumber\nA\nB\n"))
        catalog.import_items(tenant_id, *csv("partNumber,price\nA,1\n"))
        catalog.import_items(tenant_id, *csv("partNumber,stock\nB,1\n"))
        first, second = rows("SELECT * FROM stock_item ORDER BY part_number")
        assert (first["stock_as_of"], first["stock_seq"]) == (None, 0)
        assert first["price_as_of"] is not None
        assert (second["price_as_of"], second["price_seq"]) == (None, 0)
        assert second["stock_seq"] > first["price_seq"] > 0

    def test_the_same_value_again_is_unchanged_and_yet_confirmed_as_newer(self, catalog, tenant_id, rows):
        catalog.import_own_parts(tenant_id, *csv("partNumber,stock\nA,5\n"))
        (before,) = rows("SELECT * FROM stock_item")
        assert counts(catalog.import_items(tenant_id, *csv("partNumber,stock\nA,5\n"))) == (0, 0, 1, 0)
        (after,) = rows("SELECT * FROM stock_item")
        assert after["stock_as_of"] > before["stock_as_of"]
        assert after["stock_seq"] > before["stock_seq"]

    def test_items_find_the_activated_part_before_the_own_one(self, catalog, tenant_id, rows):
        catalog.import_catalog(*csv("partNumber\nA\n"))
        catalog.activate(tenant_id, Selection(everything=True))
        catalog.import_own_parts(tenant_id, *csv("partNumber\nA\nB\n"))
        imported = catalog.import_items(
            tenant_id, *csv("partNumber,stock,seoTitle,tags\nA,3,T,t\nB,4,U,u\nC,5,V,v\n")
        )
        assert counts(imported) == (0, 2, 0, 1)
        assert tuple(imported.refused_sample[0]) == (
            4,
            "no activated part and no own part has the partNumber 'C'",
        )
        assert [
            tuple(row.values())
            for row in rows("SELECT source, part_number, stock FROM stock_item ORDER BY part_number, source")
        ] == [("catalog", "A", 3), ("own", "A", 0), ("own", "B", 4)]
        assert rows("SELECT seo_title, tags FROM tenant_catalog_item") == [{"seo_title": "T", "tags": ["t"]}]
        assert rows("SELECT seo_title FROM tenant_part ORDER BY item_id") == [
            {"seo_title": None},
            {"seo_title": "U"},
        ]

    def test_an_empty_cell_clears_and_clears_stock_to_zero(self, catalog, tenant_id, rows):
        head = "partNumber,price,compareAtPrice,costPrice,stock,seoTitle,seoDescription,tags\n"
        catalog.import_own_parts(tenant_id, *csv("partNumber\nA\n"))
        catalog.import_items(tenant_id, *csv(head + "A,1,2,3,4,T,D,t\n"))
        assert counts(catalog.import_items(tenant_id, *csv(head + "A,,,,,,,\n"))) == (0, 1, 0, 0)
        (item,) = rows("SELECT * FROM stock_item JOIN tenant_part ON item_id = id")
        cleared = ("price", "compare_at_price", "cost_price", "seo_title", "seo_description", "tags")
        assert [item[name] for name in cleared] == [None] * 6
        assert item["stock"] == 0

    def test_another_tenants_items_are_out_of_reach(self, catalog, tenant_id, unit_of_work, projection):
        other = (
            TenancyService(PostgresTenancies(unit_of_work), projection).create_tenant("O", "RETAIL").tenant_id
        )
        catalog.import_own_parts(other, *csv("partNumber\nA\n"))
        assert counts(catalog.import_items(tenant_id, *csv("partNumber,stock\nA,1\n"))) == (0, 0, 0, 1)

    def test_nobody_imports_for_a_tenant_that_is_not_there(self, catalog):
        with pytest.raises(NotFoundError):
            catalog.import_own_parts(uuid4(), *csv("partNumber\nA\n"))

    def test_two_imports_at_once_both_go_in(self, catalog, tenant_id, rows):
        content = "partNumber,stock\n" + "".join(f"P{n},1\n" for n in range(2000))
        threads = [
            threading.Thread(target=catalog.import_own_parts, args=(tenant_id, *csv(content)))
            for _ in range(3)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert rows("SELECT count(*), sum(stock) FROM stock_item") == [{"count": 2000, "sum": 2000}]


class TestAliases:
    @pytest.fixture(autouse=True)
    def _items(self, clean_database, catalog, tenant_id):
        catalog.import_catalog(*csv("partNumber\nA\n"))
        catalog.activate(tenant_id, Selection(everything=True))
        catalog.import_own_parts(tenant_id, *csv("partNumber\nA\nB\n"))

    def test_aliases_are_created_turned_left_and_refused(self, catalog, tenant_id, rows):
        assert counts(catalog.import_aliases(tenant_id, *csv("alias,partNumber\nX,A\nY,B\n"))) == (2, 0, 0, 0)
        imported = catalog.import_aliases(tenant_id, *csv("alias,partNumber\nX,B\nY,B\nZ,nope\n"))
        assert counts(imported) == (0, 1, 1, 1)
        assert imported.refused_sample[0].line == 4
        assert [
            tuple(row.values())
            for row in rows(
                "SELECT alias, source, part_number FROM tenant_sku_alias JOIN stock_item ON id = item_id ORDER BY 1"
            )
        ] == [("X", "own", "B"), ("Y", "own", "B")]

    def test_an_alias_finds_the_activated_part_before_the_own_one(self, catalog, tenant_id, rows):
        assert counts(catalog.add_alias(tenant_id, " Ü ", " A ")) == (1, 0, 0, 0)
        assert rows("SELECT alias, source FROM tenant_sku_alias JOIN stock_item ON id = item_id") == [
            {"alias": "Ü", "source": "catalog"}
        ]

    @pytest.mark.parametrize(
        ("alias", "part_number", "reason"),
        [
            ("X", "nope", "no activated part"),
            ("", "A", "alias must not be empty"),
            ("X\0", "A", "alias has a NUL"),
        ],
    )
    def test_one_alias_that_would_be_refused_is_an_error(
        self, catalog, tenant_id, alias, part_number, reason
    ):
        with pytest.raises(InvalidInputError, match=reason):
            catalog.add_alias(tenant_id, alias, part_number)


@pytest.mark.slow
def test_a_hundred_thousand_parts_go_in_well_within_a_minute(catalog, rows):
    """About 6 s on two shared cores; the bound is generous because test machines are busy."""

    def content():
        yield "partNumber,name,description,brand,category,ean,weightKg,variantGroup,option1Value,position\n"
        for n in range(100_000):
            yield f"P{n},Part {n},<p>Text of {n}</p>,Brand {n % 9},Cat,4006381333931,1.5,G{n // 4},S{n % 4},{n % 4}\n"

    began = time.monotonic()
    imported = catalog.import_catalog("huge.csv", content())
    took_s = time.monotonic() - began
    assert counts(imported) == (100_000, 0, 0, 0)
    assert rows("SELECT count(*) FROM part_variant_group_member") == [{"count": 100_000}]
    assert took_s < 45
