"""Charts of an application and the values that override theirs, side by side.

sysinv keeps them by application, chart and namespace: the system's, the user's, what both make.
Values may hold passwords: they are never recorded.
"""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Optional, Tuple

from backend.errors import Refused
from backend.figure import Line, Lines
from backend.kind import Row
from backend.known import Known
from backend.mask import MASK
from backend.tone import Tone
from backend.whole import from_yaml

# Keys whose values are shown only to whoever edits them.
_SECRET = ("password", "passwd", "secret", "token", "key", "credential")
_KEY, _CELL = 34, 22


class Chart(Row):
    """A chart of an application, in each namespace with its own values; ``enabled`` likewise."""

    app: str
    name: str
    namespaces: List[str] = []
    enabled: List[Any] = []

    @property
    def namespace(self) -> str:
        """The namespace its values are for: of several the first."""
        return self.namespaces[0] if self.namespaces else ""

    @property
    def key(self) -> str:
        """What names it among all: ``application/chart/namespace``."""
        return f"{self.app}/{self.name}/{self.namespace}"

    @property
    def is_enabled(self) -> bool:
        """Whether it is installed with its application."""
        return not self.enabled or str(self.enabled[0]).casefold() == "true"

    def parent_id(self, _known: Known) -> str:
        """Return the name of its application."""
        return self.app


class Overrides(Row):
    """The values that override a chart's own, as YAML: the system's, the user's, both together."""

    of: str
    name: str
    namespace: str
    system_overrides: Optional[str] = None
    user_overrides: Optional[str] = None
    combined_overrides: Optional[str] = None

    def parent_id(self, _known: Known) -> str:
        """Return the key of its chart."""
        return self.of


def overrides_of(chart: Chart, known: Known) -> Optional[Overrides]:
    """Return the values of a chart, None where nobody read them."""
    return next(iter(known.rows("helm-overrides", of=chart.key)), None)


# --- side by side ------------------------------------------------------------------------------


def values_of(text: Optional[str]) -> Dict[str, Any]:
    """Return YAML of the service as values; what cannot be read stands under one key."""
    if not text or not text.strip():
        return {}
    try:
        return dict(from_yaml(text))
    except Refused:
        return {"(no YAML)": text}


def flat(values: Any, at: str = "") -> Iterator[Tuple[str, Any]]:
    """Yield each value with its path: ``storageClass.name``."""
    if isinstance(values, dict) and values:
        for key, value in values.items():
            yield from flat(value, f"{at}.{key}" if at else str(key))
    elif at:
        yield at, values


def side_by_side(chart: Chart, known: Known) -> Lines:
    """Return the values of system and user, and what is in force, a line for each."""
    found = overrides_of(chart, known)
    if found is None:
        return Lines((Line(text="its values were not read yet"),))
    texts = (found.system_overrides, found.user_overrides, found.combined_overrides)
    sides = [dict(flat(values_of(text))) for text in texts]
    keys = list(dict.fromkeys(key for side in reversed(sides) for key in side))
    if not keys:
        return Lines((Line(text="nothing is overridden: the chart's own values are in force"),))
    wide = min(max(len(key) for key in keys), _KEY)
    rows = [(key, [cell(key, side) for side in sides]) for key in keys]
    room = [min(max(3, *(len(cells[at]) for _, cells in rows)), _CELL) for at in (0, 1)]
    room = [max(one, len(head)) for one, head in zip(room, ("SYSTEM", "USER"))]
    lines = [Line(text=_row("VALUE", wide, room, ["SYSTEM", "USER", "IN FORCE"]))]
    for key, cells in rows:
        tone = Tone.WARN if key in sides[1] else Tone.PLAIN
        lines.append(Line(text=_row(key, wide, room, cells), tone=tone))
    return Lines(tuple(lines))


def cell(key: str, side: Dict[str, Any]) -> str:
    if key not in side:
        return "-"
    value = side[key]
    last = key.rpartition(".")[2].casefold()
    if any(word in last for word in _SECRET) and isinstance(value, str):
        return MASK
    if isinstance(value, bool):
        return "true" if value else "false"
    return "null" if value is None else " ".join(str(value).split()) or '""'


def _row(key: str, wide: int, room: List[int], cells: List[str]) -> str:
    first = [_cut(cell, width).ljust(width) for cell, width in zip(cells, room)]
    return "  ".join((_cut(key, wide).ljust(wide), *first, cells[2]))


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 2]}.."
