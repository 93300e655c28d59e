"""What recorded texts of a machine's programs show: the golden tables of the ground's kinds.

The texts are recorded, or written in the shape of their sources: machine_samples/README.md says
which of them are.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from backend.clean import clean
from backend.kind import Kind
from backend.known import Known
from backend.render import rows_text
from tests.backend.kinds import machines

GOLDEN = Path(__file__).parents[2] / "golden" / "machines"


@pytest.mark.parametrize("kind", machines.asked(), ids=lambda kind: kind.name)
def test_what_a_recorded_machine_shows_is_the_golden_table(kind: Kind[Any]) -> None:
    assert_golden(kind, machines.known(), kind.name)


@pytest.mark.parametrize(
    ("kind", "shape"), machines.shapes(), ids=lambda one: one if isinstance(one, str) else one.name
)
def test_what_another_shape_of_it_shows_is_the_golden_table(kind: Kind[Any], shape: str) -> None:
    assert_golden(kind, machines.shaped(kind, shape), f"{kind.name}.{shape}")


def assert_golden(kind: Kind[Any], known: Known, name: str) -> None:
    rows, order = known.rows(kind.name), kind.sort
    shown = sorted(rows, key=lambda row: order(row, known)) if order else rows
    found = rows_text(kind, shown, known, "wide", wide=True)
    golden = GOLDEN / f"{name}.txt"
    if os.environ.get("WRITE_GOLDEN"):
        golden.write_text(found, encoding="utf-8")
    assert found == golden.read_text(encoding="utf-8")
    assert all(line == clean(line) for line in found.splitlines())
