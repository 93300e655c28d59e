"""The health reports, check by check: whatever they say, and where they cannot be read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, List, Tuple

import pytest

from backend.errors import Rejected
from backend.kinds.health import HEALTH_CHECKS, Health
from backend.kinds.services import SERVICE_NODES
from backend.known import Known, Memory, Since
from backend.tone import Mark, Tone
from tests.backend.kinds.acted import known_with
from tests.backend.kinds.site import reading


def lines(text: str) -> Tuple[Tuple[str, str, str], ...]:
    row = Health.read({"value": text})
    assert isinstance(row, Health)
    return row.lines


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ()),
        ("System Health:\nA: [OK]\n", (("A", "OK", ""),)),
        (
            "A: [Fail]\nwhy: this\n[9] of them\nB: [OK]",
            (("A", "Fail", "why: this; [9] of them"), ("B", "OK", "")),
        ),
        ("A b: c: [Warn me]\n", (("A b: c", "Warn me", ""),)),
        ("no check at all\nA: [OK] \n\n", (("A", "OK", ""),)),
        ("\x1b[31mA: [OK]\n", (("\x1b[31mA", "OK", ""),)),
    ],
)
def test_a_report_is_read_line_by_line(text: str, found: Any) -> None:
    assert lines(text) == found


def checks(known: Known) -> List[Any]:
    return list(reading("health-checks", list(HEALTH_CHECKS.read.rows(known))).rows)  # type: ignore[union-attr,arg-type]


def test_an_unknown_state_is_shown_as_it_is_and_no_fault() -> None:
    known = known_with(health=[{"value": "A: [Skipped]\nB: [Fail]\nwhy\n"}])
    odd, bad, *_ = checks(known)
    assert (odd.state, HEALTH_CHECKS.look(odd, known).mark) == ("Skipped", Mark.UNKNOWN)
    look = HEALTH_CHECKS.look(bad, known)
    assert (look.tone, look.notes) == (Tone.WARN, ("why",))


def test_a_report_that_cannot_be_read_says_so_beside_the_others() -> None:
    known = known_with()
    failed = replace(
        known.reading("upgrade-health"), rows=(), at_ms=0, error=Rejected("sysinv", 500, "busy")
    )
    known = replace(known, readings={**known.readings, ("upgrade-health", ""): failed})
    found = {row.report: row for row in checks(known) if row.state == "can't be read"}
    assert found["upgrade"].details == "sysinv 500: busy"
    assert {row.report for row in checks(known)} == {"now", "upgrade", "kube-upgrade"}


def test_a_service_node_says_its_role_since_when_and_what_failed_on_it() -> None:
    known = known_with()
    groups = known.rows("service-groups")
    group = next(
        one
        for one in groups
        if (one.service_group_name, one.node_name) == ("controller-services", "controller-0")
    )
    since = {("service-groups", group.uuid, "state"): Since(ms=known.now_ms - 7_200_000)}
    rows = [one.body for one in known.rows("services")]
    rows[0] = {**rows[0], "status": "failed", "node_name": "controller-0"}
    known = replace(known_with(services=rows), memory=Memory(since=since))
    node = next(one for one in known.rows("service-nodes") if one.name == "controller-0")
    shown = {column.heading: column.cell(node, known) for column in SERVICE_NODES.columns}
    assert (shown["ROLE"], shown["SINCE"], shown["FAILED"]) == ("active", "2h", 1)
    assert SERVICE_NODES.look(node, known).tone is Tone.BAD
