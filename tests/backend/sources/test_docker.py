"""Docker's socket, as a daemon that is away, closed or strange shows it; the real one is a peer."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from pathlib import Path
from typing import Any, AsyncIterator, List, Tuple

import pytest

from backend.docker import Docker, DockerLog
from backend.errors import (
    Absent,
    Forbidden,
    Malformed,
    NotConfigured,
    Rejected,
    Unreachable,
)
from backend.plan import Command
from backend.settings import CloudSettings
from backend.sources.docker import Engine, unframed
from backend.sources.local import Printed
from backend.sources.machines import Machines
from backend.sources.tls import Pins


@pytest.fixture
def here(tmp_path: Path) -> Path:
    return tmp_path / "docker.sock"


def engine(here: Path) -> Engine:
    env = {"DOCKER_HOST": f"unix://{here}"}
    return Engine(CloudSettings(name="c"), Pins(here.parent / "pins"), env)


@contextlib.asynccontextmanager
async def answering(here: Path, body: bytes, status: str = "200 OK") -> AsyncIterator[None]:
    """Listen on the socket and answer all that comes with one body."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_unix_server(answer, str(here))
    try:
        yield
    finally:
        server.close()
        await server.wait_closed()


async def test_a_machine_without_dockers_socket_has_no_docker_and_nothing_is_wrong(
    here: Path,
) -> None:
    with pytest.raises(Absent, match="no socket here"):
        await engine(here).ask("/containers/json")
    with pytest.raises(Absent, match="is none"):
        await engine(here.parent).ask("/containers/json")


async def test_a_socket_nobody_listens_on_is_a_daemon_that_does_not_run(here: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(here))
    with pytest.raises(Unreachable, match="nobody answers on") as caught:
        await engine(here).ask("/containers/json")
    assert "systemctl status docker" in caught.value.advice


async def test_a_socket_that_is_closed_to_us_says_who_may(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    async with answering(here, b"[]"):
        with pytest.raises(Forbidden) as caught:
            await engine(here).ask("/containers/json")
    assert caught.value.advice == "root may, and the group docker"


async def test_what_is_no_answer_of_docker_is_said_and_the_daemons_own_words_are_kept(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{here}")
    read = Command(
        argv=("no-such-program",),
        parse=lambda _: (),
        also=(Docker(path="/images/json", parse=lambda text: [{"id": text[5]}]),),
    )
    machines = Machines(CloudSettings(name="c"), Pins(here.parent / "pins"))
    try:
        async with answering(here, b"{}"):
            with pytest.raises(Malformed, match="not known here"):
                await machines.ask(read, "here")
        async with answering(here, b'{"message":"too old"}', "400 Bad Request"):
            with pytest.raises(Exception, match="too old"):
                await machines.ask(read, "here")
    finally:
        await machines.close()


async def test_a_log_of_docker_on_another_machine_is_refused_with_the_command_for_it(
    here: Path,
) -> None:
    machines = Machines(CloudSettings(name="c"), Pins(here.parent / "pins"))
    with pytest.raises(NotConfigured) as caught:
        await machines.listen(DockerLog(container="a" * 64, name="x", machine="worker-0"))
    assert caught.value.advice == "ssh worker-0 docker logs -f aaaaaaaaaaaa"


@pytest.mark.parametrize("size", [1, 3, 8, 9, 100])
async def test_frames_are_put_together_however_they_were_cut(size: int) -> None:
    whole = b"".join(
        bytes([pipe, 0, 0, 0]) + len(text).to_bytes(4, "big") + text
        for pipe, text in ((1, b"out\n"), (2, b""), (2, b"err \x00\n"), (1, b"no newline"))
    )

    async def parts() -> AsyncIterator[bytes]:
        for at in range(0, len(whole), size):
            yield whole[at : at + size]

    got: List[bytes] = [part async for part in unframed(parts())]
    assert b"".join(got) == b"out\nerr \x00\nno newline"


@pytest.mark.parametrize(("code", "said"), [(0, "[{}]"), (7, ""), (127, "")])
async def test_behind_ssh_curl_asks_the_same_and_no_socket_there_is_no_docker(
    here: Path, monkeypatch: pytest.MonkeyPatch, code: int, said: str
) -> None:
    machines = Machines(CloudSettings(name="c"), Pins(here.parent / "pins"))
    asked: List[Tuple[str, ...]] = []

    async def run(argv: Tuple[str, ...], machine: str, **_: Any) -> Printed:
        asked.append(argv)
        return Printed(out=said, err="curl: no", code=code)

    monkeypatch.setattr(machines, "run", run)
    docker = Docker(path="/images/json", query={"all": "true"}, parse=lambda text: [{"id": text}])
    read = Command(argv=("crictl",), parse=lambda _: (), absent=("curl: no",), also=(docker,))
    if code == 0:
        (row,) = (await machines.ask(read, "worker-0"))()
        assert row == {"id": "[{}]", "machine": "worker-0"}
    else:
        with pytest.raises(Absent if code == 7 else Rejected):
            await machines.ask(read, "worker-0")
    socket_at = ("curl", "-sS", "--unix-socket", "/var/run/docker.sock")
    assert (*socket_at, "http://docker/images/json?all=true") in asked
