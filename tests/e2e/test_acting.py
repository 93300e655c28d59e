"""An act, end to end: shown before, confirmed by hand, followed to its real end, on the record."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.e2e.conftest import PretendCloud, Sit, deeds
from tests.e2e.far import Far

pytestmark = pytest.mark.slow

LISTED = r"7 of 7 hosts"
WORKER = "worker-2"


def ask_to_lock(far: Far, host: str = WORKER) -> None:
    """Go from the hosts to the confirmation of a lock, and wait until it hears keys."""
    far.until(LISTED, "live")
    far.press("/")
    far.type(host)
    far.press("enter")
    far.until(f"1 of 7 hosts with '{host}'")
    far.press("L")
    far.until(f"LOCK {host} \\?", "type yes and Enter")
    far.answer_dialog()


def test_a_lock_is_shown_confirmed_followed_to_its_real_end_and_found_in_the_history(
    sit: Sit, cloud: PretendCloud, tmp_path: Path
) -> None:
    far = sit(env=cloud.openrc)
    ask_to_lock(far)
    text = far.until("WHAT STOPS", "HOW LONG", "WILL IT BE ACCEPTED", "only the server knows")
    assert "its pods are evicted" in text
    assert "alarms to expect: 200.001" in text
    assert "PATCH sysinv/ihosts/" in text
    assert f"system host-lock {WORKER}" in text
    assert "[ No ]" in text
    far.press("w")
    far.type("ticket 4711, DIMM")
    far.press("enter")
    far.until("ANSWER >")
    far.type("yes")
    far.press("enter")
    far.until(rf"LOCK {WORKER}  deed \d{{4}}-0001 by ", "services move away")
    far.until("REALLY DONE")
    far.press("q")
    far.until(rf"- +{WORKER} +worker +locked +disabled +online")
    far.press("H")
    far.until("WHAT CHANGED", rf"lock {WORKER}")
    far.press("G")
    far.until(r"(?m)^>.*lock worker-2 +done after", "ticket 4711, DIMM", r"by \w+")
    far.press("enter")
    far.until("REALLY DONE", "why +ticket 4711, DIMM", r"sent +PATCH sysinv/ihosts/", r"by \w+ \(")
    far.press("q", "q", "q")
    far.until("LEAVE")
    far.answer_dialog()
    far.press("y")
    assert far.ended() == 0
    (deed,) = deeds(tmp_path, cloud.openrc)
    assert deed["what"] == f"hosts {WORKER}"
    assert deed["how"].startswith("lock: done after")
    assert deed["why"] == "ticket 4711, DIMM"


def test_no_key_alone_and_no_burst_and_no_noise_confirms_anything(
    sit: Sit, cloud: PretendCloud, tmp_path: Path
) -> None:
    far = sit(env=cloud.openrc)
    ask_to_lock(far)
    far.press("y", "enter")
    far.until("that is not yes: nothing was sent")
    far.burst(b"yes\r")
    far.until("ANSWER > yes")
    far.press("enter")
    far.until("a burst or a paste: type it by hand")
    noise = random.Random(11)
    for _ in range(30):
        far.burst(bytes(noise.randrange(256) for _ in range(24)))
        far.look(0.02)
    far.still()
    assert far.process.isalive()
    far.close()
    assert deeds(tmp_path, cloud.openrc) == []


def test_typed_in_the_first_half_second_confirms_nothing(
    sit: Sit, cloud: PretendCloud, tmp_path: Path
) -> None:
    far = sit(env=cloud.openrc)
    far.until(LISTED, "live")
    far.press("j", "L", "y", "e", "s", "enter")
    far.still()
    far.close()
    assert deeds(tmp_path, cloud.openrc) == []


def test_a_blocked_act_has_no_confirming_button_and_a_digit_goes_to_what_must_be_mended(
    sit: Sit,
) -> None:
    far = sit("demo", "--freeze")
    far.until(LISTED, "live")
    far.press("S")
    far.until("CANNOT SWACT controller-0: 3 reasons", r"! 1 +controller-1 is unlocked/disabled")
    far.until(r"\[ No \] n +\[ Swact \] absent: 3 reasons above")
    far.answer_dialog()
    far.press("y", "e", "s")
    far.press("enter")  # which is No
    far.until(LISTED)
    far.press("S")
    far.until("CANNOT SWACT")
    far.answer_dialog()
    far.press("1")
    far.until("> hosts > controller-1")
    far.press("q")
    far.until("CANNOT SWACT")
    far.answer_dialog()
    far.press("q", "H")
    far.until("WHAT CHANGED")
    assert "swact" not in far.text


def test_the_unlock_of_the_machine_one_sits_on_says_so_and_wants_its_name(sit: Sit) -> None:
    far = sit("demo", "--speed", "60", "--scene", "site-9")
    far.until("1 of 1 hosts", "live", "you are on it")
    far.press("L")
    far.until(r"LOCK controller-0 \?", "there is no other controller")
    far.answer_dialog()
    far.press("y")
    far.until("ANSWER >")
    far.type("controller-0")
    far.press("enter")
    far.until("REALLY DONE")
    far.press("q")
    far.until(r"controller-0 +ctl\+wrk.* locked +disabled +online")
    far.press("U")
    far.until(r"UNLOCK controller-0 \?", r"! THIS MACHINE REBOOTS\. You are on it \(ttyS0\)")
    far.until("type controller-0 and Enter")
    far.answer_dialog()
    far.press("y")
    far.until("ANSWER >")
    far.type("yes")
    far.press("enter")
    far.until("that is not controller-0: nothing was sent")
    far.type("controller-0")
    far.press("enter")
    far.until(r"UNLOCK controller-0  deed \d{4}-0002 by sysadmin")
