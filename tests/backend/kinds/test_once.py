from __future__ import annotations

from typing import List, Tuple

from backend.kinds.once import once


def test_an_answer_is_kept_for_the_same_object_and_no_other() -> None:
    asked: List[Tuple[int, ...]] = []

    @once
    def total(numbers: Tuple[int, ...]) -> int:
        asked.append(numbers)
        return sum(numbers)

    one, equal = tuple([1, 2]), tuple([1, 2])  # noqa: C409
    assert [total(one), total(one), total(equal), total(equal), total(one)] == [3] * 5
    assert asked == [one, equal, one]


def test_an_answer_of_none_is_an_answer() -> None:
    asked: List[object] = []
    remembering = once(asked.append)
    thing = object()
    remembering(thing)
    remembering(thing)
    assert asked == [thing]
