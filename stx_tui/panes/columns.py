"""Which columns there is room for, and how wide each is: a table never scrolls sideways."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, List, Optional, Sequence, Tuple

from backend.kind import Column

# Long text is narrowed to so many cells before a column goes; the last resort is the first column.
READABLE = 16
# What is left beside the last column that fits is used from so many cells on.
LEAST = 3


@dataclass(frozen=True)
class Fitted:
    """One column as it is shown: where it stands in the kind, and its width in cells."""

    index: int
    column: Column[Any]
    width: int


@dataclass(frozen=True)
class Fit:
    """All columns shown, with ``gap`` cells between two."""

    columns: Tuple[Fitted, ...]
    gap: int

    @property
    def cells(self) -> int:
        """How many cells they take."""
        return sum(one.width for one in self.columns) + self.gap * (len(self.columns) - 1)


def fit(columns: Sequence[Column[Any]], longest: Sequence[int], room: int) -> Fit:
    """Return what fits into ``room`` cells; ``longest`` are the widths the values take.

    A column wants no more than its ``most``, but the first one, the name, where only ``wide``
    columns would have to go for it. First the ``wide`` columns go, last one first; then
    the gaps, then long texts are narrowed; then columns go from the right, but for what still fits
    of the last one. The first one always stays, and is cut only when there is no room for another.
    Where room is left, columns that were cut at their ``most`` get it, the first one first.
    """
    wants = [_want(column, cells) for column, cells in zip(columns, longest)]
    shown = list(range(len(columns)))
    named = [max(wants[0], longest[0]), *wants[1:]]
    if _taken([at for at in shown if not at or not columns[at].wide], named, 2) <= room:
        wants = named
    extra = [index for index in shown if columns[index].wide]
    while extra and _taken(shown, wants, 2) > room:
        shown.remove(extra.pop())
    gap = 2 if _taken(shown, wants, 2) <= room else 1
    last: Optional[int] = None
    while True:
        widths = _narrowed(columns, wants, shown, room - gap * (len(shown) - 1))
        if sum(widths) + gap * (len(shown) - 1) <= room or len(shown) == 1:
            break
        last = shown.pop()
    if len(shown) == 1:
        widths = [max(min(wants[shown[0]], room), 1)]
    rest = room - sum(widths) - gap * len(shown)
    if last is not None and rest >= min(LEAST, wants[last]):
        shown.append(last)
        widths.append(min(rest, wants[last]))
    rest = room - sum(widths) - gap * (len(shown) - 1)
    for at, index in enumerate(shown):
        if rest > 0 and not columns[index].width:
            more = max(min(longest[index] - widths[at], rest), 0)
            widths[at] += more
            rest -= more
    fitted = (
        Fitted(index=index, column=columns[index], width=width)
        for index, width in zip(shown, widths)
    )
    return Fit(columns=tuple(fitted), gap=gap)


def _want(column: Column[Any], longest: int) -> int:
    return max(column.width or min(longest, column.most), len(column.heading))


def _taken(shown: Sequence[int], wants: Sequence[int], gap: int) -> int:
    return sum(wants[index] for index in shown) + gap * (len(shown) - 1)


def _narrowed(
    columns: Sequence[Column[Any]], wants: Sequence[int], shown: Sequence[int], room: int
) -> List[int]:
    """Return the widths with the widest taken down, cell by cell, until all fit or none can."""
    widths = [wants[index] for index in shown]
    # Two controllers cut to one name would be worse than no second column.
    least = [
        min(wants[index], max(len(columns[index].heading), READABLE)) if index else wants[0]
        for index in shown
    ]
    while sum(widths) > room:
        spare = [at for at, width in enumerate(widths) if width > least[at]]
        if not spare:
            break
        widths[max(spare, key=widths.__getitem__)] -= 1
    return widths
