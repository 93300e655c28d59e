"""Alarms of one cause are one incident, and what only stands beside them is another."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any, Dict, List, Tuple

import pytest

from backend.kinds.faults import ALARMS
from backend.kinds.incidents import INCIDENTS, Incident, rows
from backend.known import Known
from tests.backend.kinds.fm import NOW_MS, known, reading
from tests.backend.kinds.test_alarm_expected import _deed, _site

BEGAN = datetime.fromtimestamp(NOW_MS / 1000, tz=timezone.utc) - timedelta(hours=1)

Told = Tuple[str, str, str, float]


def of(*told: Told) -> Known:
    """What is known where these stand: (type, severity, entity, minutes after the first)."""
    bodies = [
        {
            "uuid": f"{number:08d}",
            "alarm_id": alarm_id,
            "severity": severity,
            "entity_instance_id": entity,
            "timestamp": (BEGAN + timedelta(minutes=after)).replace(tzinfo=None).isoformat(),
            "reason_text": "so it is",
        }
        for number, (alarm_id, severity, entity, after) in enumerate(told)
    ]
    listed = reading(ALARMS, tuple(map(ALARMS.model.read, bodies)))
    base = known()
    return replace(base, readings={**base.readings, ("alarms", ""): listed})


def incidents(of: Known) -> List[Incident]:
    return [Incident.read(body) for body in rows(of)]


def with_incidents(base: Known) -> Known:
    listed = reading(INCIDENTS, tuple(incidents(base)))
    return replace(base, readings={**base.readings, ("incidents", ""): listed})


SWITCH_DOWN: Tuple[Told, ...] = (
    ("100.107", "critical", "host=controller-0.interface=oam0", 0.1),
    ("100.106", "major", "host=controller-0.port=eth0", 0),
    ("400.005", "major", "host=controller-0.network=oam", 1),
    ("280.001", "critical", "subcloud=edge-3", 4),
)


def test_what_a_switch_that_fails_brings_is_one_incident_whose_root_is_the_port() -> None:
    (found,) = incidents(of(*SWITCH_DOWN))
    assert found.alarm_id == "100.106"
    assert (found.severity, len(found.alarms)) == ("critical", 4)


def test_what_was_raised_together_on_two_hosts_is_two() -> None:
    found = incidents(
        of(
            ("100.104", "major", "host=worker-0.filesystem=/var", 0),
            ("100.104", "major", "host=worker-1.filesystem=/var", 0.5),
        )
    )
    assert [(one.where, len(one.alarms)) for one in found] == [
        ("worker-0 fs /var", 1),
        ("worker-1 fs /var", 1),
    ]


def test_what_a_failed_host_brings_a_while_later_is_of_it_and_what_came_next_day_is_not() -> None:
    found = incidents(
        of(
            ("200.004", "critical", "host=controller-1", -3000),
            ("800.011", "critical", "cluster=c.peergroup=group-0.host=controller-1", -2990),
            ("800.001", "warning", "cluster=c", -2989),
            ("800.001", "warning", "cluster=d", 0),
        )
    )
    assert sorted(len(one.alarms) for one in found) == [1, 3]


def test_of_a_cause_that_is_told_after_its_effect_the_cause_is_the_root() -> None:
    (found,) = incidents(
        of(
            ("400.002", "major", "service_domain=controller.service_group=vim-services", 0),
            ("200.004", "critical", "host=controller-1", 1),
        )
    )
    assert found.alarm_id == "200.004"


def test_what_comes_with_an_act_of_ours_is_one_incident_that_is_expected() -> None:
    found = incidents(_site(_deed("lock")))
    (ours,) = [one for one in found if one.because]
    assert ours.because.startswith("lock ")
    assert len(ours.alarms) > 1


def test_suppressed_alarms_are_of_none() -> None:
    base = of(("100.104", "major", "host=worker-0.filesystem=/var", 0))
    hidden = [
        row.model_copy(update={"suppression_status": "suppressed"}) for row in base.rows("alarms")
    ]
    base = replace(base, readings={("alarms", ""): reading(ALARMS, tuple(hidden))})
    assert incidents(base) == []


def test_a_row_says_how_many_of_each_severity_and_its_strip_says_them_in_their_order() -> None:
    base = with_incidents(of(*SWITCH_DOWN))
    (row,) = base.rows("incidents")
    cells = {column.heading: column.cell(row, base) for column in INCIDENTS.columns}
    assert (cells["ROOT"], cells["ALARMS"]) == ("100.106", "C2 M2")
    assert INCIDENTS.strip is not None
    told = INCIDENTS.strip(row, base).lines
    assert [line.heading for line in told] == ["ROOT", "THEN", "", ""]
    assert [line.jump.id for line in told if line.jump] == list(row.alarms)


def test_the_verdict_counts_what_nobody_did() -> None:
    assert INCIDENTS.verdict is not None
    told = INCIDENTS.verdict(with_incidents(of(*SWITCH_DOWN)))
    assert (told.word, told.text[:35]) == ("1 INCIDENT", "behind 4 alarms; 1 of them has seve")


@pytest.mark.parametrize("count", [5000])
def test_thousands_of_alarms_are_put_together_without_comparing_each_with_each(count: int) -> None:
    storm: Dict[int, Any] = {
        n: ("100.104", "major", f"host=worker-{n % 500}.filesystem=/var", n * 2.0)
        for n in range(count)
    }
    assert len(incidents(of(*storm.values()))) == count
