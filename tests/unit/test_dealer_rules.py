"""What a dealer may be: one set of rules for imports, commands and requests."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from app.domain.imports.rows import Refusal, Row, check
from app.domain.network.dealer import DEALERS, FIELDS, ONE_DEALER, Dealer, merged
from app.domain.network.dealers import ListPlace, StoredDealer, plan, shown
from app.domain.network.postal import Place

SOMEBODY = UUID("01980000-0000-7000-8000-000000000000")
STANDING = Dealer(
    name="Umeå Skoter",
    code="U",
    city="Umeå",
    lat=63.8,
    lng=20.3,
    timezone="Europe/Stockholm",
    opening_hours={"mon": [["09:00", "17:00"]]},
)


def change(given, standing=STANDING, tenants=()):
    row = check(ONE_DEALER, 1, given)
    assert isinstance(row, Row), row
    return merged(standing, row.values, tenants)


def refusal(given):
    row = check(ONE_DEALER, 1, given)
    assert isinstance(row, Refusal), row
    return row.reason


def stored(dealer, place=None):
    return StoredDealer(uuid4(), datetime.now(UTC), ListPlace("", b"", SOMEBODY), dealer, place)


class TestOneField:
    @pytest.mark.parametrize(
        ("name", "given", "kept"),
        [
            ("name", " N ", "N"),
            ("code", "00a ", "00a"),
            ("country", "se", "SE"),
            ("website", "https://x.example/a", "https://x.example/a"),
            ("phone", "+46 (0)90-1 2", "+46 (0)90-1 2"),
            ("timezone", "europe/stockholm", "Europe/Stockholm"),
            ("active", "False", False),
            ("active", True, True),
        ],
    )
    def test_it_is_kept_in_one_form(self, name, given, kept):
        assert getattr(change({name: given}), FIELDS[name].column) == kept

    @pytest.mark.parametrize(
        ("name", "given", "reason"),
        [
            ("name", "  ", "name must not be empty"),
            ("name", None, "name must not be empty"),
            ("name", "x" * 201, "name is longer than 200 characters"),
            ("name", 5, "name must be text"),
            ("city", "a\0", "city has a NUL"),
            ("city", "\ud800", "city has a NUL or a character that is not UTF-8"),
            ("country", "UK", "country must be an ISO 3166-1"),
            ("phone", "1\n2", "phone must be printable text"),
            ("website", "javascript:alert(1)", "website must be an http"),
            ("website", "x.example", "website must be an http"),
            ("lat", "90.1", "lat must be degrees from -90 to 90"),
            ("lng", 181, "lng must be degrees from -180 to 180"),
            ("lat", True, "lat must be degrees"),
            ("lat", "1,5", "lat must be degrees"),
            ("lat", float("nan"), "lat must be degrees"),
            ("lat", "1e1", "lat must be degrees"),
            ("linkedTenantId", "12", "linkedTenantId must be a tenant's id"),
            ("linkedTenantId", 12, "linkedTenantId must be a tenant's id"),
            ("timezone", "Stockholm", "timezone must be an IANA time zone"),
            ("openingHours", {"mon": [["9", "17"]]}, "openingHours has on mon a time"),
            ("openingHours", "{", "openingHours cannot be read as JSON"),
            ("active", "yes", "active must be true or false"),
            ("active", 1, "active must be true or false"),
            ("colour", "red", "'colour' is no field here"),
        ],
    )
    def test_what_it_may_not_be_is_told(self, name, given, reason):
        assert refusal({name: given}).startswith(reason)

    @pytest.mark.parametrize("nothing", [None, "", "  "])
    def test_null_and_empty_clear(self, nothing):
        given = dict.fromkeys(FIELDS, nothing) | {"name": "Umeå Skoter"}
        assert change(given) == Dealer(name="Umeå Skoter")

    def test_hours_without_anything_in_them_are_none(self):
        assert change({"openingHours": {}}).opening_hours is None


class TestTheWholeDealer:
    def test_what_is_left_out_stays(self):
        assert change({"city": "Vännäs"}) == replace(STANDING, city="Vännäs")

    def test_a_new_one_needs_a_name(self):
        with pytest.raises(ValueError, match="name is missing"):
            change({"code": "A"}, standing=None)

    def test_it_may_get_one_coordinate_where_the_other_stands(self):
        assert change({"lat": "1"}).lat == 1.0

    @pytest.mark.parametrize(
        ("given", "standing"),
        [({"lat": 1, "name": "N"}, None), ({"lng": 1}, Dealer("N")), ({"lat": None}, STANDING)],
    )
    def test_one_coordinate_alone_is_refused(self, given, standing):
        with pytest.raises(ValueError, match="lat and lng belong together"):
            change(given, standing)

    @pytest.mark.parametrize(
        ("given", "standing"),
        [({"timezone": ""}, STANDING), ({"openingHours": {"mon": []}}, Dealer("N"))],
    )
    def test_hours_without_a_timezone_are_refused(self, given, standing):
        with pytest.raises(ValueError, match="openingHours need a timezone: give one such as"):
            change(given, standing)

    def test_a_link_leads_to_a_tenant_that_exists(self):
        assert change({"linkedTenantId": str(SOMEBODY)}, tenants={SOMEBODY}).linked_tenant_id == SOMEBODY
        with pytest.raises(ValueError, match=f"linkedTenantId: there is no tenant {SOMEBODY}"):
            change({"linkedTenantId": str(SOMEBODY)})

    def test_a_link_that_stands_is_not_asked_for_again(self):
        linked = Dealer("N", linked_tenant_id=SOMEBODY)
        assert change({"city": "X"}, linked).linked_tenant_id == SOMEBODY


class TestABatch:
    def test_each_line_is_created_updated_unchanged_or_refused(self):
        lines = [
            {"code": "U", "city": "Vännäs"},
            {"code": "V", "name": "Same"},
            {"code": "N", "name": "New"},
            {"code": "X"},
            {"code": "Y", "name": "Y", "lat": "1"},
        ]
        rows = [check(DEALERS, line, given) for line, given in enumerate(lines, 2)]
        standing = {"U": stored(STANDING), "V": stored(Dealer("Same", code="V"))}
        made = plan(rows, standing, ())
        assert (made.counts.created, made.counts.updated, made.counts.unchanged) == (1, 1, 1)
        assert [refused.line for refused in made.counts.refused] == [5, 6]
        assert made.new == [Dealer("New", code="N")]
        assert [one.city for one in made.changed.values()] == ["Vännäs"]

    def test_a_line_without_a_code_is_refused(self):
        assert check(DEALERS, 2, {"name": "N"}) == (2, "code is missing")
        assert check(DEALERS, 2, {"code": " "}) == (2, "code must not be empty")


class TestWhereItIs:
    def test_given_coordinates_are_exact(self):
        assert shown(stored(STANDING))["location"] == {
            "lat": 63.8,
            "lng": 20.3,
            "approximate": False,
            "source": "given",
        }

    def test_a_postal_codes_place_says_what_it_is(self):
        location = shown(stored(Dealer("N"), Place(1.0, 2.0, approximate=True)))["location"]
        assert location == {"lat": 1.0, "lng": 2.0, "approximate": True, "source": "postal-code"}

    def test_otherwise_nobody_knows(self):
        told = shown(stored(Dealer("N")))
        assert (told["location"], told["lat"]) == (None, None)

    def test_every_field_is_shown(self):
        assert shown(stored(STANDING)).keys() == {*FIELDS, "dealerId", "location", "createdAt"}
