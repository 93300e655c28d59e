"""What containers write, through the real API server; kwok plays the node that has it."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any, List

import pytest

from backend.errors import NotFound, Rejected
from backend.kinds import kind_named
from backend.kinds.kube_logs import of_workload
from backend.kinds.log_adding import streams_named
from backend.kube import PodLog
from backend.logs.line import Log
from backend.logs.opening import open_all
from backend.logs.reader import Reader
from tests.backend.test_watch import until
from tests.peers.cluster import Cluster
from tests.peers.desk import ran
from tests.peers.test_kubernetes import agreed, looking

pytestmark = pytest.mark.peer
READY_S = 120.0


def lines(log: Log) -> List[str]:
    return [line.text for line in log.down(log.first(), None, lambda _bytes: None)]


async def stream_of(lookout: Any, name: str, **more: Any) -> PodLog:
    pod = None
    ends = time.monotonic() + READY_S
    while pod is None:
        # Another test may have had it deleted, or the API server restarted.
        assert time.monotonic() < ends, f"no pod {name} is ready"
        rows = (await lookout.watch.read_now("pods")).rows
        pod = next((row for row in rows if row.name.startswith(name) and row.is_ready), None)
    return PodLog(
        namespace=pod.namespace, pod=pod.name, container=pod.containers[0]["name"], **more
    )


async def test_a_log_is_followed_as_kubectl_has_it(real_cluster: Cluster) -> None:
    real_cluster.write("first", "second")
    async with looking(real_cluster.kubeconfig) as lookout:
        stream = await stream_of(lookout, "web-")
        log = await lookout.cloud.open(stream)
        said = real_cluster.kubectl("-n", "lab", "logs", stream.pod).splitlines()
        await until(lambda: len(lines(log)) == len(said), 20)
        ours = lines(log)
        assert len(ours) == len(said)
        # What has escapes, as another test may have written, is shown without.
        assert all(one == other for one, other in zip(ours, said) if other.isprintable())
        real_cluster.write("third")
        await until(lambda: lines(log)[-1] == "third", 20)
        written = [line.at_ms for line in log.down(log.first(), None, lambda _bytes: None)]
        assert written == sorted(written)
        assert written[0] > 0
        log.close()


async def test_escapes_and_a_line_that_does_not_end_reach_no_terminal(
    real_cluster: Cluster,
) -> None:
    real_cluster.write("\x1b[31mred\x1b[0m \x1b]0;title\x07", "password: ", whole=False)
    async with looking(real_cluster.kubeconfig) as lookout:
        log = await lookout.cloud.open(await stream_of(lookout, "web-"))
        await until(lambda: any("red" in line for line in lines(log)), 20)
        assert not any("\x1b" in line or "\x07" in line for line in lines(log))
        log.close()
    real_cluster.write("typed")


async def test_the_run_before_the_last_restart_is_another_log(real_cluster: Cluster) -> None:
    real_cluster.write("out of memory", run="before")
    async with looking(real_cluster.kubeconfig) as lookout:
        log = await lookout.cloud.open(await stream_of(lookout, "web-", previous=True))
        await until(lambda: lines(log)[-1:] == ["out of memory"], 20)
        assert log.name.endswith("(before)")
        log.close()


async def test_only_the_last_lines_are_asked_for(real_cluster: Cluster) -> None:
    real_cluster.write(*(f"line {n}" for n in range(30)))
    async with looking(real_cluster.kubeconfig) as lookout:
        log = await lookout.cloud.open(await stream_of(lookout, "web-", tail=5))
        await until(lambda: len(lines(log)) == 5, 20)
        assert lines(log) == [f"line {n}" for n in range(25, 30)]
        log.close()


async def test_a_server_that_was_away_loses_no_line_and_repeats_none(
    real_cluster: Cluster,
) -> None:
    real_cluster.write("before it went")
    async with looking(real_cluster.kubeconfig) as lookout:
        log = await lookout.cloud.open(await stream_of(lookout, "web-"))
        # What was there comes in the end, though it was opened before that.
        await until(lambda: lines(log)[-1:] == ["before it went"], 20)
        before = lines(log)
        await asyncio.to_thread(real_cluster.end)
        real_cluster.write("while it was away", "and this")
        await asyncio.to_thread(real_cluster.begin)
        await until(lambda: len(lines(log)) >= len(before) + 2, 60)
        assert lines(log) == [*before, "while it was away", "and this"]
        log.close()


async def test_a_pod_or_a_container_that_is_not_there_is_said(real_cluster: Cluster) -> None:
    async with looking(real_cluster.kubeconfig) as lookout:
        gone = PodLog(namespace="lab", pod="nobody", container="main")
        with pytest.raises(NotFound):
            await lookout.cloud.open(gone)
        stream = await stream_of(lookout, "web-")
        wrong = PodLog(namespace="lab", pod=stream.pod, container="sidecar")
        with pytest.raises(Rejected, match="sidecar is not valid"):
            await lookout.cloud.open(wrong)


async def test_all_pods_of_a_workload_are_its_logs(real_cluster: Cluster) -> None:
    async with looking(real_cluster.kubeconfig) as lookout:

        async def ours() -> Any:
            for name in ("deployments", "pods"):
                await lookout.watch.read_anew(name)
            web = next(r for r in lookout.watch.known.rows("deployments") if r.name == "web")
            logs = of_workload("deployment")(web, lookout.watch.known)
            return sorted(one.name for one in logs.streams)

        async def theirs() -> Any:
            words = ("-n", "lab", "get", "pods", "-l", "app=web", "-o", "name")
            said = await asyncio.to_thread(real_cluster.kubectl, *words)
            return sorted(one.partition("/")[2] for one in said.split())

        await agreed(ours, theirs)
        kind = kind_named("deployments")
        assert kind is not None
        assert kind.logs_needs == ("pods",)


async def test_a_crash_loop_shows_the_last_line_of_its_last_run_among_the_troubles(
    real_cluster: Cluster, tmp_path: Path
) -> None:
    real_cluster.write("heap is full", run="before")
    second = real_cluster.kubectl("-n", "monitor", "logs", "elastic-0", "-p", "--tail=1").strip()
    async with looking(real_cluster.kubeconfig) as lookout:
        for kind in ("pods", "last-lines", "troubles"):
            await lookout.watch.read_now(kind)
        (row,) = [r for r in lookout.watch.known.rows("troubles") if r.name == "monitor/elastic-0"]
        assert (row.state, row.said) == ("CrashLoop", second)


def test_the_command_prints_what_tells_of_a_row(real_cluster: Cluster, tmp_path: Path) -> None:
    real_cluster.write("printed")
    code, out, _err = ran(real_cluster, tmp_path, "logs", "--of", "dp", "lab/web", "-n", "3")
    assert code == 0
    assert "printed" in out
    code, _out, err = ran(real_cluster, tmp_path, "logs", "--of", "storage-classes", "general")
    assert code != 0
    assert "no log is known to tell of a" in err


async def test_a_pods_log_is_looked_at_beside_a_file(real_cluster: Cluster, tmp_path: Path) -> None:
    real_cluster.write("said in the pod")
    path = tmp_path / "x.log"
    path.write_text("2026-11-21T02:00:00.000 x: info said in the file\n", encoding="utf-8")
    async with looking(real_cluster.kubeconfig) as lookout:
        pods = (await lookout.watch.read_now("pods")).rows
        name = next(pod.full_name for pod in pods if pod.name.startswith("web-") and pod.is_ready)
        streams = streams_named(f"{path} pod:{name}", lookout.watch.known)
        logs, errors = await open_all(streams, lookout.cloud.open)
        assert not errors
        reader = Reader(logs)
        await reader.to_last()
        said = "\n".join(line.text for line in reader.view.lines)
        assert said.index("said in the file") < said.index("said in the pod")
        await reader.close()
