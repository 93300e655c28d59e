from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Dict

import pytest
from pydantic import ValidationError

from backend.kind import Answer, LocalWrite, RestWrite, Risk
from backend.kinds.faults import ALARMS, SUPPRESSIONS
from backend.known import Known, Mark
from tests.backend.kinds.fm import NOW_MS, SAMPLES, alarm, known, with_alarms


def _write(base: Known, row: Any, name: str, **form: str) -> Any:
    action = ALARMS.action(name)
    assert action is not None
    plan = action.plan(row, action.form(**form), base)
    assert len(plan.steps) == 1
    return plan.steps[0].write


def test_marks_go_to_our_own_record_and_say_so() -> None:
    base = known()
    row = alarm(base, "100.104")
    seen = _write(base, row, "acknowledge")
    assert seen == LocalWrite(
        kind="alarms",
        id=row.uuid,
        values={"seen_by": "sysadmin", "seen_ms": str(NOW_MS)},
        command=("stx-tui", "do", "alarm", "acknowledge", row.uuid),
        sentence="note in our record that sysadmin has seen "
        "alarm 100.104 of controller-1 fs /var/log",
    )
    assert _write(base, row, "assign", to="grace").values == {"assigned_to": "grace"}
    note = _write(base, row, "annotate", note="DIMM A4 ordered")
    assert note.values == {
        "note": "DIMM A4 ordered",
        "note_by": "sysadmin",
        "note_ms": str(NOW_MS),
    }
    assert note.command[-2:] == ("--note", "DIMM A4 ordered")
    assert set(_write(base, row, "unmark").values.values()) == {None}


def test_a_mark_has_the_fields_that_the_record_keeps() -> None:
    base = known()
    row = alarm(base, "100.104")
    # The last one is of what is being replaced.
    fields = set(Mark.__dataclass_fields__) - {"record"}
    for name, form in (("acknowledge", {}), ("assign", {"to": "g"}), ("annotate", {"note": "n"})):
        assert set(_write(base, row, name, **form).values) <= fields
    assert set(_write(base, row, "unmark").values) == fields


@pytest.mark.parametrize(("name", "form"), [("assign", {"to": ""}), ("annotate", {"note": ""})])
def test_an_empty_form_is_refused(name: str, form: Dict[str, str]) -> None:
    action = ALARMS.action(name)
    assert action is not None
    with pytest.raises(ValidationError):
        action.form(**form)


def test_what_is_seen_is_unmarked_and_not_seen_again() -> None:
    base = known()
    row = alarm(base, "100.104")
    marked = known(marks={("alarms", row.uuid): Mark(seen_by="ada", seen_ms=1)})
    hidden = {
        name: [action.name for action in ALARMS.actions if action.hidden and action.hidden(row, of)]
        for name, of in (("base", base), ("marked", marked))
    }
    assert hidden == {"base": ["unmark", "unsuppress"], "marked": ["acknowledge", "unsuppress"]}


def test_a_delete_says_what_it_really_does() -> None:
    base = known()
    row = alarm(base, "100.104")
    action = ALARMS.action("delete")
    assert action is not None
    write = _write(base, row, "delete")
    assert (write.service, write.method, write.path) == ("fm", "DELETE", f"/alarms/{row.uuid}")
    assert write.body is None
    assert write.command == ("fm", "alarm-delete", row.uuid)
    form = action.form()
    assert action.risk(row, form, base) is Risk.DISRUPTIVE
    words = " ".join(each.words for each in action.consequences(row, form, base))
    assert "*clear*" in words
    assert "fault may remain" in words
    assert "may not be raised again" in words
    assert [reason.answer for reason in action.reasons(row, form, base)] == [Answer.CANT_TELL]
    took = action.plan(row, form, base).steps[0].took
    assert took is not None
    assert not took(base)
    assert took(with_alarms(base))


def test_a_suppress_is_what_the_service_recorded_it_to_be() -> None:
    base = known()
    row = alarm(base, "100.101")
    answer = json.loads((SAMPLES / "fm_suppress_answer.json").read_text())
    write = _write(base, row, "suppress")
    assert write == RestWrite(
        service="fm",
        method="PATCH",
        path=f"/event_suppression/{answer['uuid']}",
        body=[{"op": "replace", "path": "/suppression_status", "value": "suppressed"}],
        command=("fm", "event-suppress", "--alarm_id", "100.101"),
        sentence="hide every alarm 100.101, now and later, from everybody",
    )
    action = ALARMS.action("suppress")
    assert action is not None
    took = action.plan(row, action.form(), base).steps[0].took
    assert took is not None
    assert not took(base)
    assert took(known("fm_alarms_suppressed.json"))


def test_a_suppress_says_that_it_is_system_wide_and_how_many_it_hides() -> None:
    base = known()
    for kind, row in (
        (ALARMS, alarm(base, "100.101")),
        (SUPPRESSIONS, base.rows("suppressions")[0]),
    ):
        action = kind.action("suppress")
        assert action is not None
        form = action.form()
        assert not any(reason.blocks for reason in action.reasons(row, form, base))
        assert action.risk(row, form, base) is Risk.DISRUPTIVE
        words = [each.words for each in action.consequences(row, form, base)]
        assert words[0] == "hides 1 active alarm of type 100.101, on every host"
        assert "system-wide" in words[1]
        assert "still refuse strategies" in words[2]


def test_a_type_is_shown_again_from_the_list_of_types() -> None:
    base = known()
    row = base.rows("suppressions")[0]
    action = SUPPRESSIONS.action("event-unsuppress")
    assert action is not None
    write = action.plan(row, action.form(), base).steps[0].write
    assert isinstance(write, RestWrite)
    assert write.path == f"/event_suppression/{row.uuid}"
    assert write.body == [{"op": "replace", "path": "/suppression_status", "value": "unsuppressed"}]
    took = action.plan(row, action.form(), base).steps[0].took
    assert took is not None
    assert took(base)
    assert not took(replace(base, readings={}))


def test_a_suppress_is_refused_while_the_types_are_not_read() -> None:
    base = known()
    row = alarm(base, "100.101")
    action = ALARMS.action("suppress")
    assert action is not None
    unread = replace(base, readings={("alarms", ""): base.reading("alarms")})
    reasons = action.reasons(row, action.form(), unread)
    assert [reason.blocks for reason in reasons] == [True]
    assert action.plan(row, action.form(), unread).steps == ()
    strange = with_alarms(base, {"alarm_id": "999.999"})
    said = action.reasons(strange.rows("alarms")[0], action.form(), strange)
    assert [(reason.blocks, reason.words) for reason in said] == [(True, "FM has no type 999.999")]


def test_no_two_actions_share_a_key_or_a_name() -> None:
    for kind in (ALARMS, SUPPRESSIONS):
        assert len({action.key for action in kind.actions}) == len(kind.actions)
        names = [name for action in kind.actions for name in (action.name, *action.aliases)]
        assert len(set(names)) == len(names)


def test_showing_a_type_again_is_confirmed_for_it_changes_every_list() -> None:
    base = known()
    for name in ("suppress", "unsuppress"):
        action = SUPPRESSIONS.action(name)
        assert action is not None
        assert action.risk(base.rows("suppressions")[0], action.form(), base) is Risk.DISRUPTIVE
