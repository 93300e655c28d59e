"""The rows of an answer: every envelope there is, no link, no fault that passes."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any, Dict, List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.errors import Malformed
from backend.sources import bodies as module
from backend.sources.bodies import bodies


def rows(raw: Any, items: str = "") -> List[Dict[str, Any]]:
    body = raw if isinstance(raw, bytes) else json.dumps(raw).encode()
    return [dict(row) for row in bodies(body, items)]


def test_rows_are_what_stands_under_their_key_whatever_is_around_it() -> None:
    around = {"next": "http://x/?marker=1", "ihosts": [{"id": 1}, {"id": 2}], "links": [{"a": []}]}
    assert rows(around, "ihosts") == [{"id": 1}, {"id": 2}]


@pytest.mark.parametrize(
    ("body", "items", "expected"),
    [
        ([{"id": 1}], "", [{"id": 1}]),
        ({"version": "v1"}, "", [{"version": "v1"}]),
        ("System Health:\n[OK]", "", [{"value": "System Health:\n[OK]"}]),
        (None, "", []),
        ({"ihosts": None}, "ihosts", []),
        ({"ihosts": []}, "ihosts", []),
        ({"strategy": {"name": "a"}}, "strategy", [{"name": "a"}]),
        (["a", 12, None], "", [{"value": "a"}, {"value": 12}, {"value": None}]),
        ([], "", []),
        (12345, "", [{"value": 12345}]),
    ],
)
def test_bare_lists_objects_strings_and_null_are_rows_too(
    body: Any, items: str, expected: Any
) -> None:
    assert rows(body, items) == expected


def test_links_to_other_resources_are_left_out_and_other_lists_stay() -> None:
    link = {"href": "http://x", "rel": "self"}
    row = {"id": 1, "iports": [link, link], "ranges": [["a", "b"]], "empty": [], "l": [{"rel": 1}]}
    assert rows({"r": [row]}, "r") == [{"id": 1, "ranges": [["a", "b"]], "empty": []}]


@pytest.mark.parametrize(
    ("raw", "items", "path"),
    [
        (b"", "", "$"),
        (b"", "ihosts", "$"),
        (b"   ", "ihosts", "$"),
        (b"<html>503</html>", "ihosts", "$"),
        (b'{"ihosts": [{"id": 1}, {"id":', "ihosts", "$.ihosts[1]"),
        (b'{"ihosts": [{"id": 1}', "ihosts", "$.ihosts[0]"),
        (b'{"ihosts": [{"id": 1},', "ihosts", "$.ihosts[1]"),
        (b'{"ihosts": [{"id": "cut', "ihosts", "$.ihosts[0]"),
        (b'{"ihosts": [', "ihosts", "$.ihosts[0]"),
        (b'{"ihosts": []', "ihosts", "$"),
        (b'{"ihosts"', "ihosts", "$.ihosts"),
        (b'{"ihosts": [{"id": NaN}]}', "ihosts", "$.ihosts[0]"),
        (b'{"ihosts": [{"id": -Infinity}]}', "ihosts", "$.ihosts[0]"),
        (b'{"ihosts": [{"id": 1e999}]}', "ihosts", "$.ihosts[0]"),
        (b'{"ihosts": [{"id": 1} {"id": 2}]}', "ihosts", "$.ihosts[0]"),
        (b'{"ihosts": [{"id": 1},]}', "ihosts", "$.ihosts[1]"),
        (b'{"hosts": []}', "ihosts", "$.ihosts"),
        (b'[{"id": 1}]', "ihosts", "$"),
        (b'{"ihosts": []} more', "ihosts", "$"),
        (b"[" * 200_000, "", "$[0]"),
        (b'{"a" 1}', "", "$"),
    ],
)
def test_no_json_truncated_json_and_other_envelopes_are_malformed_with_their_path(
    raw: bytes, items: str, path: str
) -> None:
    with pytest.raises(Malformed) as caught:
        rows(raw, items)
    assert caught.value.path == path


def test_truncated_json_gives_the_rows_before_the_cut_and_says_so() -> None:
    found = bodies(b'{"ihosts": [{"id": 1}, {"id"', "ihosts", "hosts")
    assert next(found) == {"id": 1}
    with pytest.raises(Malformed, match=r"^hosts: \$\.ihosts\[1\]: is cut off$"):
        next(found)


def test_a_name_of_10_kb_and_a_row_longer_than_any_window_are_read_whole() -> None:
    long = "n" * 10_000
    huge = "é\x1b[2J" * 200_000
    assert rows({"ihosts": [{"n": long}, {"n": huge}, {"n": long}]}, "ihosts") == [
        {"n": long},
        {"n": huge},
        {"n": long},
    ]


def test_a_list_of_20_000_is_read_and_its_keys_are_one_text_each() -> None:
    found = rows(
        {"ihosts": [{"hostname": f"worker-{n}", "id": n} for n in range(20_000)]}, "ihosts"
    )
    assert len(found) == 20_000
    assert found[19_999] == {"hostname": "worker-19999", "id": 19_999}
    assert len({id(key) for row in found for key in row}) == 2


def test_what_is_no_text_is_replaced_and_never_breaks_the_rest() -> None:
    assert rows(b'[{"name": "a\xff\xfeb"}]') == [{"name": "a��b"}]
    assert rows(b'[{"\\ud800k": ["a\\uDC00b"], "pair": "\\ud83d\\ude00"}]') == [
        {"�k": ["a�b"], "pair": "\U0001f600"}
    ]
    assert rows(b'[{"name": "a\x1b[2J\nb"}]') == [{"name": "a\x1b[2J\nb"}]


def any_json() -> st.SearchStrategy[Any]:
    leaves = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
    return st.recursive(
        leaves | st.floats(allow_nan=False, allow_infinity=False),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner),
        max_leaves=20,
    )


@given(body=any_json(), window=st.integers(1, 40), spaced=st.booleans(), plain=st.booleans())
def test_wherever_the_window_cuts_the_rows_are_those_of_json_itself(
    body: Any, window: int, spaced: bool, plain: bool
) -> None:
    raw = json.dumps(
        {"a": body, "r": [body, body]}, indent=2 if spaced else None, ensure_ascii=plain
    )
    before = module.WINDOW
    module.WINDOW = window
    try:
        found = rows(raw.encode("utf-8", "surrogatepass"), "r")
    finally:
        module.WINDOW = before
    whole = json.loads(raw)["r"]
    expected = [module._trimmed(module._paired(row), {}) for row in whole]
    assert found == expected


@given(st.binary(max_size=60))
def test_whatever_comes_is_rows_or_malformed_and_nothing_else(raw: bytes) -> None:
    with suppress(Malformed):
        assert all(isinstance(row, dict) for row in rows(raw, ""))
