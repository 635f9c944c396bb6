"""What lets us into a source, put into a request, and only into one to the source's own origin."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from app.adapters.outbound.exchange import Call, Place, place_of
from app.adapters.outbound.tokens import Tokens
from app.domain.suppliers.source import Source


class Credentials:
    """One source's, during one call."""

    def __init__(self, source: Source, secrets: Mapping[str, str], tokens: Tokens, call: Call) -> None:
        self._auth = source.auth
        self._secrets = secrets
        self._tokens = tokens
        self._call = call
        self._origin = place_of(source.url).origin if source.url else None
        self._token: str | None = None

    def given_to(self, place: Place) -> tuple[Place, dict[str, str]]:
        """The place with a key in its query, or the headers that let us in; neither for another origin."""
        auth = self._auth
        if place.origin != self._origin or auth.kind == "none":
            return place, {}
        if auth.kind == "apiKey":
            value = self._secrets["value"]
            return (
                (with_query(place, {auth.name: value}), {})
                if auth.place == "query"
                else (place, {auth.name: value})
            )
        if auth.kind == "basic":
            named = f"{auth.username}:{self._secrets['password']}"
            return place, {"Authorization": f"Basic {b64encode(named.encode()).decode()}"}
        return place, {"Authorization": f"Bearer {self._bearer()}"}

    def renewed(self) -> bool:
        """After a 401: whether there is something else to try, which is a new token, once."""
        before, self._token = self._token, None
        if self._auth.kind != "oauth2" or before is None:
            return False
        self._token = self._tokens.get(
            self._auth, self._secrets["clientSecret"], self._call, instead_of=before
        )
        return True

    def _bearer(self) -> str:
        if self._token is None:
            self._token = self._tokens.get(self._auth, self._secrets["clientSecret"], self._call)
        return self._token


def with_query(place: Place, parameters: Mapping[str, Any]) -> Place:
    """With these parameters, in place of those of the same names."""
    path, _, query = place.target.partition("?")
    kept = [one for one in query.split("&") if one and _name(one) not in parameters]
    return replace(place, target=f"{path}?{'&'.join([*kept, urlencode(parameters)])}")


def _name(pair: str) -> str:
    read = parse_qsl(pair, keep_blank_values=True)
    return read[0][0] if read else ""
