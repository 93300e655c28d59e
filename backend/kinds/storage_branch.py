"""One thing of the map of storage, with what stands on it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Callable, DefaultDict, Iterable, List, Mapping, Optional, Tuple

from backend.tone import Tone

MIB = 1024**2


def taken_of(mib: Optional[int], free_mib: Optional[int]) -> Optional[int]:
    """Return how many percent of a size are taken, None where nobody says."""
    if not mib or free_mib is None:
        return None
    return min(max(round(100 * (mib - free_mib) / mib), 0), 100)


@dataclass(frozen=True)
class Branch:
    """One thing of the tree: what it is, in MiB, and the row of its own that it is."""

    id: str
    text: str
    kind: str
    row: str
    mib: Optional[int] = None
    free_mib: Optional[int] = None
    note: str = ""
    # The same in a sentence, where the note has to be short.
    says: str = ""
    tone: Tone = Tone.PLAIN
    below: Tuple[Branch, ...] = ()
    # The tier that draws on it, where it is an OSD's.
    joins: str = ""
    # What it is on any host, where its text is its own.
    like: str = ""

    @property
    def percent(self) -> Optional[int]:
        """How much of it is taken, None where nobody says."""
        return taken_of(self.mib, self.free_mib)

    @property
    def is_well(self) -> bool:
        """Whether it and all that stands on it is as it should be."""
        return self.tone not in (Tone.BAD, Tone.WARN) and all(one.is_well for one in self.below)


def by(rows: Iterable[Any], key: Callable[[Any], Any]) -> Mapping[Any, List[Any]]:
    """Return rows by what ``key`` says of each."""
    found: DefaultDict[Any, List[Any]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return found
