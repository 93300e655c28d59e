"""``once``: what is worked out of one Known for all its rows, worked out one time."""

from __future__ import annotations

from functools import wraps
from typing import Callable, List, Tuple, TypeVar

K = TypeVar("K")
V = TypeVar("V")


def once(work: Callable[[K], V]) -> Callable[[K], V]:
    """Return ``work`` with its last answer kept for as long as it is asked of the same object.

    By identity, as Known holds mappings and has no hash; a new Known is a new object. Two threads
    may work twice, and never see half an answer.
    """
    kept: List[Tuple[K, V]] = []

    @wraps(work)
    def kept_or_new(of: K) -> V:
        last = kept[:]
        if last and last[0][0] is of:
            return last[0][1]
        answer = work(of)
        kept[:] = [(of, answer)]
        return answer

    return kept_or_new


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
