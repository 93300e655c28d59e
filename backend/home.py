"""A path as people write it: from somebody's home on."""

from __future__ import annotations

import os
from pathlib import Path


def at_home(text: str) -> Path:
    """Return a path with its ``~`` replaced; one of a person who is not here is not found later."""
    # pathlib's own ends in a RuntimeError there: a typing error would end the console.
    return Path(os.path.expanduser(text))  # noqa: PTH111
