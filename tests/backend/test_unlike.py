"""What is unlike in two values of one field, in words that people read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from backend.unlike import unlike


def between(old: Any, new: Any) -> Any:
    return unlike("field", json.dumps(old), json.dumps(new))


def condition(kind: str, status: str, at: str) -> Any:
    return {"type": kind, "status": status, "lastTransitionTime": at}


def test_a_plain_value_is_said_as_it_was_and_as_it_is() -> None:
    assert between("up", "down") == (("field", "up", "down"),)
    assert between(1, None) == (("field", "1", "-"),)
    assert unlike("field", None, '"new"') == (("field", "-", "new"),)


def test_members_of_a_list_are_told_by_their_names_and_what_is_alike_is_left_out() -> None:
    old = [condition("Ready", "True", "10:00"), condition("Initialized", "True", "09:00")]
    new = [condition("Initialized", "True", "09:00"), condition("Ready", "False", "11:00")]
    assert between(old, new) == (("field.Ready.status", "True", "False"),)


def test_members_that_came_and_went_are_said() -> None:
    assert between([{"name": "a"}], [{"name": "b"}]) == (
        ("field.a", "there", "-"),
        ("field.b", "-", "there"),
    )


def test_instants_within_a_value_are_no_news() -> None:
    assert between([condition("Ready", "True", "1")], [condition("Ready", "True", "2")]) == ()


@pytest.mark.parametrize(
    ("old", "new"), [([{"name": "a"}, {"name": "a"}], [{"name": "a"}]), ([1, 2], [2]), ([{}], [1])]
)
def test_a_list_whose_members_have_no_names_is_said_whole(old: Any, new: Any) -> None:
    assert between(old, new) == (("field", json.dumps(old), json.dumps(new)),)


def test_of_a_text_of_many_lines_only_those_that_differ_are_said() -> None:
    old = "System Health:\nHosts: [OK]\nCeph: [OK]\n"
    new = "System Health:\nHosts: [Fail]\nCeph: [OK]\n"
    assert between(old, new) == (("field", "Hosts: [OK]", "Hosts: [Fail]"),)
