"""Which rows of a reading are others than before: compared once for all who ask."""

from __future__ import annotations

from backend import places
from backend.places import changed_places


class Row:
    """A row; one is like another, and still not the same."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Row)

    def __hash__(self) -> int:
        return 0


def test_places_of_other_objects_are_found_though_they_are_equal() -> None:
    before = tuple(Row() for _ in range(5))
    rows = (*before[:2], Row(), before[3], Row())
    assert changed_places(before, rows) == (2, 4)
    assert changed_places(rows, rows) == ()


def test_two_readings_are_compared_once_for_all_who_ask() -> None:
    before, rows = (Row(), Row()), (Row(), Row())
    found = changed_places(before, rows)
    changed_places(rows, before)
    assert changed_places(before, rows) is found
    changed_places((), ())
    changed_places(rows, rows)
    # Of readings of long ago nothing is held.
    assert len(places._kept) == 2
    assert changed_places(before, rows) == found
