"""Taking a mechanism out of its SQL: the text must hold the piece, so that a control never rots unseen."""

import re
from types import ModuleType

import pytest
from sqlalchemy import text


def without(
    monkeypatch: pytest.MonkeyPatch, module: ModuleType, statement: str, piece: str, instead: str = ""
) -> None:
    """Replace what the pattern matches in a module's statement for the length of a test."""
    whole = getattr(module, statement).text
    maimed, count = re.subn(piece, instead, whole, flags=re.DOTALL)
    assert count == 1, f"{statement} no longer has {piece!r}"
    monkeypatch.setattr(module, statement, text(maimed))
