"""The plan of the cables: a mistake in it is named with line and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.cables import Planned, plan_or_fault, read_plan
from backend.errors import SettingsError

GOOD = """\
controller-0:
  enp0s3: {switch: sw-11, port: Eth1/7}
  enp0s4: sw-12 Eth1/8
worker-0:
  ens1f0: sw-12
"""


def test_a_plan_says_of_each_port_where_it_goes(tmp_path: Path) -> None:
    file = tmp_path / "cables.yaml"
    file.write_text(GOOD)
    plan = read_plan(file)
    assert plan.cables == {
        ("controller-0", "enp0s3"): Planned(switch="sw-11", port="Eth1/7", line=2),
        ("controller-0", "enp0s4"): Planned(switch="sw-12", port="Eth1/8", line=3),
        ("worker-0", "ens1f0"): Planned(switch="sw-12", port="", line=5),
    }


@pytest.mark.parametrize(
    ("text", "line", "key", "words"),
    [
        ("c-0:\n  p: {swich: a}\n", 2, "c-0.p.swich", "did you mean switch"),
        ("c-0:\n  p: {port: a}\n", 2, "c-0.p", "must name a switch"),
        ("c-0:\n  p: [a]\n", 2, "c-0.p", "must be a mapping"),
        ("c-0:\n  p:\n", 2, "c-0.p", "must be a mapping"),
        ("c-0: sw-1\n", 1, "c-0", "must be a mapping"),
        ("c-0:\n  p: a 1\n  q: a 1\n", 3, "c-0.q", "as c-0.p on line 2"),
        ("c-0:\n  p: a 1\n  p: a 2\n", 3, "c-0.p", "stands twice"),
        ("c-0:\n  p: {switch: a\n", 3, "", "is no YAML"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_key(
    tmp_path: Path, text: str, line: int, key: str, words: str
) -> None:
    file = tmp_path / "cables.yaml"
    file.write_text(text)
    with pytest.raises(SettingsError) as caught:
        read_plan(file)
    error = caught.value
    assert (error.line, error.key) == (line, key)
    assert words in f"{error} {error.advice}"
    assert str(file) in plan_or_fault(file).fault


def test_a_plan_that_is_not_there_is_a_fault_and_no_empty_plan(tmp_path: Path) -> None:
    plan = plan_or_fault(tmp_path / "none.yaml")
    assert "cannot be read" in plan.fault
    assert plan.cables == {}
