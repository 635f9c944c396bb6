"""Postal codes as people write them, brought to the form in which they are looked up."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from app.domain.imports.countries import COUNTRIES

TYPED_LENGTH_MAX: Final = 40
CODE_LENGTH_MAX: Final = 20
"""GeoNames' own limit (https://download.geonames.org/export/zip/readme.txt)."""

_ASCII_CODE: Final = re.compile(r"[0-9A-Z]+")
_GB_OUTWARD: Final = r"[A-Z]{1,2}[0-9][0-9A-Z]?"
_GB_FULL: Final = re.compile(rf"({_GB_OUTWARD}|GIR)([0-9][A-Z]{{2}})")
_GB_UP_TO_SECTOR: Final = re.compile(rf"\s*({_GB_OUTWARD})\s+[0-9][A-Z]?\s*")
_BEGINS_WITH_LETTERS: Final[Mapping[str, re.Pattern[str]]] = {
    "GB": re.compile(rf"({_GB_OUTWARD}|GIR)([0-9][A-Z]{{2}})?"),
    "IE": re.compile(r"[A-Z][0-9][0-9W]([0-9A-Z]{4})?"),
    "MT": re.compile(r"[A-Z]{3}[0-9]{0,4}"),
}
_SIGNS: Final[Mapping[str, tuple[str, ...]]] = {
    "AT": ("A",),
    "BE": ("B",),
    "DE": ("D",),
    "EE": ("EST",),
    "ES": ("E",),
    "FI": ("FIN", "SF"),
    "FR": ("F",),
    "GB": ("UK",),
    "HU": ("H",),
    "IE": ("IRL",),
    "IT": ("I",),
    "LU": ("L",),
    "NO": ("N",),
    "PT": ("P",),
    "SE": ("S",),
    "SI": ("SLO",),
}
"""What stands before codes beside the ISO code: the signs of vehicles in international traffic."""
_PREFIXED_IN_THE_DATA: Final = {"LU": "L", "LV": "LV"}


@dataclass(frozen=True, slots=True)
class Place:
    """Degrees (WGS 84); approximate: of the code's town, within some 15 km, and not of the code."""

    lat: float
    lng: float
    approximate: bool


def country_code(text: str) -> str | None:
    """ISO 3166-1 alpha-2 in upper case, UK being GB; None if it is no country's."""
    code = text.strip().upper() if text.isascii() else ""
    code = "GB" if code == "UK" else code
    return code if code in COUNTRIES else None


def canonical(country: str, postal_code: str) -> str:
    """The form that is stored: upper case, letters and digits only, the country's sign as in the data or not at all.

    `country` is a country_code. Empty when it can be no code: nothing left, too long, or letters that are not Latin.
    """
    if len(postal_code) > TYPED_LENGTH_MAX:
        return ""
    code = _normal(postal_code)
    if not _ASCII_CODE.fullmatch(code):
        return ""
    code = _without_sign(country, code)
    prefix = _PREFIXED_IN_THE_DATA.get(country)
    if prefix and code.isdigit():
        code = prefix + code
    return code if len(code) <= CODE_LENGTH_MAX else ""


def lookup_keys(country: str, postal_code: str) -> list[str]:
    """The codes to try, best first; none when the country is no country or the code can be none.

    First the whole code, since GeoNames' full files may have been imported, then the part of it that the
    shipped data or GeoNames' free files have.
    """
    iso = country_code(country)
    code = canonical(iso, postal_code) if iso else ""
    if not iso or not code:
        return []
    if iso == "GB" and (sector := _GB_UP_TO_SECTOR.fullmatch(postal_code.upper())):
        return [sector[1]]  # "N1 9" lies in N1; without its blank it would read as N19
    shorten = _SHORTER.get(iso)
    return list(dict.fromkeys([code, shorten(code)])) if shorten else [code]


def _normal(text: str) -> str:
    """Upper case, letters and digits, the digits of any script as 0 to 9."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        text = "".join(str(unicodedata.decimal(letter, letter)) for letter in text)
    return "".join(filter(str.isalnum, text.upper()))


def _without_sign(country: str, code: str) -> str:
    """D-10115 without its D. A code that begins with letters of its own loses only what leaves a code."""
    form = _BEGINS_WITH_LETTERS.get(country)
    if form and form.fullmatch(code):
        return code
    for sign in (country, *_SIGNS.get(country, ())):
        rest = code.removeprefix(sign)
        if rest != code and (form.fullmatch(rest) if form else rest[:1].isdigit()):
            return rest
    return code


def _leading(count: int) -> Callable[[str], str]:
    return lambda code: code[:count]


def _outward(code: str) -> str:
    full = _GB_FULL.fullmatch(code)
    return full[1] if full else code


def _routing_key(code: str) -> str:
    return code[:3] if len(code) == 7 else code


def _without_cedex(code: str) -> str:
    return code[:5] if code[:5].isdigit() else code


def _major_code(code: str) -> str:
    return code[:5] + "000" if len(code) == 8 else code


# What GeoNames' files have of longer codes (https://download.geonames.org/export/zip/readme.txt) and what the
# shipped file has of them (data/postal-codes/NOTICE). An American ZIP+4 is its ZIP and a street.
_SHORTER: Final[Mapping[str, Callable[[str], str]]] = {
    "AR": _leading(5),
    "BR": _major_code,
    "CA": _leading(3),
    "FR": _without_cedex,
    "GB": _outward,
    "IE": _routing_key,
    "MT": _leading(3),
    "NL": _leading(4),
    "PT": _leading(4),
    "US": _leading(5),
}
