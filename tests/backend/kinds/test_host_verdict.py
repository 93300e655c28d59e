"""The one sentence over the host list: what matters most comes first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict

import pytest

from backend.errors import Unreachable
from backend.kinds.host_verdict import NO_SITE, NO_STANDBY, verdict
from backend.known import Known, Reading
from tests.backend.kinds.site import AIO, LAPTOP, STANDBY_OK, hosts, simplex, site, system

WELL: Dict[str, Any] = {
    "administrative": "unlocked",
    "operational": "enabled",
    "availability": "available",
}
CALM: Dict[str, Dict[str, Any]] = {
    "controller_1": STANDBY_OK,
    "worker_0": WELL,
    "worker_1": WELL,
}
DOWN = {"operational": "disabled", "availability": "failed"}
LOCKED = {"administrative": "locked", "operational": "disabled", "availability": "online"}


def calm(**changes: Dict[str, Any]) -> Known:
    names = {*CALM, *changes}
    rows = hosts(**{name: {**CALM.get(name, {}), **changes.get(name, {})} for name in names})
    return site(hosts=rows, alarms=[])


@pytest.mark.parametrize(
    ("changes", "word", "text", "more"),
    [
        ({}, "WELL", "all 5 hosts are unlocked, enabled, available; no alarm.", ""),
        ({"worker_0": DOWN}, "NOT WELL", "worker-0 has failed.", ""),
        ({"controller_1": DOWN}, "NOT WELL", "controller-1 has failed.", NO_STANDBY),
        (
            {"worker_0": {"operational": "disabled", "availability": "offline"}},
            "NOT WELL",
            "worker-0 is unlocked and offline.",
            "",
        ),
        (
            {"worker_0": {**DOWN, "availability": "intest", "task": "Testing"}},
            "WARN",
            "worker-0 is coming up (Testing).",
            "",
        ),
        ({"controller_1": LOCKED}, "NOT WELL", "controller-1 is locked.", NO_STANDBY),
        ({"worker_0": {"availability": "degraded"}}, "WARN", "worker-0 is degraded.", ""),
        ({"worker_0": LOCKED}, "WARN", "worker-0 is locked.", ""),
        (
            {"worker_0": LOCKED, "worker_1": DOWN, "storage_0": {"availability": "degraded"}},
            "NOT WELL",
            "worker-1 has failed. storage-0 is degraded. worker-0 is locked.",
            "",
        ),
        (
            {"storage_0": {"config_target": "other"}},
            "WARN",
            "storage-0 runs an old configuration.",
            "",
        ),
        (
            {"worker_1": {"hostname": None, "personality": None, "administrative": "locked"}},
            "WARN",
            "1 new host to classify.",
            "",
        ),
    ],
)
def test_what_matters_most_is_said_first(
    changes: Dict[str, Dict[str, Any]], word: str, text: str, more: str
) -> None:
    found = verdict(calm(**changes))
    assert (found.word, found.text, found.more) == (word, text, more)


def test_a_simplex_site_that_is_down_says_so() -> None:
    found = verdict(simplex(**DOWN))
    assert found.word == "NOT WELL"
    assert found.more == NO_SITE


def test_the_lie_of_an_all_in_one_is_told() -> None:
    lie = {**AIO, "subfunction_oper": "disabled", "subfunction_avail": "failed"}
    found = verdict(calm(controller_0=lie))
    assert found.text == "controller-0 is enabled, and its worker function is not."


def test_before_the_first_answer_it_says_that_it_knows_nothing() -> None:
    assert verdict(Known(cloud="c", now_ms=0, place=LAPTOP)).word == "READING"


def test_when_nobody_ever_answered_it_says_why() -> None:
    away = Reading[Any](kind="hosts", error=Unreachable("sysinv", "connection refused"))
    found = verdict(Known(cloud="c", now_ms=0, place=LAPTOP, readings={("hosts", ""): away}))
    assert found.word == "CANNOT"
    assert "connection refused" in found.text


def test_old_rows_are_judged_and_their_age_is_said() -> None:
    known = calm()
    old = replace(known.reading("hosts"), error=Unreachable("sysinv", "no answer"))
    later = replace(
        known,
        now_ms=known.now_ms + 14 * 60_000,
        readings={**known.readings, ("hosts", ""): old},
    )
    found = verdict(later)
    assert found.word == "WELL"
    assert found.more == "As it was 14m ago: sysinv: no answer"


def test_a_second_controller_that_was_never_added_is_missed_on_duplex() -> None:
    known = site(hosts=hosts(**CALM)[:1], alarms=[], system=system(system_mode="duplex"))
    assert verdict(known).text == "There is one controller."
