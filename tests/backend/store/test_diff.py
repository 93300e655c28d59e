from __future__ import annotations

import json
from typing import Any, Dict, List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.store.diff import differences, kept, text, undone

# Keys that make paths hard: dots, backslashes, nothing.
KEYS = st.text(alphabet="ab.\\e", max_size=3)
PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=3),
)
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=8,
)
BODIES = st.dictionaries(KEYS, VALUES, max_size=5)


@given(st.lists(BODIES, min_size=2, max_size=5))
def test_changes_played_backwards_give_every_former_body(bodies: List[Dict[str, Any]]) -> None:
    for old, new in zip(bodies, bodies[1:]):
        assert text(undone(new, differences(old, new))) == text(old)
    changes = [differences(old, new) for old, new in zip(bodies, bodies[1:])]
    all_backwards = [change for batch in reversed(changes) for change in batch]
    assert text(undone(bodies[-1], all_backwards)) == text(bodies[0])


@given(BODIES)
def test_nothing_differs_from_itself_read_again(body: Dict[str, Any]) -> None:
    assert differences(body, json.loads(text(body))) == ()


@given(BODIES, BODIES, st.sets(KEYS))
def test_noise_and_secrets_never_appear(
    old: Dict[str, Any], new: Dict[str, Any], names: set[str]
) -> None:
    quiet = {name for name in names if "." not in name}
    for field, _old, _new in differences(old, new, noise=quiet):
        assert field not in {name for name in quiet if name and "\\" not in name}
    assert not set(kept(old, quiet)) & quiet


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ({"a": 1}, {"a": 2}, (("a", "1", "2"),)),
        ({"a": 1}, {}, (("a", "1", None),)),
        ({}, {"a": None}, (("a", None, "null"),)),
        ({"a": 1}, {"a": True}, (("a", "1", "true"),)),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3}}, (("a.c", "2", "3"),)),
        ({"a": {"b": 1}}, {"a": None}, (("a", '{"b":1}', "null"),)),
        ({"a": [1, 2]}, {"a": [1, 3]}, (("a", "[1,2]", "[1,3]"),)),
        ({"a": [{"x": 1, "y": 2}]}, {"a": [{"y": 2, "x": 1}]}, ()),
        ({"a.b": 1}, {"a.b": 2}, (("a\\.b", "1", "2"),)),
    ],
)
def test_objects_are_entered_and_lists_are_whole(
    old: Dict[str, Any], new: Dict[str, Any], found: Any
) -> None:
    assert differences(old, new) == found


def test_noise_may_be_named_by_its_path() -> None:
    old, new = {"a": {"b": 1, "c": 1}}, {"a": {"b": 2, "c": 2}}
    assert differences(old, new, noise={"a.b", "x.y"}) == (("a.c", "1", "2"),)
    assert old == {"a": {"b": 1, "c": 1}}
