"""A cell's value as text that is safe to show: printable, on one line, not too long."""

from __future__ import annotations

from typing import Any

from backend.clean import clean

# Longer than any screen is wide; what is behind it is never looked at.
LONGEST = 500


def safe(value: Any) -> str:
    """Return a value as one line of printable text: None as ``-``, lists with blanks between."""
    if value is None:
        return "-"
    text = value if isinstance(value, str) else _plain(value)
    return clean(text[:LONGEST])


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return " ".join(str(item) for item in value)
    return str(value)
