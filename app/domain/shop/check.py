"""What a connection test finds: may a push begin, and if not, what is to be done."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from app.domain.errors import ConflictError
from app.domain.shop.connection import OPTIONAL_SCOPES, Connection, ConnectionState, missing_scopes
from app.domain.shop.ports import ShopInfo


class LocationGoneError(ConflictError):
    """The shop has no such location, or none at all."""

    code: ClassVar[str] = "location_gone"


@dataclass(frozen=True, slots=True)
class Check:
    """What a connection test found; `code` is None when all is well."""

    code: str | None
    message: str
    missing_scopes: Sequence[str]

    def shown(self) -> dict[str, Any]:
        """As the portal gets it."""
        return {
            "ok": self.code is None,
            "code": self.code,
            "message": self.message,
            "missingScopes": list(self.missing_scopes),
        }


def checked(connection: Connection, info: ShopInfo) -> Check:
    """Once the shop let us in."""
    missing = missing_scopes(info.scopes)
    needed = [scope for scope in missing if scope not in OPTIONAL_SCOPES]
    if needed:
        message = (
            f"the app lacks {', '.join(needed)}: release a version of it that has them, then connect again"
        )
        return Check("missing_scope", message, missing)
    if connection.location.id not in {one.id for one in info.locations}:
        message = "the location that stock went to is no longer active; choose another"
        return Check(LocationGoneError.code, message, missing)
    if connection.state is ConnectionState.UNINSTALLED:
        message = (
            "the app was removed and is installed again: connect again, so that the shop tells us its news"
        )
        return Check("reconnect", message, missing)
    return Check(None, "all is well", missing)
