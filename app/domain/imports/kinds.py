"""What a kind of import file is: its columns, and what a row of it must say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.domain.imports import values


@dataclass(frozen=True, slots=True)
class Field:
    """A column of a file: the database's name for it, its parser, and what clearing it means."""

    column: str
    parse: values.Parser
    clearable: bool = True
    cleared: Any = None


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file. `key` is what one file may name only once; `required` a row must have.

    `group`: those of the fields that tell a variant group, if the kind has such; `variantGroup` is its code.
    """

    key: str
    fields: Mapping[str, Field]
    required: tuple[str, ...]
    group: Mapping[str, Field] = field(default_factory=dict)
