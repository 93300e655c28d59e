"""What a row is called on a screen, where its service names what it is of by a number alone."""

from __future__ import annotations

from typing import Any

from backend.kind import Kind
from backend.known import Known


def called(kind: Kind[Any], row: Any, known: Known) -> str:
    """Return what people call a row; one that is ``called`` otherwise says so itself."""
    own = getattr(row, "called", None)
    return str(own(known)) if own is not None else kind.name_of(row)
