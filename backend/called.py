"""What a row is called on a screen, where its label alone would not tell which it is."""

from __future__ import annotations

from typing import Any

from backend.kind import Kind
from backend.known import Known


def called(kind: Kind[Any], row: Any, known: Known) -> str:
    """Return what a row is called on a screen: its label, unless its kind says more of it."""
    return kind.name_of(row) if kind.called is None else kind.called(row, known)
