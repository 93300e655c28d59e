"""Containers and images as Debian's containerd and Docker tell them: both on sockets of their own.

What cannot be started here (Docker wants more of a machine than root) is skipped, with its words.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any, AsyncIterator, Callable, Dict, Iterator, List

import pytest

from backend.docker import DockerLog
from backend.errors import NotFound
from backend.kind import Command, Kind
from backend.kinds.kube_verdict import verdict
from backend.kinds.machine_containers import CRI_CONTAINERS, CRI_IMAGES
from backend.kinds.machine_sandboxes import CRI_PODS
from backend.lookout import Lookout
from backend.place import Place
from backend.plan import HERE
from backend.settings import CloudSettings
from backend.sources.arriving import Arriving
from backend.sources.machines import Machines
from backend.sources.tls import Pins
from tests.backend.kinds import machines as recorded
from tests.backend.sources.test_kubeconfig import written
from tests.peers import crictl as peers_crictl
from tests.peers.keystone import free_port

pytestmark = [pytest.mark.peer, pytest.mark.xdist_group("runtimes")]

START_S = 30.0
_CONFIG = """\
version = 2
root = "{room}/root"
state = "{room}/state"
[grpc]
  address = "{room}/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "docker.io/lab/tiny:1"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "native"
"""
# A pod on its node's own network, as nothing here has another; and a container of it.
_OWN = {"linux": {"security_context": {"namespace_options": {"network": 2}}}}
_POD = {
    "metadata": {"name": "du-1-0", "namespace": "oran", "uid": "77", "attempt": 1},
    **_OWN,
}
_CONTAINER = {
    "metadata": {"name": "du", "attempt": 2},
    "image": {"image": "docker.io/lab/tiny:1"},
    "labels": {
        "io.kubernetes.pod.name": "du-1-0",
        "io.kubernetes.pod.namespace": "oran",
        "io.kubernetes.pod.uid": "77",
    },
    **_OWN,
}


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
    """Make an image of a shell and what it is linked with, and three containers of it."""
    linked = re.findall(r"(/\S+)", ran("ldd", "/bin/sh") + ran("ldd", "/usr/bin/tail"))
    files = ["bin/sh", "usr/bin/tail", *(name.lstrip("/:") for name in linked if name[-1] != ":")]
    waits = 'CMD ["/usr/bin/tail", "-f", "/dev/null"]'
    says = "echo out; echo err >&2; echo last"
    runs = ("docker", "run", "--network=none")
    for words in (
        ("tar", "chf", f"{room}/files.tar", "-C", "/", *dict.fromkeys(files)),
        ("docker", "import", "--change", waits, f"{room}/files.tar", "lab/tiny:1"),
        ("docker", "create", "--name", "one", "lab/tiny:1", "/hello"),
        (*runs, "--name", "said", "lab/tiny:1", "/bin/sh", "-c", says),
        (*runs, "-dit", "--name", "shell", "lab/tiny:1", "/bin/sh"),
        ("docker", "save", "lab/tiny:1", "-o", f"{room}/image.tar"),
        ("ctr", "-n", "k8s.io", "images", "import", f"{room}/image.tar"),
    ):
        ran(*words)


def ran(*words: str) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


async def told(kind: Kind[Any], tmp_path: Path) -> List[Any]:
    machines = Machines(CloudSettings(name="c"), Pins(tmp_path / "pins"))
    try:
        assert isinstance(kind.read, Command)
        answer = await machines.ask(kind.read, HERE)
        return [kind.model.read(body) for body in answer()]
    finally:
        await machines.close()


@pytest.mark.usefixtures("runtimes")
async def test_images_of_both_runtimes_stand_in_one_list_with_their_sizes(tmp_path: Path) -> None:
    found: Dict[str, Any] = {row.runtime: row for row in await told(CRI_IMAGES, tmp_path)}
    assert found["containerd"].names == ["docker.io/lab/tiny:1"]
    assert found["docker"].names == ["lab/tiny:1"]
    second = ran("docker", "image", "inspect", "-f", "{{.Size}}", "lab/tiny:1")
    assert found["docker"].size == int(second)
    assert found["containerd"].size > 0


@pytest.fixture
def crictl(runtimes: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """``crictl`` on the path, at containerd's socket, with one pod that runs one container."""
    if peers_crictl.MISSING:
        pytest.skip("crictl is built by Go, and there is none on this machine")
    endpoint = f"unix://{os.environ['CONTAINERD_ADDRESS']}"
    monkeypatch.setenv("PATH", f"{peers_crictl.built()}:{os.environ['PATH']}")
    monkeypatch.setenv("CONTAINER_RUNTIME_ENDPOINT", endpoint)
    monkeypatch.setenv("IMAGE_SERVICE_ENDPOINT", endpoint)
    pod, container = tmp_path / "pod.json", tmp_path / "container.json"
    pod.write_text(json.dumps(_POD), encoding="utf-8")
    container.write_text(json.dumps(_CONTAINER), encoding="utf-8")
    try:
        try:
            sandbox = ran("crictl", "runp", str(pod)).strip()
        except subprocess.CalledProcessError as error:
            pytest.skip(f"no pod can be run here: {error.stderr[-300:]}")
        ran("crictl", "start", ran("crictl", "create", sandbox, str(container), str(pod)).strip())
        yield
    finally:
        ran("crictl", "rmp", "-f", "-a")


@pytest.mark.usefixtures("crictl")
async def test_a_container_of_containerd_is_read_by_cri_with_its_pod_beside_dockers(
    tmp_path: Path,
) -> None:
    rows = {(row.runtime, row.name): row for row in await told(CRI_CONTAINERS, tmp_path)}
    row = rows["containerd", "du"]
    assert (row.namespace, row.pod, row.state, row.attempt) == ("oran", "du-1-0", "running", 2)
    assert row.log == "/var/log/pods/oran_du-1-0_77/du/2.log"
    assert abs(row.created_ms / 1000 - time.time()) < 600
    assert ("docker", "one") in rows


@pytest.mark.usefixtures("crictl")
async def test_a_pod_of_containerd_is_read_by_its_sandbox(tmp_path: Path) -> None:
    (row,) = await told(CRI_PODS, tmp_path)
    assert (row.full_name, row.pod_uid, row.state, row.attempt) == (
        *("oran/du-1-0", "77", "ready", 1),
    )
    assert abs(row.created_ms / 1000 - time.time()) < 600
    ran("crictl", "stopp", row.id)
    (row,) = await told(CRI_PODS, tmp_path)
    assert row.state == "notready"


@pytest.mark.usefixtures("crictl")
async def test_while_no_api_server_answers_containerd_says_which_of_its_containers_do_not_run(
    tmp_path: Path,
) -> None:
    clusters = [{"name": "c", "cluster": {"server": f"https://127.0.0.1:{free_port()}"}}]
    kubeconfig = written(tmp_path / "config", clusters=clusters)
    lookout = Lookout(
        CloudSettings(name="c", kubeconfig=str(kubeconfig)),
        place=Place(hostname="controller-0"),
        now_ms=lambda: time.time_ns() // 1_000_000,
        pins=Pins(tmp_path / "pins"),
    )
    try:
        ran("crictl", "stop", "-t", "0", *ran("crictl", "ps", "-q", "--name", "du").split())
        rows = (await lookout.watch.read_now("troubles")).rows
        said = verdict(lookout.watch.known)
    finally:
        await lookout.close()
    assert [(row.name, row.state, row.restarts) for row in rows] == [
        ("API server", "no answer", None),
        ("oran/du-1-0", "exited", 2),
    ]
    assert f"{said.word} {said.text}" == (
        "API SERVER DOES NOT ANSWER: what this machine's containerd knows"
    )


@pytest.mark.usefixtures("crictl")
async def test_images_of_containerd_are_read_by_cri_with_their_sizes(tmp_path: Path) -> None:
    found = {row.runtime: row for row in await told(CRI_IMAGES, tmp_path)}
    (said,) = json.loads(ran("crictl", "images", "-o", "json"))["images"]
    image = found["containerd"]
    assert (image.names, image.size) == (said["repoTags"], int(said["size"]))


@pytest.mark.usefixtures("runtimes")
async def test_containers_of_docker_are_read_on_its_socket_without_a_program_of_its(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("backend.sources.local.PATH", str(tmp_path))
    rows = {row.name: row for row in await told(CRI_CONTAINERS, tmp_path)}
    states = {name: (row.image, row.state, row.runtime) for name, row in rows.items()}
    assert states == {
        "one": ("lab/tiny:1", "created", "docker"),
        "said": ("lab/tiny:1", "exited", "docker"),
        "shell": ("lab/tiny:1", "running", "docker"),
    }
    assert abs(rows["one"].created_ms / 1000 - time.time()) < 600


@contextlib.asynccontextmanager
async def read_log(name: str, tmp_path: Path) -> AsyncIterator[Arriving]:
    """Open the log of a container as its row names it."""
    rows = {row.name: row for row in await told(CRI_CONTAINERS, tmp_path)}
    assert CRI_CONTAINERS.logs is not None
    (stream,) = CRI_CONTAINERS.logs(rows[name], recorded.known()).streams
    assert isinstance(stream, DockerLog)
    machines = Machines(CloudSettings(name="c"), Pins(tmp_path / "pins"))
    log = await machines.listen(stream)
    try:
        yield log
    finally:
        await log.end()
        await machines.close()


def texts(log: Arriving) -> List[str]:
    """Return the lines without the time before each."""
    found = [line.raw.decode().partition(" ") for line in log.down(log.first(), None, int)]
    assert all(re.fullmatch(r"[\d-]+T[\d:.]+Z", at) for at, _, _ in found)
    return [text for _, _, text in found]


async def until(holds: Callable[[], bool]) -> None:
    """Return as soon as it holds; fails after half a minute."""
    for _ in range(300):
        if holds():
            return
        await asyncio.sleep(0.1)
    raise AssertionError("it never came")


@pytest.mark.usefixtures("runtimes")
async def test_a_log_of_docker_has_what_came_over_both_pipes_and_says_that_it_is_over(
    tmp_path: Path,
) -> None:
    async with read_log("said", tmp_path) as log:
        await until(log.task.done)
        assert sorted(texts(log)) == ["err", "last", "out"]
        assert "these were its last lines" in log.news()[0]


@pytest.mark.usefixtures("runtimes")
async def test_a_log_of_docker_with_a_terminal_is_followed_as_it_comes(tmp_path: Path) -> None:
    async with read_log("shell", tmp_path) as log:
        typed = "echo later > /proc/1/fd/1"
        ran("docker", "exec", "shell", "/bin/sh", "-c", typed)
        await until(lambda: "later" in " ".join(texts(log)))
        assert not log.task.done()


@pytest.mark.usefixtures("runtimes")
async def test_a_container_of_docker_that_is_gone_is_said_in_its_daemons_words(
    tmp_path: Path,
) -> None:
    machines = Machines(CloudSettings(name="c"), Pins(tmp_path / "pins"))
    try:
        with pytest.raises(NotFound, match="No such container: gone"):
            await machines.listen(DockerLog(container="gone", name="gone"))
    finally:
        await machines.close()
