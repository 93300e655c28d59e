from __future__ import annotations

from typing import Any, Dict

import pytest
from pydantic import ValidationError

from backend.kind import Kind
from backend.kinds.faults import ALARMS, EVENTS, FAULTS, SUPPRESSIONS, counts_text
from backend.render import figure_lines, rows_text
from tests.backend.kinds.fm import NOW_MS, known, ordered, said, strip_of, with_alarms

# What a row of a pane may be called by whoever made it.
HOSTILE = [
    "\x1b[2J\x1b]0;owned\x07",
    "[bold red]alarm[/]",
    "gpj.\u202ephp",
    "a\u200bb\ufeff",
    "line\nline\r\ttab",
    "x" * 10_000,
]


@pytest.mark.parametrize("kind", [ALARMS, EVENTS, SUPPRESSIONS], ids=lambda kind: kind.name)
def test_a_mistyped_field_is_named_whichever_it_is(kind: Kind[Any]) -> None:
    body = known().rows(kind.name)[0].body
    for name in kind.model.model_fields:
        with pytest.raises(ValidationError) as caught:
            kind.model.read({**body, name: {"not": ["what", "was", "said"]}})
        assert {error["loc"][0] for error in caught.value.errors()} == {name}


@pytest.mark.parametrize("kind", [ALARMS, EVENTS, SUPPRESSIONS], ids=lambda kind: kind.name)
def test_a_missing_field_is_named_where_nothing_can_be_said_without_it(kind: Kind[Any]) -> None:
    body = known().rows(kind.name)[0].body
    for name, field in kind.model.model_fields.items():
        less = {key: value for key, value in body.items() if key != name}
        if field.is_required():
            with pytest.raises(ValidationError) as caught:
                kind.model.read(less)
            assert caught.value.errors()[0]["loc"] == (name,)
        else:
            assert kind.model.read(less)


def test_the_short_form_without_expand_is_read_and_explained_too() -> None:
    base = known("fm_alarms_suppressed.json")
    for row in base.rows("alarms"):
        told = said(row, base)
        assert "CAUSE" in told
        assert "VENDOR" not in told


@pytest.mark.parametrize(
    "change",
    [
        {"severity": "catastrophic"},
        {"severity": ""},
        {"alarm_id": "999.999", "reason_text": None, "proposed_repair_action": None},
        {"alarm_id": "999.999", "probable_cause": "cable-tamper"},
        {"alarm_id": ""},
        {"entity_instance_id": ""},
        {"entity_instance_id": "no entity at all"},
        {"mgmt_affecting": None},
        {"mgmt_affecting": "perhaps"},
        {"suppression_status": None},
        {"a field nobody told us of": {"deep": [1, 2]}},
        {"timestamp": "2199-01-01T00:00:00"},
        {"timestamp": "1999-01-01T00:00:00"},
    ],
    ids=str,
)
def test_what_nobody_told_us_of_is_shown_and_never_fails(change: Dict[str, Any]) -> None:
    base = with_alarms(known(baseline_ms=1), change, {"severity": "minor"})
    row = base.rows("alarms")[0]
    assert len(rows_text(ALARMS, ordered(base), base, "wide").splitlines()) >= 3
    assert strip_of(row, base)
    assert ALARMS.name_of(row) is not None
    assert FAULTS.headline(base).text
    for tab in ALARMS.tabs:
        if tab.figure is not None:
            assert figure_lines(tab.figure(row, base), 79, NOW_MS)
    for action in ALARMS.actions:
        action.consequences(row, action.form.model_construct(), base)


def test_a_severity_nobody_told_us_of_stands_between_major_and_minor() -> None:
    base = with_alarms(
        known(), *({"severity": name} for name in ("minor", "catastrophic", "major", "warning"))
    )
    assert [row.severity for row in ordered(base)] == ["major", "catastrophic", "minor", "warning"]
    assert counts_text(base.rows("alarms")) == "M1 m1 w1 ?1"


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: repr(name)[:30])
def test_names_with_escapes_markup_bidi_marks_or_10_kb_are_only_text(name: str) -> None:
    base = with_alarms(
        known(),
        {
            "entity_instance_id": f"host=worker-0.filesystem={name}",
            "reason_text": name,
            "proposed_repair_action": name,
            "alarm_id": "999.999",
        },
    )
    table = rows_text(ALARMS, base.rows("alarms"), base, "table")
    assert len(table.splitlines()) == 2
    assert all(line.isprintable() for line in table.splitlines())
    assert all(len(line) < 120 for line in table.splitlines())
    if name.startswith("["):
        assert name in rows_text(ALARMS, base.rows("alarms"), base, "wide")
