"""The tree of errors: drawn as it is, and each sort with an exit code that a script can rely on."""

from __future__ import annotations

import inspect
import re
from typing import Dict, List, Type

import pytest

from backend import errors
from backend.errors import StxError
from stx_tui.cli import exit_code

SORTS: List[Type[StxError]] = [
    sort
    for _name, sort in inspect.getmembers(errors, inspect.isclass)
    if issubclass(sort, StxError) and sort.__module__ == errors.__name__
]


def test_the_tree_that_is_drawn_is_the_tree_there_is() -> None:
    drawn: Dict[str, str] = {}
    above: List[str] = []
    for before, name in re.findall(r"^([│├└─ ]*)([A-Z]\w+)\b", errors.__doc__ or "", re.MULTILINE):
        if before or name == "StxError":
            above[len(before) // 4 :] = [name]
            drawn[name] = above[-2] if len(above) > 1 else "Exception"
    assert drawn == {sort.__name__: sort.__bases__[0].__name__ for sort in SORTS}


@pytest.mark.parametrize("sort", [sort for sort in SORTS if sort is not StxError])
def test_every_sort_of_error_has_an_exit_code_that_says_it(sort: Type[StxError]) -> None:
    assert exit_code(sort.__new__(sort)) != 1
