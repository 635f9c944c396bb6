"""Shopify's search syntax, as far as an integration needs it; what is not known here is refused, not ignored.

https://shopify.dev/docs/api/usage/search-syntax: terms stand side by side (AND) or with OR between, `-` or NOT turns one
round, values may be quoted, end in `*`, or begin with a comparison. Text fields such as `sku` are compared word by word:
`sku:AB-1` finds `AB-1-X` too, so whoever needs the exact one compares.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from graphql import GraphQLError

_TERM = re.compile(
    r"""\s*(?P<not>-|NOT\s+)?(?:(?P<field>[a-z_]+):)?(?P<compare>[<>]=?)?(?:"(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>(?:[^'\\]|\\.)*)'|(?P<bare>[^\s()"']+))"""
)
_WORD = re.compile(r"\w+", re.UNICODE)

Reader = Callable[[Any], Any]
Readers = Mapping[str, Reader]


@dataclass(frozen=True)
class Term:
    """One condition."""

    field: str
    value: str
    compare: str
    negated: bool

    def holds(self, subject: Any, readers: Readers) -> bool:
        """Of a subject, read by the field's reader."""
        found = readers[self.field](subject)
        values = found if isinstance(found, (list, tuple, set)) else [found]
        return any(_matches(one, self) for one in values) != self.negated


def search(query: str | None, readers: Readers) -> Callable[[Any], bool]:
    """A predicate. `readers` name the fields; the one named "" is for words without a field."""
    groups = _groups(query or "", readers)
    return lambda subject: all(any(term.holds(subject, readers) for term in group) for group in groups)


def _groups(query: str, readers: Readers) -> list[list[Term]]:
    groups: list[list[Term]] = []
    position, alternative = 0, False
    while query[position:].strip():
        match = _TERM.match(query, position)
        if not match:
            raise _refused(query[position:].strip())
        position = match.end()
        if match["bare"] in ("AND", "OR") and not match["field"]:
            alternative = match["bare"] == "OR"
            continue
        term = _term(match, readers)
        if alternative and groups:
            groups[-1].append(term)
        else:
            groups.append([term])
        alternative = False
    return groups


def _term(match: re.Match[str], readers: Readers) -> Term:
    name = match["field"] or ""
    if name not in readers:
        raise _refused(match[0].strip())
    quoted = match["double"] if match["double"] is not None else match["single"]
    value = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else match["bare"]
    return Term(name, value, match["compare"] or "", bool(match["not"]))


def _refused(text: str) -> GraphQLError:
    return GraphQLError(f"Invalid search query near '{text}'", extensions={"code": "INVALID_FIELD_ARGUMENTS"})


def _matches(found: Any, term: Term) -> bool:
    if isinstance(found, bool):
        return str(found).lower() == term.value.lower()
    if isinstance(found, (int, float)):
        return _compares(found, _number(term.value), term.compare)
    if found is None:
        return False
    if isinstance(found, Exactly):
        return found.lower() == term.value.lower()
    return _has_words(str(found), term.value)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        raise _refused(text) from None


def _compares(found: float, wanted: float, compare: str) -> bool:
    if compare.startswith("<"):
        return found < wanted or (compare == "<=" and found == wanted)
    if compare.startswith(">"):
        return found > wanted or (compare == ">=" and found == wanted)
    return found == wanted


def _has_words(text: str, wanted: str) -> bool:
    """Whether the words of one stand in the other, in a row; the last one may be a beginning."""
    if wanted == "*":
        return bool(text)
    sought, held = _WORD.findall(wanted.lower()), text.lower()
    if not sought:
        return text == wanted
    if sought[0] not in held:
        return False
    words = _WORD.findall(held)
    for start in range(len(words) - len(sought) + 1):
        row = words[start : start + len(sought)]
        if row == sought:
            return True
        if wanted.endswith("*") and row[:-1] == sought[:-1] and row[-1].startswith(sought[-1]):
            return True
    return False


class Exactly(str):
    """A value that is compared whole, letter case apart."""

    __slots__ = ()
