"""When a row came into each of its states, how long it was there, and what that took before.

Of what goes through states one after the other: a deploy, an upgrade. What nobody saw is not told:
a change that was only found later has no instant, and what it took is not known.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import Dict, Iterable, List, Mapping, Optional, Sequence, Tuple

from backend.kinds.once import once_each
from backend.known import Known, Passage
from backend.units import DAY_MS, clock, span, stopwatch

# Of more former times the latest count.
TIMES = 5

Life = Tuple[Passage, ...]


@dataclass(frozen=True)
class Stay:
    """From one state to another: epoch ms, ``ended_ms`` None while it is on its way.

    ``at_least``: it began then or before. ``is_exact`` where both ends were seen.
    """

    began_ms: int
    ended_ms: Optional[int] = None
    at_least: bool = False
    is_exact: bool = False

    def took_ms(self, now_ms: int) -> int:
        """Return how long it took, or takes so far."""
        return max((now_ms if self.ended_ms is None else self.ended_ms) - self.began_ms, 0)

    def told(self, now_ms: int) -> str:
        """Return since when and how long, in 14 cells at most: ``03:20Z 4:31``, or ``>4:31``."""
        took = stopwatch(self.took_ms(now_ms))
        return f">{took}" if self.at_least else f"{moment(self.began_ms, now_ms)} {took}"


def moment(ms: int, now_ms: int) -> str:
    """Return an instant of the last day as time of day, else how long ago it was."""
    return clock(ms) if now_ms - ms < DAY_MS else f"{span(now_ms - ms)} ago"


def life_of(kind: str, row_id: str, state: str, field: str, known: Known) -> Life:
    """Return through which states a row went since it came, to the one in which it is now."""
    mine = _by_row(known.memory.passages.get(kind, ())).get(row_id, ())
    life = list(mine[-1]) if mine else []
    if life and not life[-1].value:
        life = []  # it is there again, and the record has not heard of it yet
    since = known.since(kind, row_id, field)
    if since is not None and (not life or life[-1].value != state):
        life.append(Passage(row_id, state, since.ms, since.at_least))
    return tuple(life)


def lives(kind: str, known: Known) -> Tuple[Life, ...]:
    """Return through which states all rows of a kind went, each time by itself, newest first."""
    by_row = _by_row(known.memory.passages.get(kind, ()))
    found = [life for several in by_row.values() for life in several]
    return tuple(sorted(found, key=lambda life: life[-1].ms, reverse=True))


def latest(life: Life, through: str) -> Life:
    """Return a life from the last time on that it came to ``through``."""
    at = [at for at, one in enumerate(life) if one.value == through]
    return life[at[-1] :] if at else ()


@once_each
def _by_row(passages: Life) -> Mapping[str, Tuple[Life, ...]]:
    """Return the lives of each row, oldest first: a passage to "" ends one."""
    found: Dict[str, List[List[Passage]]] = {}
    for one in passages:
        mine = found.setdefault(one.row_id, [])
        if not mine or not mine[-1][-1].value:
            mine.append([])
        mine[-1].append(one)
    return {row_id: tuple(map(tuple, several)) for row_id, several in found.items()}


def stay(life: Life, through: str, ends: Sequence[str]) -> Optional[Stay]:
    """Return when it came to ``through``, and from there to the first of ``ends``; None: never."""
    at = next((at for at, one in enumerate(life) if one.value == through), None)
    if at is None:
        return None
    began = life[at]
    ended = next((one for one in life[at + 1 :] if one.value in ends), None)
    return Stay(
        began_ms=began.ms,
        ended_ms=ended.ms if ended is not None else None,
        at_least=began.at_least,
        is_exact=ended is not None and not (began.at_least or ended.at_least),
    )


def took_before(of: Iterable[Life], through: str, ends: Sequence[str]) -> Tuple[int, ...]:
    """Return how long it took in those lives in ms, where both ends were seen, newest first."""
    stays = (stay(life, through, ends) for life in of)
    exact = [one.took_ms(0) for one in stays if one is not None and one.is_exact]
    return tuple(exact[:TIMES])


def now_words(life: Life, now_ms: int) -> str:
    """Return since when a row is in its state, and how long: "" where nobody knows."""
    if not life:
        return ""
    last = life[-1]
    since = f"{'by' if last.at_least else 'since'} {moment(last.ms, now_ms)}"
    return f"{last.value} {since}, {'>' * last.at_least}{stopwatch(now_ms - last.ms)}"


def usual(times: Sequence[int]) -> str:
    """Return what is usual of former times, ``~4:31``, "" where there are none."""
    return f"~{stopwatch(round(statistics.median(times)))}" if times else ""


def before_words(times: Sequence[int]) -> str:
    """Return what it took before in words."""
    said = " ".join(stopwatch(ms) for ms in times)
    return f"took {said} here before" if times else "what it takes here is not known yet"
