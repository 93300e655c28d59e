"""``once``: what is worked out of one Known for all its rows, worked out one time."""

from __future__ import annotations

from functools import wraps
from typing import Callable, Dict, List, Optional, Tuple, TypeVar
from weakref import ref

from backend.places import changed_places

K = TypeVar("K")
V = TypeVar("V")


def once(work: Callable[[K], V]) -> Callable[[K], V]:
    """Return ``work`` with its last answer kept for as long as it is asked of the same object.

    By identity, as Known holds mappings and has no hash; a new Known is a new object. A Known that
    nobody has any more goes with its answer: rows that changed since are not held by a screen that
    was left. Two threads may work twice, and never see half an answer.
    """
    kept: List[Tuple[Callable[[], Optional[K]], V]] = []

    def let_go(gone: object) -> None:
        if kept[:1] and kept[0][0] is gone:
            kept.clear()

    @wraps(work)
    def kept_or_new(of: K) -> V:
        last = kept[:]
        if last and last[0][0]() is of:
            return last[0][1]
        answer = work(of)
        kept[:] = [(_held(of, let_go), answer)]
        return answer

    return kept_or_new


def _held(of: K, let_go: Callable[[object], None]) -> Callable[[], Optional[K]]:
    """Return what gives it back as long as it is there: what takes no weak reference always is."""
    try:
        return ref(of, let_go)
    except TypeError:
        return lambda: of


# How many kinds are looked through at once by what answers for the rows of any.
_KINDS = 8


def once_each(work: Callable[[K], V]) -> Callable[[K], V]:
    """Return ``work`` with its last answers kept, for the rows of several kinds in turn."""
    kept: List[Tuple[K, V]] = []

    @wraps(work)
    def kept_or_new(of: K) -> V:
        for one, answer in kept[:]:
            if one is of:
                return answer
        made = work(of)
        kept[:] = [(of, made), *kept[: _KINDS - 1]]
        return made

    return kept_or_new


def sifted(test: Callable[[K], bool]) -> Callable[[Tuple[K, ...]], Tuple[K, ...]]:
    """Return what finds the rows that pass ``test``, in their order, from reading to reading.

    A row that did not change keeps its object, and its place as long as none came or went: of ten
    thousand, only the twenty that changed are tested. ``test`` looks at nothing but the row.
    """
    kept: List[Tuple[Tuple[K, ...], Dict[int, K], Tuple[K, ...]]] = [((), {}, ())]

    def passing(rows: Tuple[K, ...]) -> Tuple[K, ...]:
        before, places, found = kept[0]
        if rows is before:
            return found
        if len(rows) != len(before):
            places = {at: row for at, row in enumerate(rows) if test(row)}
            found = tuple(places.values())
        else:
            changed = changed_places(before, rows)
            passes = {at: rows[at] for at in changed if test(rows[at])}
            if passes or any(at in places for at in changed):
                stay = {at: row for at, row in places.items() if rows[at] is row}
                places = dict(sorted({**stay, **passes}.items()))
                found = tuple(places.values())
        kept[0] = (rows, places, found)
        return found

    return passing
