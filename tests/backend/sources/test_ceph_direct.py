"""The process that asks Ceph for us: what of its lines is an answer, and when it counts as lost."""

from __future__ import annotations

import sys

import pytest

from backend.ceph import CephCommand
from backend.errors import Unreachable
from backend.sources import ceph_direct
from backend.sources.ceph_direct import _Talk

# Greets as a far shell may, says that Ceph is reached, and answers nothing from then on.
SILENT = """\
import sys
print("3 4 weeks since the last login\\t", flush=True)
print("0 0 \\"\\"\\t", flush=True)
sys.stdin.read()
"""


async def test_a_greeting_that_looks_like_an_answer_takes_none_with_it() -> None:
    talk = _Talk(lambda: None)
    answer = talk._expect()
    talk.pipe_data_received(1, b'0 3 weeks ago\t\n0 0 "well"\t{}\n')
    assert (await answer).words == "well"


async def test_a_way_to_ceph_that_answers_nothing_is_not_asked_again_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ceph_direct, "ANSWER_S", 0.2)
    talk = _Talk(lambda: None)
    await talk.begin((sys.executable, "-c", SILENT))
    try:
        assert not talk.is_over
        with pytest.raises(Unreachable, match="was not answered"):
            await talk.ask(CephCommand(prefix="status"))
        assert talk.is_over, "whoever asks next has to begin another"
    finally:
        await talk.close()
