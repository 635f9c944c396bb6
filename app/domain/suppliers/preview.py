"""What a supplier file makes of a report: of one that is tried, before anything is kept, or of one that is held."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, Final

from app.domain.errors import InvalidInputError
from app.domain.suppliers.kept import Payload
from app.domain.suppliers.reading import read_report
from app.domain.suppliers.source import Fetched, Fetcher, Report, ReportRow, Source
from app.domain.suppliers.supplier import Described, SkuTerms, described

ROWS_SHOWN: Final = 20
BEGINNING: Final = 2_000
Secrets = Callable[[Described], Mapping[str, str]]
"""What lets us in by a file: what it brings, or what is kept."""


def preview(
    fetcher: Fetcher, secrets: Secrets, document: object, payload: str | None, now: datetime
) -> dict[str, Any]:
    """What a supplier file makes of a payload that was pasted, or, without one, of what its source sends now.

    Raises InvalidInputError, SourceRefusedError, SourceTransientError, and what `secrets` raises.
    """
    told = described(document)
    source = told.supplier.source
    if payload is not None:
        source = replace(source, encoding="utf-8")  # as text it came in the request's encoding
        report = read_report(source, [payload.encode(errors="replace")], now=now)
        return _shown(told.supplier.skus, report, None)
    if not source.url:
        raise InvalidInputError("payload: is needed, since the file has no url that could be asked")
    fetched = fetcher.fetch(source, secrets(told))
    return _shown(told.supplier.skus, read_report(source, fetched.pages, now=now), fetched)


def looked_at(source: Source, payload: Payload, now: datetime) -> dict[str, Any]:
    """What a kept payload says by the supplier's mapping, and how it begins. Raises SourceRefusedError."""
    report = read_report(payload.source(source), payload.pages, now=now)
    beginning = payload.pages[0][:BEGINNING] if payload.pages else b""
    return {**_shown({}, report, None), "beginning": beginning.decode(errors="replace")}


def _shown(skus: Mapping[str, SkuTerms], report: Report, fetched: Fetched | None) -> dict[str, Any]:
    return {
        "rows": [_row(skus.get(row.sku), row) for row in report.rows[:ROWS_SHOWN]],
        "malformed": [asdict(one) for one in report.malformed],
        "counts": {
            "received": report.received,
            "rows": len(report.rows),
            "duplicates": report.duplicates,
            "malformed": report.malformed_count,
            "ignored": {name: one.count for name, one in report.ignored.items()},
        },
        "whole": report.whole,
        "fetched": fetched and _fetched(fetched),
    }


def _row(terms: SkuTerms | None, row: ReportRow) -> dict[str, Any]:
    return {
        "sku": row.sku,
        "partNumber": terms and terms.part_number,
        "quantity": row.quantity,
        "asOf": row.as_of,
        "incoming": row.incoming,
        "reserved": row.reserved,
        "price": None if row.price is None else str(row.price),
        "leadTimeDays": row.lead_time_days,
    }


def _fetched(fetched: Fetched) -> dict[str, Any]:
    return {
        "pages": len(fetched.pages),
        "bytes": sum(map(len, fetched.pages)),
        "elapsedS": round(fetched.elapsed_s, 3),
        "conditional": bool(fetched.etag or fetched.last_modified),
    }
