"""Who may read or write what: the scopes that Shopify's schema asks for in `requiredAccess`.

The sentence is Shopify's and not made for machines. Of it, the alternatives before «Also:» are scopes, joined by
commas and «or»; «Also:» speaks of staff users, which an app's own token is not. `write_x` includes `read_x`
(https://shopify.dev/docs/api/usage/access-scopes).
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

_SCOPE = re.compile(r"`((?:read|write)_[a-z_]+)`")


@dataclass(frozen=True)
class Access:
    """One rule: any of these scopes lets one in."""

    sentence: str
    any_of: frozenset[str]

    def allows(self, granted: Collection[str]) -> bool:
        """Whether these scopes are enough. A rule without scopes asks for nothing that an app could have."""
        return not self.any_of or any(scope in granted for scope in self.any_of)


def widened(scopes: Collection[str]) -> frozenset[str]:
    """The scopes with what they include."""
    return frozenset(scopes) | {
        scope.replace("write_", "read_", 1) for scope in scopes if scope.startswith("write_")
    }


def access_of(sentence: str | None) -> Access | None:
    """A rule out of Shopify's sentence; None where it names no scope."""
    if not sentence:
        return None
    scopes = _SCOPE.findall(sentence.split("Also:")[0])
    return Access(sentence, frozenset(scopes)) if scopes else None


class Rules:
    """All rules of the schema, by type and by field."""

    def __init__(self, introspection: Mapping[str, Any]) -> None:
        self._types = introspection["__schema"]["types"]

    @cached_property
    def of_types(self) -> Mapping[str, Access]:
        """What reading an object of a type asks for."""
        found = {one["name"]: access_of(one.get("requiredAccess")) for one in self._types}
        return {name: access for name, access in found.items() if access}

    @cached_property
    def of_fields(self) -> Mapping[tuple[str, str], Access]:
        """What a field asks for, before its type."""
        return {
            (one["name"], field["name"]): access
            for one in self._types
            for field in one.get("fields") or ()
            if (access := access_of(field.get("requiredAccess")))
        }
