"""The console on a bad day: the network gone, or the console itself killed in mid-act."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.e2e.conftest import PretendCloud, Sit, deeds
from tests.e2e.test_acting import WORKER, ask_to_lock

pytestmark = pytest.mark.slow


def test_with_the_network_gone_rows_stay_with_their_age_and_acts_say_why_not(
    sit: Sit, cloud: PretendCloud, tmp_path: Path
) -> None:
    far = sit(env=cloud.openrc)
    far.until("7 of 7 hosts", "live")
    cloud.kill()
    far.press("r")
    far.until(r"AGE \d+", "controller-0", "worker-3")
    assert "7 of 7 hosts" in far.text
    far.press("/")
    far.type(WORKER)
    far.press("enter", "L")
    far.until(f"CANNOT LOCK {WORKER}", "no answer, so nothing can be sent: .*connection refused")
    far.until(r"\[ Lock \] absent")
    far.answer_dialog()
    far.press("y", "e", "s")
    assert "CANNOT LOCK" in far.still()
    far.press("n")
    far.until(r"AGE \d+", f"1 of 7 hosts with '{WORKER}'")
    far.close()
    assert deeds(tmp_path, cloud.openrc) == []


def test_with_nobody_there_at_the_start_it_opens_on_what_is_remembered(
    sit: Sit, cloud: PretendCloud, tmp_path: Path
) -> None:
    far = sit(env=cloud.openrc)
    far.until("7 of 7 hosts", "live")
    far.process.kill(signal.SIGTERM)
    assert far.ended() == 143
    cloud.kill()
    again = sit(env=cloud.openrc)
    again.until("7 of 7 hosts", r"AGE \d+", "worker-3")
    again.press("2")
    again.until("100.104", "controller-1 fs /var/log")


def test_killed_in_mid_act_the_next_start_finds_the_deed_open_and_says_what_came_of_it(
    sit: Sit, cloud: PretendCloud, tmp_path: Path
) -> None:
    store = str(tmp_path / "kept.db")
    far = sit("--store", store, env=cloud.openrc)
    ask_to_lock(far)
    far.press("y")
    far.until("ANSWER >")
    far.type("es")
    far.press("enter")
    far.until(rf"LOCK {WORKER}  deed \d{{4}}-0001 by ")
    far.process.kill(signal.SIGKILL)
    assert far.ended() == 128 + signal.SIGKILL
    again = sit("--store", store, env=cloud.openrc)
    again.until("7 of 7 hosts", "live")
    again.until(rf"- +{WORKER} +worker +locked +disabled +online")
    again.press("H")
    again.until("WHAT CHANGED   since your visit")
    again.press("s", "s", "s")
    again.until("since the record began", rf"lock {WORKER}")
    again.press("G")
    again.until(r"(?m)^>.*lock worker-2 +done")
    again.press("enter")
    again.until("REALLY DONE", "deed .*-0001")
