"""At which places a reading has other rows than the one before: found once for all who ask."""

from __future__ import annotations

from itertools import compress, count
from operator import is_not
from typing import Any, List, Tuple

Rows = Tuple[Any, ...]
Places = Tuple[int, ...]

# A kind that is looked at and one that is heard beside it.
_KEPT = 2
_kept: List[Tuple[Rows, Rows, Places]] = []


def changed_places(before: Rows, rows: Rows) -> Places:
    """Return where ``rows`` has another object than ``before``, which is as long.

    To compare ten thousand rows takes two milliseconds, and the table, the verdict and each sum
    ask for the same two readings. Two threads may compare twice, and never see half an answer.
    """
    for one, other, places in _kept[:]:
        if one is before and other is rows:
            return places
    found = tuple(compress(count(), map(is_not, rows, before)))
    _kept[:] = [(before, rows, found), *_kept[: _KEPT - 1]]
    return found
