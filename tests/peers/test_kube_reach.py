"""Ports forwarded, a program attached to, files copied: through the real API server to kwok."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import signal
from pathlib import Path
from typing import Any, Awaitable, Callable, List, Tuple

import pytest

from backend.deed import Outcome
from backend.errors import NotFound, Rejected
from backend.kind import Risk
from backend.pods import PodAttach, PodCopy, PodForward
from backend.station import Station
from tests.peers.cluster import Cluster
from tests.peers.desk import done, previewed, settled, stationed
from tests.peers.site import _set, made
from tests.peers.test_kube_exec import heard
from tests.peers.test_kube_logs import stream_of
from tests.program import command, environment

pytestmark = [pytest.mark.peer, pytest.mark.xdist_group("cluster")]

ECHOES, LEADS_NOWHERE = 7, 9
ECHO_PORTS = {"ports": [{"name": "tell", "containerPort": ECHOES}]}
ECHO = [{"name": "say", "port": 80, "targetPort": "tell"}]


async def web(station: Station) -> Tuple[str, str, str]:
    """Return a pod that runs: its namespace, name and container."""
    stream = await stream_of(station.lookout, "web-")
    return stream.namespace, stream.pod, stream.container


async def eventually(claim: Callable[[], Awaitable[bool]]) -> bool:
    """Wait until it holds, a minute at most."""
    for _ in range(600):
        if await claim():
            return True
        await asyncio.sleep(0.1)
    return False


async def said_back(port: int, words: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(words)
    await writer.drain()
    try:
        return await reader.readexactly(len(words))
    finally:
        writer.close()
        await writer.wait_closed()


# --- ports -------------------------------------------------------------------------------------


async def test_a_port_is_forwarded_shown_while_it_runs_found_again_and_ended(
    real_cluster: Cluster, tmp_path: Path
) -> None:
    async with stationed(real_cluster.kubeconfig, tmp_path / "record.db") as station:
        namespace, pod, _ = await web(station)
        name = f"{namespace}/{pod}"
        before = await previewed(station, "pods", "forward", name, port=str(ECHOES))
        assert before.risk is Risk.HARMLESS
        deed = await done(station, "pods", "forward", name, port=str(ECHOES))
        assert deed.outcome is Outcome.DONE
        assert "listens on 127.0.0.1:" in deed.answer
        (row,) = (await station.watch.read_now("port-forwards")).rows
        assert row.local < 32768
        assert (row.pod, row.port, row.total) == (pod, ECHOES, 0)
        kind = station.lookout.kinds["port-forwards"]
        assert kind.reminder is not None
        assert kind.reminder(station.watch.known) == "1 port forwarded"

        words = os.urandom(300_000)
        assert await said_back(row.local, b"hello") == b"hello"
        both = await asyncio.gather(*(said_back(row.local, words) for _ in range(2)))
        assert both == [words, words]

        async def carried() -> bool:
            (row,) = (await station.watch.read_now("port-forwards")).rows
            return (row.total, row.open, row.received) == (3, 0, 600_005)

        assert await eventually(carried)
        ended = await done(station, "port-forwards", "end", row.called)
        assert ended.outcome is Outcome.DONE
        assert "3 connections, 600005 bytes sent, 600005 received" in ended.answer
        assert not (await station.watch.read_now("port-forwards")).rows
        with pytest.raises(OSError, match="Connect call failed"):
            await said_back(row.local, b"x")


async def test_a_port_of_a_service_or_a_deployment_leads_to_a_pod_of_it_that_is_ready(
    real_cluster: Cluster, tmp_path: Path
) -> None:
    deployment = _set("Deployment", "echo", "lab", "lab/echo:1", 2, container=ECHO_PORTS)
    service = made("Service", "echo", "lab", spec={"selector": {"app": "echo"}, "ports": ECHO})
    real_cluster.apply(deployment, service)
    path = "/apis/apps/v1/namespaces/lab/deployments/echo"
    real_cluster.until(
        lambda: real_cluster.ask("GET", path)["status"].get("readyReplicas") == 2, "echo"
    )
    async with stationed(real_cluster.kubeconfig, tmp_path / "record.db") as station:
        for kind, port in (("kube-services", "say"), ("kube-services", "80"), ("deployments", "")):
            deed = await done(station, kind, "forward", "lab/echo", port=port)
            assert deed.outcome is Outcome.DONE, deed.answer
            (row,) = (await station.watch.read_now("port-forwards")).rows
            assert (row.pod.startswith("echo-"), row.port) == (True, ECHOES)
            assert row.of in ("service/echo", "deployment/echo")
            assert await said_back(row.local, b"hello") == b"hello"
            await done(station, "port-forwards", "end", row.called)
        lost = await previewed(station, "kube-services", "forward", "lab/nothing")
        assert [one.words for one in lost.blocked] == ["none of the pods it selects runs"]
    real_cluster.kubectl("-n", "lab", "delete", "service/echo", "deployment/echo")


async def test_a_port_that_is_taken_or_a_pod_that_is_not_there_is_said_and_nothing_listens(
    real_cluster: Cluster, tmp_path: Path
) -> None:
    async with stationed(real_cluster.kubeconfig, tmp_path / "record.db") as station:
        namespace, pod, _ = await web(station)
        send = station.cloud.send
        with pytest.raises(Rejected, match="cannot be listened on: Address already in use"):
            await send(PodForward(namespace, pod, ECHOES, local=real_cluster.port))
        with pytest.raises(NotFound, match="nobody"):
            await send(PodForward(namespace, "nobody", ECHOES))
        assert not (await station.watch.read_now("port-forwards")).rows


async def test_a_forward_whose_pod_answers_no_more_says_why(
    real_cluster: Cluster, tmp_path: Path
) -> None:
    async with stationed(real_cluster.kubeconfig, tmp_path / "record.db") as station:
        namespace, pod, _ = await web(station)
        answer: Any = await station.cloud.send(PodForward(namespace, pod, LEADS_NOWHERE))
        with pytest.raises(asyncio.IncompleteReadError):
            await said_back(answer["local"], b"x")
        kind = station.lookout.kinds["port-forwards"]

        async def said() -> bool:
            (row,) = (await station.watch.read_now("port-forwards")).rows
            return any("refused" in note for note in kind.look(row, station.watch.known).notes)

        assert await eventually(said)


async def test_a_forward_of_the_command_line_lasts_until_it_is_interrupted(
    real_cluster: Cluster, tmp_path: Path
) -> None:
    async with stationed(real_cluster.kubeconfig, tmp_path / "record.db") as station:
        namespace, pod, _ = await web(station)
    settled(real_cluster, tmp_path)
    words = ("do", "pod", "forward", f"{namespace}/{pod}", "--port", str(ECHOES))
    process = await asyncio.create_subprocess_exec(
        *command(*words),
        env=environment(tmp_path),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    line = (await process.stdout.readline()).decode()
    found = re.search(r"listens on 127\.0\.0\.1:(\d+)", line)
    assert found is not None, line
    assert await said_back(int(found[1]), b"hello") == b"hello"
    process.send_signal(signal.SIGINT)
    out, _ = await process.communicate()
    assert "ended; 1 connections, 5 bytes sent, 5 received" in out.decode()
    assert process.returncode == 0


# --- attached ----------------------------------------------------------------------------------


async def test_what_an_attached_program_writes_is_seen_as_it_comes(
    real_cluster: Cluster, tmp_path: Path
) -> None:
    async with stationed(real_cluster.kubeconfig, tmp_path / "record.db") as station:
        namespace, pod, container = await web(station)
        before = await previewed(station, "pods", "attach", f"{namespace}/{pod}")
        assert before.opens == PodAttach(namespace, pod, container)
        assert "reads nothing that is typed" in before.consequences[0].words
        deed, channel = await station.acts.open(before, typed=before.wants, why="")
        assert deed.outcome is Outcome.DONE
        assert before.commands == (f"kubectl -n {namespace} attach {pod} -c {container}",)
        real_cluster.write("one of it", "another of it")
        assert "one of it\r\n" in await heard(channel, "another of it")
        await channel.close()


# --- copied ------------------------------------------------------------------------------------


async def test_a_file_is_copied_into_a_container_compared_and_out_again(
    real_cluster: Cluster, tmp_path: Path
) -> None:
    content = os.urandom(3_000_001)
    source = tmp_path / "source.bin"
    source.write_bytes(content)
    far = tmp_path / "far"  # kwok's containers run on this machine
    far.mkdir()
    async with stationed(real_cluster.kubeconfig, tmp_path / "record.db") as station:
        namespace, pod, _ = await web(station)
        name, there = f"{namespace}/{pod}", far / "it is.bin"
        carried: List[Tuple[int, int, int]] = []
        station.watch.listen(
            lambda known, _: carried.extend(deed.carried for deed in known.memory.deeds[:1])
        )
        into = {"here": str(source), "there": str(there)}
        deed = await done(station, "pods", "copy-to", name, **into)
        assert (deed.outcome, deed.answer) == (
            Outcome.DONE,
            "3000001 bytes; compared: SHA-256 is the same there",
        )
        assert there.read_bytes() == content
        assert [path.name for path in far.iterdir()] == ["it is.bin"]
        assert any(of == len(content) for _gone, of, _at in carried)

        back = tmp_path / "back"
        back.mkdir()
        out = {"here": str(back), "there": str(there)}
        deed = await done(station, "pods", "copy-from", name, **out)
        assert deed.outcome is Outcome.DONE, deed.answer
        copied = back / "it is.bin"
        digest = hashlib.sha256(copied.read_bytes()).hexdigest()
        assert digest == hashlib.sha256(content).hexdigest()
        # What is there already stays.
        deed = await done(station, "pods", "copy-from", name, **out)
        assert (deed.outcome, "is there already" in deed.answer) == (Outcome.REFUSED, True)


@pytest.mark.parametrize("there", ["etc/passwd", "/etc/../root/x", "/etc/", "/", "/.."])
async def test_a_path_that_leaves_its_place_is_refused_before_anything_is_sent(
    real_cluster: Cluster, tmp_path: Path, there: str
) -> None:
    async with stationed(real_cluster.kubeconfig, tmp_path / "record.db") as station:
        namespace, pod, _ = await web(station)
        fields = {"here": str(tmp_path / "x"), "there": there}
        before = await previewed(station, "pods", "copy-from", f"{namespace}/{pod}", **fields)
        assert [reason.check for reason in before.blocked] == [
            "a path of one file in the container"
        ]


async def test_what_cannot_be_copied_is_said_in_the_containers_own_words_and_leaves_nothing(
    real_cluster: Cluster, tmp_path: Path
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    (tmp_path / "source").write_text("x")
    async with stationed(real_cluster.kubeconfig, tmp_path / "record.db") as station:
        of = await web(station)
        send = station.cloud.send
        with pytest.raises(Rejected, match="No such file"):
            await send(PodCopy(*of, here=str(here), there=f"{tmp_path}/nowhere", into=False))
        with pytest.raises(Rejected, match="is a folder: only files"):
            await send(PodCopy(*of, here=f"{here}/x", there=str(here), into=False))
        with pytest.raises(Rejected, match="is a folder"):
            await send(PodCopy(*of, here=f"{tmp_path}/source", there=str(here), into=True))
        with pytest.raises(Rejected, match="No such file"):
            await send(PodCopy(*of, here=f"{tmp_path}/none", there=f"{here}/x", into=True))
        with pytest.raises(Rejected, match=r"annot open|No such file"):
            await send(
                PodCopy(*of, here=f"{tmp_path}/source", there=f"{here}/no/such/x", into=True)
            )
        assert not list(here.iterdir())


async def test_a_file_that_grows_while_it_is_copied_is_not_kept(
    real_cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from backend.sources import kube_copy

    there = tmp_path / "there"
    there.write_text("before")
    kept = kube_copy._kept

    def grows(*given: Any) -> str:
        digest = kept(*given)
        there.write_text("before and after")
        return digest

    monkeypatch.setattr(kube_copy, "_kept", grows)
    async with stationed(real_cluster.kubeconfig, tmp_path / "record.db") as station:
        of = await web(station)
        copied = PodCopy(*of, here=str(tmp_path / "here"), there=str(there), into=False)
        with pytest.raises(Rejected, match="it changed while it was copied"):
            await station.cloud.send(copied)
    assert not (tmp_path / "here").exists()


async def test_what_arrived_half_is_not_left_in_the_container(
    real_cluster: Cluster, tmp_path: Path
) -> None:
    source, there = tmp_path / "source", tmp_path / "there"
    there.mkdir()
    source.write_bytes(b"x" * (4 << 20))
    parts = []

    def shortens(_gone: int, _of: int) -> None:
        parts.extend(path.name for path in there.iterdir())
        os.truncate(source, 1)

    async with stationed(real_cluster.kubeconfig, tmp_path / "record.db") as station:
        of = await web(station)
        copied = PodCopy(*of, here=str(source), there=f"{there}/x", into=True)
        assert station.cloud.kube is not None
        with pytest.raises(Rejected, match="shorter"):
            await station.cloud.kube.reach(copied, shortens)
    assert set(parts) <= {".x.stx-part"}
    assert list(there.iterdir()) == []
