"""Rows in the formats that suppliers use."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

Row = Mapping[str, Any]

KINDS: Mapping[str, str] = {
    "json": "application/json",
    "nested": "application/json",
    "keyed": "application/json",
    "csv": "text/csv; charset=utf-8",
    "xml": "application/xml",
}


def written(form: str, rows: Sequence[Row], following: str | None, *, wrapped: bool) -> bytes:
    """A page. `following` leads to the next one; `wrapped`: a flat list gets an object round it to say so."""
    if form == "csv":
        return _csv(rows)
    if form == "xml":
        return _xml(rows, following)
    return json.dumps(_document(form, rows, following, wrapped=wrapped)).encode()


def _document(form: str, rows: Sequence[Row], following: str | None, *, wrapped: bool) -> Any:
    if form == "nested":
        return {"data": {"items": [_nested(row) for row in rows]}, "next": following}
    if form == "keyed":
        return {"stock": {row["sku"]: row for row in rows}, "next": following}
    return {"items": rows, "next": following} if wrapped else rows


def _nested(row: Row) -> dict[str, Any]:
    stock = {name: row[name] for name in ("qty", "incoming", "updatedAt")}
    return {"sku": row["sku"], "price": row["price"], "leadTimeDays": row["leadTimeDays"], "stock": stock}


def _csv(rows: Sequence[Row]) -> bytes:
    held = io.StringIO(newline="")
    names = ["sku", "qty", "price", "incoming", "leadTimeDays", "updatedAt"]
    writer = csv.DictWriter(held, names, delimiter=";", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return held.getvalue().encode()


def _xml(rows: Sequence[Row], following: str | None) -> bytes:
    root = Element("stock")
    for row in rows:
        item = SubElement(root, "item", sku=str(row["sku"]))
        for name, value in row.items():
            if name != "sku":
                SubElement(item, name).text = str(value)
    if following:
        SubElement(root, "next").text = following
    told: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return told
