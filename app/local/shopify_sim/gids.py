"""Global ids: `gid://shopify/<kind>/<number>`, some with a query."""

import re

from graphql import GraphQLError

_GID = re.compile(r"gid://shopify/([A-Za-z0-9]+)/(\d+)(\?[^\s]*)?")


def parsed(gid: str) -> tuple[str, int]:
    """Kind and number. Anything else is refused, as `Invalid global id`."""
    match = _GID.fullmatch(gid)
    if not match:
        raise GraphQLError(f"Invalid global id '{gid}'", extensions={"code": "argumentLiteralsIncompatible"})
    return match[1], int(match[2])


def number(gid: str | None, *kinds: str) -> int | None:
    """The number of an id of one of these kinds; None for another kind's."""
    if gid is None:
        return None
    kind, found = parsed(gid)
    return found if kind in kinds else None
