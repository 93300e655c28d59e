"""What recorded baseboards show: the golden tables of the hardware's kinds."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from backend.clean import clean
from backend.kind import Kind
from backend.kinds.hardware import HARDWARE
from backend.render import rows_text
from tests.backend.kinds.rack import NAMES, rack

GOLDEN = Path(__file__).parents[2] / "golden"


@pytest.mark.parametrize("kind", HARDWARE.kinds, ids=lambda kind: kind.name)
def test_what_a_recorded_rack_shows_is_the_golden_table(kind: Kind[Any]) -> None:
    known = rack()
    rows = known.rows(kind.name) or known.rows(kind.name, NAMES[0])
    order = kind.sort
    shown = sorted(rows, key=lambda row: order(row, known)) if order else rows
    found = rows_text(kind, shown, known, "wide", wide=True)
    golden = GOLDEN / f"{kind.name}.txt"
    if os.environ.get("WRITE_GOLDEN"):
        golden.write_text(found, encoding="utf-8")
    assert found == golden.read_text(encoding="utf-8")
    assert all(line == clean(line) for line in found.splitlines())
