"""Postal codes on the real engine: what is shipped, GeoNames' files over it, and the operator's command."""

import gzip
import json
import zipfile
from io import StringIO

import psycopg
import pytest

from app import bootstrap
from app.adapters.postgres import postal_codes as adapter
from app.adapters.postgres import postal_codes_shipped
from app.adapters.postgres.migrate import upgrade
from app.admin import main as admin
from app.domain.network.postal import Place
from app.domain.network.postal_codes import UnknownPostalCodeError

UMEA = ("SE", "903 26")


def line(code="903 26", lat="63.8258", lng="20.263", accuracy="6", country="SE"):
    return f"{country}\t{code}\tUmeå\tVästerbotten\t24\tUmeå\t2480\t\t\t{lat}\t{lng}\t{accuracy}\n"


@pytest.fixture
def database(engines):
    """The owner's connection; what a test imported is the shipped file's again after it."""
    with psycopg.connect(engines.owner_url, autocommit=True) as connection:
        connection.execute("SELECT set_config('app.platform', 'on', false)")
        connection.execute("CREATE TEMPORARY TABLE shipped AS SELECT * FROM postal_code WHERE approximate")
        yield connection
        connection.execute("DELETE FROM postal_code WHERE NOT approximate")
        connection.execute("INSERT INTO postal_code SELECT * FROM shipped ON CONFLICT DO NOTHING")


@pytest.fixture
def container(settings):
    built = bootstrap.build(settings)
    yield built
    built.close()


@pytest.fixture
def take(container, database):
    """Import lines; the counts without the sample."""

    def call(*lines):
        done = container.postal_codes.import_file(StringIO("".join(lines), newline="\n"))
        return done.created, done.updated, done.unchanged, done.refused

    return call


@pytest.fixture
def find(container):
    """Where a code is now, past what the process remembers."""

    def call(country, code):
        with container.unit_of_work.platform() as connection:
            return adapter.places(connection, [(country, code)]).get((country, code))

    return call


class TestWhatIsShipped:
    def test_all_of_it_is_there_and_says_that_it_is_approximate(self, database):
        counted = "SELECT count(*), count(DISTINCT country) FROM postal_code WHERE approximate"
        assert database.execute(counted).fetchone() == (170_161, 30)

    def test_it_is_shipped_with_its_source_and_licence(self):
        notice = (postal_codes_shipped.FILE.parent / "NOTICE").read_text()
        assert "GeoNames" in notice
        assert "https://creativecommons.org/licenses/by/4.0/" in notice

    @pytest.mark.parametrize(
        ("country", "written", "lat", "lng"),
        [
            ("SE", "SE-111 22", 59.3, 18.1),
            ("FI", "FIN-00100", 60.2, 24.9),
            ("LV", "1001", 56.9, 24.1),
            ("LU", "1019", 49.6, 6.1),
            ("GB", "sw1a 1aa", 51.5, -0.1),
            ("NL", "1012 AB", 52.4, 4.9),
            ("PT", "1000-001", 38.7, -9.1),
            ("IE", "D08 XY12", 53.3, -6.3),
            ("MT", "VLT 1117", 35.9, 14.5),
            ("PL", "00-002", 52.2, 21.0),
        ],
    )
    def test_a_code_as_people_write_it_is_found(self, container, country, written, lat, lng):
        place = container.postal_codes.find(country, written)
        assert (place.lat, place.lng) == pytest.approx((lat, lng), abs=0.15)
        assert place.approximate

    def test_an_unknown_code_is_said_to_be_unknown(self, container):
        with pytest.raises(UnknownPostalCodeError, match="'999 99' is not known in SE"):
            container.postal_codes.find("SE", "999 99")

    def test_migrating_it_again_leaves_what_was_imported(self, engines, database, take, find):
        take(line(lat="1", lng="2"))
        upgrade(engines.owner_url, engines.app_url)
        assert find(*UMEA) == Place(1, 2, approximate=False)


class TestManyAtOnce:
    def test_each_pair_gets_its_place_and_unknown_ones_are_left_out(self, container):
        wanted = {
            ("SE", "111 22"),
            ("se", "SE-11122"),
            ("GB", "SW1A 1AA"),
            ("SE", "x"),
            ("", ""),
            ("XX", "1"),
        }
        with container.unit_of_work.platform() as connection:
            found = adapter.places(connection, wanted)
            assert adapter.places(connection, []) == adapter.places(connection, [("", "1")]) == {}
        assert found.keys() == {("SE", "111 22"), ("se", "SE-11122"), ("GB", "SW1A 1AA")}
        assert found["SE", "111 22"] == found["se", "SE-11122"] == container.postal_codes.find("SE", "11122")

    def test_the_whole_code_goes_before_its_beginning(self, container, take):
        take(line("1012 AB", "1", "2", country="NL"))
        with container.unit_of_work.platform() as connection:
            found = adapter.places(connection, [("NL", "1012AB"), ("NL", "1012AC")])
        assert found["NL", "1012AB"] == Place(1, 2, approximate=False)
        assert found["NL", "1012AC"].approximate
        assert container.postal_codes.find("NL", "1012 ab") == Place(1, 2, approximate=False)


class TestImport:
    def test_it_takes_the_place_of_what_is_shipped_and_adds_what_is_not(self, take, find):
        assert take(line(), line("999 99")) == (1, 1, 0, 0)
        assert find("SE", "90326") == find("SE", "99999") == Place(63.8258, 20.263, approximate=False)

    def test_again_it_changes_nothing(self, take):
        lines = [line(lat="1.00000", lng="2"), line(lat="2", lng="2"), line("999 99", "-0.1")]
        take(*lines)
        assert take(*lines) == take(*reversed(lines)) == (0, 0, 2, 0)

    def test_a_later_file_takes_the_place_of_an_earlier_one(self, take, find):
        take(line(lat="1", accuracy="6"))
        assert take(line(lat="2", accuracy="1")) == (0, 1, 0, 0)
        assert find(*UMEA).lat == 2

    def test_of_several_lines_those_of_the_best_accuracy_are_averaged(self, take, find):
        take(
            line(lat="1", lng="10", accuracy="4"),
            line(lat="50", lng="50", accuracy="1"),
            line("999 99"),
            line("SE-90326", lat="2", lng="11", accuracy="4"),
            line(lat="50", lng="50", accuracy=""),
        )
        assert find(*UMEA) == Place(1.5, 10.5, approximate=False)

    @pytest.mark.parametrize(
        ("east", "west", "mean"), [("179", "-179", 180.0), ("179", "-177", -179.0), ("177", "-179", 179.0)]
    )
    def test_lines_on_both_sides_of_the_antimeridian_meet_there(self, take, find, east, west, mean):
        take(line(lng=east, country="FJ"), line(lng=west, country="FJ"))
        assert find("FJ", "90326").lng == mean

    def test_bad_lines_are_refused_by_number_and_the_good_ones_go_in(self, container, database, find):
        text = line() + "SE\t1\n" + line(lat="91") + line("999 99")
        done = container.postal_codes.import_file(StringIO(text))
        assert (done.created, done.updated, done.refused) == (1, 1, 2)
        assert [refusal.line for refusal in done.refused_sample] == [2, 3]

    def test_a_code_is_counted_once_over_batches(self, take, monkeypatch):
        monkeypatch.setattr("app.domain.network.postal_codes.BATCH_ROWS", 2)
        assert take(*[line()] * 5, line("999 99"), "bad\n") == (1, 1, 0, 1)

    def test_a_file_that_breaks_off_leaves_nothing(self, container, database, find, monkeypatch):
        monkeypatch.setattr("app.domain.network.postal_codes.BATCH_ROWS", 1)

        class Broken(StringIO):
            def readline(self, size=-1):
                return super().readline(size) or self.fail()

            def fail(self):
                raise EOFError

        with pytest.raises(EOFError):
            container.postal_codes.import_file(Broken(line() + line("999 99")))
        assert find("SE", "99999") is None

    def test_dealers_may_have_moved_so_every_network_is_read_anew_but_only_then(self, take, database):
        tenant = database.execute(
            "INSERT INTO tenant (name, type) VALUES ('T', 'RETAIL') RETURNING id"
        ).fetchone()[0]
        database.execute("INSERT INTO dealer (tenant_id, name) VALUES (%s, 'D')", (tenant,))

        def version():
            asked = database.execute("SELECT version FROM network_version WHERE tenant_id = %s", (tenant,))
            return asked.fetchone()[0]

        before = version()
        take(line())
        moved = version()
        take(line())
        assert before < moved == version()

    def test_a_tenant_writes_no_place(self, database, container):
        tenant = database.execute(
            "INSERT INTO tenant (name, type) VALUES ('T', 'RETAIL') RETURNING id"
        ).fetchone()[0]
        with container.unit_of_work.tenant(tenant) as connection:
            assert connection.exec_driver_sql("UPDATE postal_code SET lat = 0").rowcount == 0


def test_a_newer_shipped_file_corrects_what_an_older_one_brought_and_nothing_else(
    database, take, find, container
):
    with container.unit_of_work.platform() as connection:
        postal_codes_shipped.load(connection)
    take(line(lat="1", lng="2"))
    shipped = find("SE", "11122")
    database.execute("DELETE FROM postal_code WHERE country = 'SE' AND code = '11122'")
    database.execute("UPDATE postal_code SET lat = 0 WHERE country = 'SE' AND code = '11130'")
    with container.unit_of_work.platform() as connection:
        assert postal_codes_shipped.load(connection) == 2
    assert find(*UMEA) == Place(1, 2, approximate=False)
    assert find("SE", "11122") == shipped
    assert find("SE", "11130").lat > 59


@pytest.fixture
def run(engines, tmp_path, capsys, monkeypatch, database):
    """`scripts/admin postal-codes import FILE`: the exit code, its JSON, its stderr."""
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "BROKER_URL"):
        monkeypatch.delenv(name, raising=False)
    record = {"databaseUrl": engines.app_url, "redisUrl": engines.redis_url, "brokerUrl": engines.broker_url}
    (tmp_path / "system.json").write_text(json.dumps(record))
    monkeypatch.setattr("app.telemetry.logs.configure", lambda level: None)

    def call(path):
        code = admin.main(["--data-dir", str(tmp_path), "postal-codes", "import", str(path)])
        out, err = capsys.readouterr()
        return code, json.loads(out) if out else None, err

    return call


TEXT = (line() + line("999 99") + "bad\n").encode()
ANSWER = {
    "created": 1,
    "updated": 1,
    "unchanged": 0,
    "refused": 1,
    "refusedSample": [
        {"line": 3, "reason": "has 1 columns where GeoNames' files have 12, separated by tabs"},
    ],
}


class TestTheCommand:
    def written(self, tmp_path, ending):
        path = tmp_path / f"SE.{ending}"
        if ending == "zip":
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("readme.txt", "Readme for GeoNames Postal Code files")
                archive.writestr("SE.txt", TEXT)
        else:
            path.write_bytes(gzip.compress(TEXT) if ending == "gz" else TEXT)
        return path

    @pytest.mark.parametrize("ending", ["txt", "tsv", "gz", "zip"])
    def test_it_takes_the_file_as_geonames_ships_it_or_unpacked(self, run, tmp_path, ending):
        path = self.written(tmp_path, ending)
        assert run(path) == (0, ANSWER, "")
        assert run(path)[1] | {"refusedSample": []} == {
            "created": 0,
            "updated": 0,
            "unchanged": 2,
            "refused": 1,
            "refusedSample": [],
        }

    def test_a_byte_order_mark_and_a_byte_that_is_not_utf8(self, run, tmp_path):
        path = tmp_path / "SE.txt"
        path.write_bytes(b"\xef\xbb\xbf" + line().encode() + line("1").encode("latin-1"))
        answer = run(path)[1]
        assert (answer["updated"], answer["refusedSample"]) == (
            1,
            [{"line": 2, "reason": "has a NUL or a character that is not UTF-8"}],
        )

    @pytest.mark.parametrize(
        ("ending", "content", "reason"),
        [
            ("gz", b"no gzip", "Not a gzipped file"),
            ("gz", gzip.compress(b"x" * 10_000, mtime=0)[:20], "ended before"),
            ("zip", b"no zip", "not a zip file"),
        ],
    )
    def test_what_cannot_be_unpacked_is_bad_input(self, run, tmp_path, ending, content, reason):
        path = tmp_path / f"broken.{ending}"
        path.write_bytes(content)
        code, _, err = run(path)
        assert (code, reason in err) == (1, True)
        assert err.startswith(f"scripts/admin: {path} cannot be read: ")

    def test_a_file_that_is_not_there_is_bad_input(self, run, tmp_path):
        assert run(tmp_path / "none.txt")[2].endswith("none.txt cannot be read: No such file or directory\n")
        assert run(tmp_path)[2].endswith("cannot be read: Is a directory\n")

    @pytest.mark.parametrize("names", [["readme.txt"], ["SE.txt", "FI.txt"]])
    def test_an_archive_holds_one_file_of_codes(self, run, tmp_path, names):
        path = tmp_path / "SE.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for name in names:
                archive.writestr(name, TEXT)
        assert "must hold one .txt file beside readme.txt" in run(path)[2]

    def test_an_archive_whose_bytes_were_changed_leaves_nothing(self, run, tmp_path, find):
        path = self.written(tmp_path, "zip")
        path.write_bytes(path.read_bytes().replace(b"999 99", b"888 88"))
        code, _, err = run(path)
        assert (code, "Bad CRC-32" in err) == (1, True)
        assert find("SE", "88888") is None
