"""Certificates nobody vouches for, at the command line: shown, asked on the terminal, pinned; a
changed one refused before any credential. (The handshake itself: tests/backend/sources/test_tls.)
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Dict, Tuple

import pexpect
import pytest

from tests.backend.sources.authority import Certificate
from tests.peers.replay import Replay, replaying
from tests.program import command, environment, run

PINS = Path(".local/state/stx-tui/pins.json")


def asked_on_a_terminal(home: Path, env: Dict[str, str], answer: str) -> Tuple[int, str]:
    """Run ``get hosts`` on a pty, answer its question, and return exit code and what was seen."""
    program, *argv = command("get", "hosts")
    far = pexpect.spawn(
        program,
        argv,
        env=environment(home, env),
        cwd=str(home),
        timeout=30,
        encoding="utf-8",
        dimensions=(24, 200),
    )
    far.expect_exact("type yes to accept it from now on: ")
    seen = str(far.before)
    far.sendline(answer)
    far.expect(pexpect.EOF)
    seen += str(far.before)
    far.close()
    return int(far.exitstatus if far.exitstatus is not None else -1), seen


async def test_a_self_signed_certificate_is_shown_asked_pinned_and_then_taken_in_silence(
    tmp_path: Path,
) -> None:
    mine = Certificate(tmp_path / "self.pem")
    async with replaying(tls=mine.server()) as replay:
        code, seen = await asyncio.to_thread(asked_on_a_terminal, tmp_path, replay.env(), "yes")
        again = await run(tmp_path, "get", "hosts", env=replay.env())
        assert replay.server is not None
        endpoint = f"127.0.0.1:{replay.server.port}"
    assert code == 0, seen
    assert mine.fingerprint in seen
    assert "storage-0" in seen
    assert json.loads((tmp_path / PINS).read_text())["pins"] == {endpoint: mine.fingerprint}
    assert (again.code, again.err) == (0, "")
    assert "storage-0" in again.out


@pytest.mark.parametrize("answer", ["no", "y", "", "YES "])
async def test_anything_but_yes_pins_nothing_and_sends_nothing(answer: str, tmp_path: Path) -> None:
    mine = Certificate(tmp_path / "self.pem")
    async with replaying(tls=mine.server()) as replay:
        code, seen = await asyncio.to_thread(asked_on_a_terminal, tmp_path, replay.env(), answer)
        assert replay.server is not None
        assert replay.server.bytes_in == 0
    assert code == 7, seen
    assert not (tmp_path / PINS).exists()


async def test_without_a_terminal_a_self_signed_certificate_is_refused_with_its_fingerprint(
    tmp_path: Path,
) -> None:
    mine = Certificate(tmp_path / "self.pem")
    async with replaying(tls=mine.server()) as replay:
        ran = await run(tmp_path, "get", "hosts", env=replay.env())
        assert replay.server is not None
        assert replay.server.bytes_in == 0
    assert ran.code == 7
    assert mine.fingerprint in ran.err
    assert ran.out == ""


@pytest.mark.parametrize(
    "argv", [("get", "hosts"), ("do", "host", "lock", "controller-1", "--yes")]
)
async def test_a_changed_certificate_is_refused_before_any_credential(
    argv: Tuple[str, ...], tmp_path: Path
) -> None:
    before, now = Certificate(tmp_path / "before.pem"), Certificate(tmp_path / "now.pem")
    async with replaying(tls=before.server()) as replay:
        assert replay.server is not None
        port = replay.server.port
        (tmp_path / PINS).parent.mkdir(parents=True)
        pins = {"pins": {f"127.0.0.1:{port}": before.fingerprint}}
        (tmp_path / PINS).write_text(json.dumps(pins))
        known = await run(tmp_path, "get", "hosts", "--record", env=replay.env())
        assert known.code == 0, known.err
    async with replaying(Replay(), tls=now.server(), port=port) as other:
        ran = await run(tmp_path, *argv, env=other.env())
        assert other.server is not None
        assert other.server.bytes_in == 0
        assert (other.logins, other.asked) == (0, [])
    assert ran.code == 7
    assert ran.out == ""
    assert "CHANGED" in ran.err
    assert before.fingerprint in ran.err
    assert now.fingerprint in ran.err
    assert "--forget-pin" in ran.err
