"""One thing asked of many machines by real SSH: each is reported by itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, Iterator, Tuple

import pytest

from tests.backend.sources.sshd import PROGRAM, Sshd, serving
from tests.program import run

pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(PROGRAM is None, reason="no sshd: apt-get install openssh-server"),
]


@pytest.fixture
def sshd() -> Iterator[Sshd]:
    with serving() as sshd:
        yield sshd


def settings(home: Path, sshd: Sshd, hosts: Dict[str, str]) -> None:
    """Write a clouds.yaml of machines alone, whose host keys the person knows."""
    sshd.trusted(*hosts.values())
    config = home / ".config" / "stx-tui" / "clouds.yaml"
    config.parent.mkdir(parents=True, exist_ok=True)
    ssh: Dict[str, Any] = {"user": sshd.user, "port": sshd.port, "hosts": hosts}
    ssh.update(key=str(sshd.key), folder=str(sshd.home))
    config.write_text(json.dumps({"clouds": {"site-7": {"ssh": ssh}}}), encoding="utf-8")
    config.chmod(0o600)


async def test_many_machines_are_asked_at_once_and_a_dead_one_is_said_by_itself(
    sshd: Sshd, tmp_path: Path
) -> None:
    hosts = {"controller-1": "127.0.0.1", "worker-0": "127.0.1.1", "worker-1": "127.0.9.9"}
    settings(tmp_path, sshd, hosts)
    ran = await run(tmp_path, "get", "vitals", "--of", "all", "-o", "json")
    rows: Tuple[Any, ...] = tuple(json.loads(ran.out))
    assert {row["machine"] for row in rows} == {"here", "controller-1", "worker-0"}
    assert ran.code == 5
    assert "worker-1: " in ran.err
    assert "Connection refused" in ran.err


async def test_one_machine_alone_is_asked_and_its_absence_is_its_own(
    sshd: Sshd, tmp_path: Path
) -> None:
    settings(tmp_path, sshd, {"worker-0": "127.0.1.1"})
    ran = await run(tmp_path, "get", "running-kernels", "--of", "worker-0")
    assert (ran.code, ran.err) == (0, "")
    assert "worker-0" in ran.out
    away = await run(tmp_path, "get", "sm-services", "--of", "worker-0")
    assert away.code == 3
    assert "sm-dump is not on worker-0" in away.err


async def test_a_host_nobody_vouches_for_is_refused_without_a_terminal(
    sshd: Sshd, tmp_path: Path
) -> None:
    settings(tmp_path, sshd, {"worker-0": "127.0.1.1"})
    (sshd.home / "known_hosts").write_text("", encoding="utf-8")
    ran = await run(tmp_path, "get", "vitals", "--of", "worker-0")
    assert ran.code == 7
    assert "host key nobody vouches for" in ran.err
