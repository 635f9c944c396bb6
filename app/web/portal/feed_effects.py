"""What a held feed would do, on its page: the rows beside the stock of this moment, those it would empty first."""

from typing import Any, Final

from flask import request

from app.domain.errors import ConflictError, InvalidInputError
from app.domain.stock.feed import Feed
from app.domain.stock.preview import Effect
from app.web.context import container, principal
from app.web.paging import decode_index, encode
from app.web.portal.lists import following

ROWS_A_PAGE: Final = 100
ALL: Final = "all"
EFFECTS: Final = {
    Effect.EMPTY: ("to zero", "bad", "In stock now, and out of stock then."),
    Effect.LOWER: ("less", "warn", "In stock then too, with less than now."),
    Effect.RAISE: ("more", "good", "More in stock than now."),
    Effect.LEAVE: ("as now", "plain", "The stock stays what it is."),
    Effect.SKIP: (
        "no effect",
        "plain",
        "Not found, older than what stands, doubled or malformed.",
    ),
}


def would_do(feed: Feed) -> dict[str, Any]:
    """A page of its rows, those that would empty a part unless others are asked for."""
    effect, cursor = _effect(), request.args.get("cursor")
    told: dict[str, Any] = {"held": True, "effect": effect, "effects": EFFECTS}
    try:
        page = container().feed_preview.rows(
            principal().tenant,
            feed.id,
            effect=effect,
            from_index=decode_index(cursor) if cursor else 0,
            limit=ROWS_A_PAGE,
        )
    except ConflictError as gone:
        return told | {"gone": str(gone)}
    more = None if page.next_index is None else following(encode(page.next_index))
    return told | {"rows": page.rows, "more": more}


def _effect() -> Effect | None:
    """None: every one."""
    asked = request.args.get("effect") or Effect.EMPTY.value
    try:
        return None if asked == ALL else Effect(asked)
    except ValueError:
        raise InvalidInputError(f"effect is one of {', '.join(Effect)}, or {ALL}") from None
