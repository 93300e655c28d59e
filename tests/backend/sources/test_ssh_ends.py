"""What is left of ssh when one leaves: no folder, no process, no wait without end."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import tempfile
from pathlib import Path
from typing import Dict, Iterator, List, Mapping, Tuple

import pytest

from backend.sources.ssh import SshHosts
from backend.sources.ssh_line import SshLine
from backend.sources.tls import Pins
from backend.ssh_settings import Ssh
from tests.backend.sources.test_local import until_gone


@pytest.fixture
def rooms(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give the folder that folders of ours lie in; a short one: sockets lie in them."""
    folder = Path(tempfile.mkdtemp(prefix="stx-t-"))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    shutil.rmtree(folder)


def within(folder: Path) -> List[Path]:
    return list(folder.iterdir())


async def test_an_ssh_that_does_not_leave_in_time_leaves_no_folder_behind(
    rooms: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.sources.ssh.LEAVES_S", 0.3)
    hosts = SshHosts(Ssh(), Pins(tmp_path / "pins.json"))
    (room,) = within(rooms)
    with socket.socket(socket.AF_UNIX) as mute:
        # An ssh that takes calls and says nothing, as one on a machine that is too busy.
        mute.bind(str(room / "c-mute"))
        mute.listen()
        await hosts.close()
    assert within(rooms) == []


async def test_who_does_not_wait_for_the_end_leaves_no_folder_behind_either(
    rooms: Path, tmp_path: Path
) -> None:
    hosts = SshHosts(Ssh(), Pins(tmp_path / "pins.json"))
    (room,) = within(rooms)
    with socket.socket(socket.AF_UNIX) as mute:
        mute.bind(str(room / "c-mute"))
        mute.listen()
        closing = asyncio.ensure_future(hosts.close())
        await asyncio.sleep(0)
        closing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await closing
    assert within(rooms) == []


class Stubborn(SshHosts):
    """Hosts whose line is a program that does not end when it is asked to."""

    def __init__(self, folder: Path) -> None:
        super().__init__(Ssh(), Pins(folder / "pins.json"))

    async def line(self, name: str, *words: str) -> Tuple[Tuple[str, ...], Mapping[str, str]]:
        del name, words
        env: Dict[str, str] = dict(os.environ)
        return ("sh", "-c", "trap '' TERM; echo $$; while :; do sleep 1; done"), env


async def test_a_line_whose_ssh_does_not_end_when_it_is_asked_to_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.sources.ssh_line.GONE_S", 0.3)
    line = SshLine("bmc", Stubborn(tmp_path), "controller-0")
    await line.begin()
    said = await line.read()
    assert isinstance(said, bytes)
    await line.close()
    await until_gone(int(said))


async def test_who_reads_a_line_that_is_closed_reads_its_end(tmp_path: Path) -> None:
    line = SshLine("bmc", Stubborn(tmp_path), "controller-0")
    await line.begin()
    said = await line.read()
    assert isinstance(said, bytes)
    reading = asyncio.ensure_future(line.read())
    await asyncio.sleep(0)
    closing = asyncio.ensure_future(line.close())
    await asyncio.sleep(0)
    os.kill(int(said), signal.SIGKILL)
    await closing
    assert await reading == b""
