"""Containers and images as Debian's containerd and Docker tell them: both on sockets of their own.

What cannot be started here (Docker wants more of a machine than root) is skipped, with its words.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any, Dict, Iterator, List

import pytest

from backend.kinds.machine_containers import CRI_CONTAINERS, CRI_IMAGES
from backend.plan import HERE
from backend.settings import CloudSettings
from backend.sources.machines import Machines
from backend.sources.tls import Pins

pytestmark = [pytest.mark.peer, pytest.mark.xdist_group("runtimes")]

START_S = 30.0
_CONFIG = """\
version = 2
root = "{room}/root"
state = "{room}/state"
[grpc]
  address = "{room}/containerd.sock"
"""


def start(room: Path, words: List[str], *asks: str) -> subprocess.Popen[bytes]:
    """Start a daemon and return it as soon as it answers; skips where it does not."""
    if shutil.which(words[0]) is None or shutil.which(asks[0]) is None:
        pytest.skip(f"not on this machine: {words[0]} or {asks[0]}")
    log = room / f"{words[0]}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(words, stdout=out, stderr=out)
    ends = time.monotonic() + START_S
    while subprocess.run(asks, capture_output=True, check=False).returncode:
        if process.poll() is not None or time.monotonic() > ends:
            process.terminate()
            process.wait()
            pytest.skip(f"{words[0]} does not start here: {log.read_text('utf-8')[-400:]}")
        time.sleep(0.1)
    return process


@pytest.fixture(scope="module")
def runtimes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Both runtimes, with one small image in each, and a container of it that never ran."""
    if os.geteuid():
        pytest.skip("only root may start a container runtime")
    room = tmp_path_factory.mktemp("runtimes")
    (room / "containerd.toml").write_text(_CONFIG.format(room=room), encoding="utf-8")
    docker = f"unix://{room}/docker.sock"
    own = ["--data-root", f"{room}/data", "--exec-root", f"{room}/exec", "-p", f"{room}/pid"]
    bare = ["--iptables=false", "--ip6tables=false", "--bridge=none", "--storage-driver=vfs"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONTAINERD_ADDRESS", f"{room}/containerd.sock")
        patch.setenv("DOCKER_HOST", docker)
        started = []
        try:
            words = ["containerd", "-c", f"{room}/containerd.toml"]
            started.append(start(room, words, "ctr", "version"))
            there = ["--containerd", f"{room}/containerd.sock"]
            words = ["dockerd", "-H", docker, *own, *bare, *there]
            started.append(start(room, words, "docker", "version"))
            _lay(room)
            yield
        finally:
            for process in reversed(started):
                process.terminate()
                process.wait()


def _lay(room: Path) -> None:
    (room / "hello").write_text("hello\n", encoding="utf-8")
    for words in (
        ("tar", "cf", f"{room}/files.tar", "-C", str(room), "hello"),
        ("docker", "import", f"{room}/files.tar", "lab/tiny:1"),
        ("docker", "create", "--name", "one", "lab/tiny:1", "/hello"),
        ("docker", "save", "lab/tiny:1", "-o", f"{room}/image.tar"),
        ("ctr", "-n", "k8s.io", "images", "import", f"{room}/image.tar"),
    ):
        subprocess.run(words, check=True, capture_output=True)


async def told(kind: Any, tmp_path: Path) -> List[Any]:
    machines = Machines(CloudSettings(name="c"), Pins(tmp_path / "pins"))
    try:
        answer = await machines.ask(kind.read, HERE)
        return [kind.model.read(body) for body in answer()]
    finally:
        await machines.close()


@pytest.mark.usefixtures("runtimes")
async def test_images_of_both_runtimes_stand_in_one_list_with_their_sizes(tmp_path: Path) -> None:
    found: Dict[str, Any] = {row.runtime: row for row in await told(CRI_IMAGES, tmp_path)}
    assert found["containerd"].names == ["docker.io/lab/tiny:1"]
    assert found["docker"].names == ["lab/tiny:1"]
    assert found["docker"].size == len("hello\n")
    assert found["containerd"].size > 0


@pytest.mark.usefixtures("runtimes")
async def test_a_container_of_docker_is_read_while_the_cri_has_no_program_here(
    tmp_path: Path,
) -> None:
    if shutil.which("crictl") is not None:
        pytest.skip("crictl is here, and asks another containerd")
    (row,) = await told(CRI_CONTAINERS, tmp_path)
    assert (row.name, row.image, row.state) == ("one", "lab/tiny:1", "created")
    assert abs(row.created_ms / 1000 - time.time()) < 600
