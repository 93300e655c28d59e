"""What is looked for in a log: in either case where that can be, as often as it stands there."""

from __future__ import annotations

import pytest

from backend.logs.find import Text

BLOCK = b"raised 100.104 on Worker-0\nRAISED again on worker-0\nnothing\nworker-0 worker-0\n"
LOOKED_FOR = {
    "in either case": ("raised", False, 2),
    "a capital means it": ("RAISED", True, 1),
    "a number has no case": ("100.104", True, 1),
    "a line with it twice is one": ("worker-0", False, 3),
    "what is nowhere": ("nobody", False, 0),
}


@pytest.mark.parametrize("how", LOOKED_FOR)
def test_lines_are_counted(how: str) -> None:
    text, is_exact, count = LOOKED_FOR[how]
    find = Text(text)
    assert (find.is_exact, find.count(BLOCK)) == (is_exact, count)
    assert sum(map(find, BLOCK.splitlines())) == count
    assert find.might(BLOCK) == bool(count)


def test_many_hits_are_counted_as_few_are() -> None:
    assert Text("worker").count(BLOCK * 100) == 300
