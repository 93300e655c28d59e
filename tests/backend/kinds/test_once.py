from __future__ import annotations

import weakref
from typing import List, Tuple

from backend.kinds.once import once, sifted


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


def test_what_nobody_has_any_more_is_let_go_with_its_answer() -> None:
    first, second = Row(1), Row(2)
    answers: List[Row] = []

    @once
    def answer(of: Row) -> Row:
        answers.append(Row(of.number * 10))
        return answers[-1]

    assert answer(first) is answer(first)
    seen = weakref.ref(answers.pop())
    assert seen() is not None
    del first
    assert seen() is None
    # The end of an older one takes nothing from a newer.
    third = answer(second)
    assert answer(second) is third


class Row:
    def __init__(self, number: int) -> None:
        self.number = number


def test_what_is_sifted_is_in_order_whatever_changed_came_or_went() -> None:
    odd = sifted(lambda row: bool(row.number % 2))
    rows = [Row(number) for number in range(10)]
    turns = [
        [],
        rows,
        [*rows[:2], Row(21), *rows[3:]],  # one that did not pass does now
        [*rows[:1], Row(20), *rows[2:]],  # one that passed does not any more
        [*rows[:3], Row(33), *rows[4:]],  # one that passed is another and still does
        rows[4:],
        [*rows, Row(11)],
        list(reversed(rows)),
        [],
    ]
    for turn in turns:
        assert odd(tuple(turn)) == tuple(row for row in turn if row.number % 2)


def test_of_ten_thousand_rows_only_those_that_changed_are_sifted_again() -> None:
    tested: List[int] = []

    @sifted
    def odd(row: Row) -> bool:
        tested.append(row.number)
        return bool(row.number % 2)

    rows = tuple(Row(number) for number in range(10_000))
    odd(rows)
    tested.clear()
    found = odd((*rows[:5000], Row(-1), *rows[5001:]))
    assert tested == [-1]
    assert len(found) == 5001
    odd(rows)
    assert tested == [-1, 5000]
