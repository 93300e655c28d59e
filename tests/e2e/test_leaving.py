"""The terminal is given back as it was found, whatever ends the console."""

from __future__ import annotations

import os
import signal

import pytest

from tests.e2e.conftest import PretendCloud, Sit

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_ends_it_and_the_modes_are_as_they_were(
    sit: Sit, cloud: PretendCloud, number: signal.Signals, code: int
) -> None:
    far = sit(env=cloud.openrc)
    far.until("7 of 7 hosts", "live")
    assert far.modes_now() != far.modes
    os.kill(far.process.pid, number)
    assert far.ended() == code
    assert far.modes_now() == far.modes


def test_leaving_gives_the_modes_back(sit: Sit, cloud: PretendCloud) -> None:
    far = sit(env=cloud.openrc)
    far.until("7 of 7 hosts", "live")
    far.press("q")
    far.until("LEAVE")
    far.answer_dialog()
    far.press("y")
    assert far.ended() == 0
    assert far.modes_now() == far.modes


def test_a_terminal_that_hangs_up_ends_it(sit: Sit, cloud: PretendCloud) -> None:
    far = sit(env=cloud.openrc)
    far.until("7 of 7 hosts", "live")
    far.hang_up()
    assert far.ended() == 129
