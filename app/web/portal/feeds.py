"""Feeds: the history, one feed as it goes, its rows and their outcomes, and what a person decides about it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Response, flash, render_template, request

from app.domain.errors import InvalidInputError
from app.domain.stock.feed import Feed, FeedStatus, Outcome
from app.domain.stock.history import Wanted
from app.domain.stock.rows_of import RowPage, read_rows
from app.web.context import container, principal
from app.web.paging import cut, decode_index, decode_place, encode
from app.web.portal import feed_effects, feed_files
from app.web.portal.feed_words import (
    EXPLAINED,
    FEED_SURFACES,
    OUTCOMES,
    STATES,
    SURFACES,
    surface_of,
    tally,
)
from app.web.portal.lists import age, following
from app.web.portal.pages import HOME, Link, Pages, is_partial, see

PATH = f"{HOME}/feeds"
pages = Pages(
    "Feeds", Link("Feeds", PATH), Link("Not found", f"{PATH}/not-found"), Link("Aliases", f"{PATH}/aliases")
)

FEEDS_A_PAGE = 50
ROWS_A_PAGE = feed_effects.ROWS_A_PAGE
ROWS_A_READ = 1000
_ONE = f"{PATH}/<uuid:feed_id>"


@pages.page("GET", PATH)
def history() -> str:
    """Newest first, by surface, state and day."""
    given = {name: request.args.get(name, "") for name in ("surface", "status", "since", "until")}
    cursor = request.args.get("cursor")
    feeds, more = cut(
        container().feed_history.list(
            principal().tenant.id,
            _wanted(given),
            FEEDS_A_PAGE + 1,
            decode_place(cursor) if cursor else None,
        ),
        FEEDS_A_PAGE,
        lambda one: (one.accepted_at, one.id),
    )
    return render_template(
        "portal/feeds/list.html",
        feeds=feeds,
        more=following(more),
        given=given,
        filtered=any(given.values()),
        surfaces=[("", "All"), *((one, SURFACES[one]) for one in FEED_SURFACES)],
        statuses=[("", "All"), *((one.value, STATES[one][0]) for one in FeedStatus)],
        **_words(),
    )


@pages.page("GET", _ONE)
def one(feed_id: UUID) -> str:
    """One feed, and a page of its rows: with their outcomes, or with what they would do while it is held."""
    feed = container().feeds.get(principal().tenant.id, feed_id)
    if feed.status is FeedStatus.HELD:
        return render_template("portal/feeds/one.html", **feed_effects.would_do(feed), **_standing(feed))
    outcome, cursor = _outcome(), request.args.get("cursor")
    page = _rows(feed, outcome, decode_index(cursor) if cursor else 0, ROWS_A_PAGE)
    more = None if page.next_index is None else following(encode(page.next_index))
    return render_template(
        "portal/feeds/one.html", rows=page.rows, more=more, outcome=outcome, **_standing(feed)
    )


@pages.page("GET", f"{_ONE}/effects")
def effects(feed_id: UUID) -> str:
    """How many rows of a held feed would do what: a piece of its page, since counting many takes a moment."""
    seen = container().feed_preview.count(principal().tenant, feed_id)
    name = "effects" if is_partial() else "effects_page"
    return render_template(
        f"portal/feeds/{name}.html", seen=seen, effects=feed_effects.EFFECTS, feed=seen.feed, path=PATH
    )


@pages.page("GET", f"{_ONE}/live")
def progress(feed_id: UUID) -> Response:
    """How far it is; when nothing happens any more, the page's rows are told to load themselves."""
    feed = container().feeds.get(principal().tenant.id, feed_id)
    response = Response(render_template("portal/feeds/state.html", **_standing(feed)), mimetype="text/html")
    if feed.status.settled:
        response.headers["HX-Trigger"] = "settled"
    return response


@pages.page("GET", f"{_ONE}/rows.ndjson")
def rows_as_ndjson(feed_id: UUID) -> Response:
    """All rows of the outcome asked for, a JSON object a line."""
    return feed_files.ndjson(feed_id, _every_row(feed_id))


@pages.page("GET", f"{_ONE}/rows.csv")
def rows_as_csv(feed_id: UUID) -> Response:
    """The same as a table."""
    return feed_files.csv(feed_id, _every_row(feed_id))


@pages.page("POST", f"{_ONE}/release")
def release(feed_id: UUID) -> object:
    """Apply a held feed after all."""
    container().feeds.release(principal().tenant.id, feed_id, principal().name)
    flash("The feed is released and will be applied now. What is newer stands.", "message")
    return see(f"{PATH}/{feed_id}")


@pages.page("POST", f"{_ONE}/discard")
def discard(feed_id: UUID) -> object:
    """Never apply it."""
    container().feeds.discard(principal().tenant.id, feed_id, principal().name)
    flash("The feed is discarded: nothing of it will be applied.", "message")
    return see(f"{PATH}/{feed_id}")


@pages.page("POST", f"{_ONE}/replay")
def replay(feed_id: UUID) -> object:
    """Try a failed one again."""
    container().feeds.replay(principal().tenant.id, feed_id, principal().name)
    flash("The feed is tried again, from the first row that was not applied.", "message")
    return see(f"{PATH}/{feed_id}")


def _standing(feed: Feed) -> dict[str, Any]:
    failed = feed.status is FeedStatus.FAILED
    return {
        "feed": feed,
        "counts": tally(feed),
        "decisions": container().feed_history.decisions(feed.tenant_id, feed.id),
        "replayable": failed and container().feed_history.replayable(feed.tenant_id, feed.id),
        **_words(),
    }


def _words() -> dict[str, Any]:
    return {
        "states": STATES,
        "outcomes": OUTCOMES,
        "explained": EXPLAINED,
        "surface_of": surface_of,
        "tally": tally,
        "age": age,
        "path": PATH,
    }


def _rows(feed: Feed, outcome: Outcome | None, from_index: int, limit: int) -> RowPage:
    return read_rows(
        container().feed_transactions,
        feed.tenant_id,
        feed.id,
        outcome=outcome,
        from_index=from_index,
        limit=limit,
    )


def _every_row(feed_id: UUID) -> Iterator[dict[str, Any]]:
    """Page by page, so that no feed is too large; the first is read before anything is answered."""
    here, tenant_id, outcome = container(), principal().tenant.id, _outcome()

    def read(from_index: int) -> RowPage:
        return read_rows(
            here.feed_transactions,
            tenant_id,
            feed_id,
            outcome=outcome,
            from_index=from_index,
            limit=ROWS_A_READ,
        )

    first = read(0)

    def all_of_them() -> Iterator[dict[str, Any]]:
        page = first
        yield from page.rows
        while page.next_index is not None:
            page = read(page.next_index)
            yield from page.rows

    return all_of_them()


def _outcome() -> Outcome | None:
    """None: every one."""
    asked = request.args.get("outcome", "")
    try:
        return Outcome(asked) if asked else None
    except ValueError:
        raise InvalidInputError(f"outcome is one of {', '.join(Outcome)}") from None


def _wanted(given: dict[str, str]) -> Wanted:
    try:
        status = FeedStatus(given["status"]) if given["status"] else None
        since, until = _day(given["since"]), _day(given["until"])
        until = until and until + timedelta(days=1)
    except (ValueError, OverflowError):
        raise InvalidInputError("choose a state of the list, and days as YYYY-MM-DD") from None
    return Wanted(given["surface"] or None, status, since, until)


def _day(given: str) -> datetime | None:
    """A day's first moment in UTC."""
    return datetime.combine(date.fromisoformat(given), datetime.min.time(), UTC) if given else None
