"""Pods of a real API server, 200 nodes and 10,000 pods: ``python -m tests.bench.kube``.

One run: ``kubectl get pods -A`` as a whole process beside our console opening the same pods, then
100 changes a second for a minute while the event loop, the processor, the memory and what was lost
are looked at, and k9s beside it at terminals. The pods are objects only: nobody plays them.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import os
import resource
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Callable, Dict, List, Tuple

from backend.kinds import every_kind
from backend.place import find_place
from backend.settings import CloudSettings
from backend.station import Station
from backend.store.store import Store
from stx_tui.app import StxApp
from stx_tui.panes.table import TablePane
from stx_tui.rooms import all_rooms
from stx_tui.screens.listing import ListingScreen
from tests.bench.kube_consoles import beside
from tests.bench.process import ROOT, compiled
from tests.peers.cluster import Cluster, node

NODES, PODS, NAMESPACES, A_SECOND, SECONDS, TIMES = 200, 10_000, 20, 100, 60, 5
ROW = "{:48} {:>12} {:>10}"


class Bare(Cluster):
    """The API server and its store alone: no controller makes, and no kwok plays, what is there."""

    def apiserver(self) -> List[str]:
        return [*super().apiserver(), "--disable-admission-plugins=ServiceAccount"]


class Client:
    """Connections that stay, one a thread: what is laid out is as quick as the server."""

    def __init__(self, peer: Cluster) -> None:
        self._peer = peer
        self._tls = ssl.create_default_context(cafile=str(peer.authority.path))
        self._tls.load_cert_chain(peer.admin.path)
        self._kept: Dict[int, http.client.HTTPSConnection] = {}

    def ask(self, method: str, path: str, body: Any, content: str = "application/json") -> Any:
        import threading

        line = self._kept.get(threading.get_ident())
        if line is None:
            line = http.client.HTTPSConnection(
                "127.0.0.1", self._peer.port, context=self._tls, timeout=60
            )
            self._kept[threading.get_ident()] = line
        line.request(method, path, json.dumps(body), {"Content-Type": content})
        answer = line.getresponse()
        raw = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {raw[:300]!r}")
        return json.loads(raw)


def pod(at: int) -> Dict[str, Any]:
    """Return a pod of a usual size, on its node."""
    name = f"app-{at % 500:03}-{at:05}"
    container = {
        "name": "main",
        "image": f"registry.local:9001/app-{at % 500:03}:1.{at % 9}",
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}},
        "env": [{"name": f"SETTING_{n}", "value": f"value-{n}"} for n in range(10)],
    }
    labels = {"app": f"app-{at % 500:03}", "turn": "0"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": labels},
        "spec": {"nodeName": f"worker-{at % NODES:03}", "containers": [container]},
    }


def status(at: int) -> Dict[str, Any]:
    """Return how a pod that runs stands, as its kubelet says it."""
    now = "2026-11-26T10:00:00Z"
    ready = [
        {"type": kind, "status": "True", "lastTransitionTime": now}
        for kind in ("Initialized", "Ready", "ContainersReady", "PodScheduled")
    ]
    container = {
        "name": "main",
        "image": "app",
        "imageID": "",
        "ready": True,
        "started": True,
        "restartCount": 0,
        "state": {"running": {"startedAt": now}},
    }
    ip = f"10.{at % 250}.{at // 250 % 250}.{at % 200 + 1}"
    return {
        "status": {
            "phase": "Running",
            "podIP": ip,
            "startTime": now,
            "conditions": ready,
            "containerStatuses": [container],
        }
    }


def place(at: int) -> str:
    return f"/api/v1/namespaces/load-{at % NAMESPACES:02}/pods"


def lay(peer: Cluster) -> None:
    """Make the nodes and the pods."""
    client = Client(peer)

    def one(at: int) -> None:
        made = pod(at)
        client.ask("POST", place(at), made)
        path = f"{place(at)}/{made['metadata']['name']}/status"
        client.ask("PATCH", path, status(at), "application/merge-patch+json")

    with ThreadPoolExecutor(8) as pool:
        for at in range(NAMESPACES):
            body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": f"load-{at:02}"}}
            client.ask("POST", "/api/v1/namespaces", body)
        nodes = (node(f"worker-{at:03}") for at in range(NODES))
        list(pool.map(lambda body: client.ask("POST", "/api/v1/nodes", body), nodes))
        for _ in pool.map(one, range(PODS)):
            pass


def change(peer: Cluster, seconds: int, run: str) -> None:
    """Change pods at the pace that is wanted, each time another, to what they never were before.

    A label that says what it said already is no change: the server tells nobody of it.
    """
    client = Client(peer)
    began = time.monotonic()
    sent = []
    with ThreadPoolExecutor(6) as pool:
        for turn in range(seconds * A_SECOND):
            late = began + turn / A_SECOND - time.monotonic()
            if late > 0:
                time.sleep(late)
            at = turn * 37 % PODS
            path = f"{place(at)}/{pod(at)['metadata']['name']}"
            body = {"metadata": {"labels": {"turn": f"{run}-{turn}"}}}
            content = "application/merge-patch+json"
            sent.append(pool.submit(client.ask, "PATCH", path, body, content))
    for one in sent:
        one.result()


def changing(peer: Cluster, seconds: int, run: str) -> subprocess.Popen[bytes]:
    """Change pods in a process of its own; it ends when it is done. Each ``run`` is another."""
    return subprocess.Popen(
        (sys.executable, "-m", "tests.bench.kube", "--change", str(peer.room), str(seconds), run),
        env={**os.environ, "BENCH_PORT": str(peer.port)},
        cwd=ROOT,
    )


# --- our console -------------------------------------------------------------------------------


class Held:
    """The longest time the event loop was held, in ms.

    ``wall_ms`` is by the clock, ``held_ms`` without what the kernel says it waited for a core: the
    API server, its store and who changes the pods want both of them as well. ``own_ms`` is how much
    of a turn was its own work: the rest are other threads of ours, which had the interpreter.
    """

    def __init__(self) -> None:
        self.wall_ms = self.held_ms = self.own_ms = 0.0
        self.task = asyncio.ensure_future(self._look())

    async def _look(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            began, own, waited = loop.time(), time.thread_time(), waited_ms()
            await asyncio.sleep(0.005)
            wall_ms = (loop.time() - began) * 1000 - 5
            self.wall_ms = max(self.wall_ms, wall_ms)
            self.held_ms = max(self.held_ms, wall_ms - (waited_ms() - waited))
            self.own_ms = max(self.own_ms, (time.thread_time() - own) * 1000)


def waited_ms() -> float:
    """Return how long this thread was ready and had no core so far, as Linux counts it."""
    return int(Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1e6


def resident_mb() -> float:
    """Return what this process holds in memory now, MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def app_of(peer: Cluster, folder: Path) -> StxApp:
    settings = CloudSettings(name="site-7", kubeconfig=str(peer.kubeconfig))
    now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000  # noqa: E731
    place_ = find_place()

    async def opener() -> Station:
        store = Store(str(folder / f"{time.time_ns()}.db"), now_ms=now_ms, kinds=every_kind())
        return Station(settings, store=store, place=place_, now_ms=now_ms)

    return StxApp(None, opener, rooms=all_rooms(settings.has), now_ms=now_ms, place=place_)


async def until(claim: Callable[[], Any], seconds: float = 120.0, every: float = 0.002) -> float:
    """Return how long it took until it held, in s."""
    began = time.perf_counter()
    while not claim():
        if time.perf_counter() - began > seconds:
            raise RuntimeError("it never came true")
        await asyncio.sleep(every)
    return time.perf_counter() - began


async def opened(peer: Cluster, folder: Path) -> Tuple[float, float]:
    """Return how long from the console's start to a full screen, and to all rows, in s.

    Not from the key: once it is open it listens to pods already, for its headline.
    """
    began = time.perf_counter()
    app = app_of(peer, folder)
    async with app.run_test(size=(80, 24)):
        await until(lambda: app.station is not None)
        app.go("pods")
        await until(lambda: _shown(app) >= 10)
        first = time.perf_counter() - began
        await until(lambda: len(app.known.rows("pods")) >= PODS and app.known.has("pods"))
        return first, time.perf_counter() - began


def _shown(app: StxApp) -> int:
    screen = app.screen
    if not isinstance(screen, ListingScreen) or screen.kind.name != "pods":
        return 0
    return len(screen.table.rows.shown) if screen.query(TablePane) else 0


async def minute(peer: Cluster, folder: Path, seconds: int) -> List[Tuple[str, str, str]]:
    """Return what a minute of changes costs, and what keys cost among 10,000 rows."""
    app = app_of(peer, folder)
    rows: List[Tuple[str, str, str]] = []
    async with app.run_test(size=(80, 24)) as pilot:
        await until(lambda: app.station is not None)
        await asyncio.sleep(1)
        base = resident_mb()
        app.go("pods")
        await until(lambda: len(app.known.rows("pods")) >= PODS and app.known.has("pods"))
        await asyncio.sleep(2)
        run = str(time.time_ns())
        with changing(peer, seconds, run) as other:
            held = Held()
            cpu, wall = time.process_time(), time.monotonic()
            await until(lambda: other.poll() is not None, seconds * 10.0, 0.2)
        cpu, wall = time.process_time() - cpu, time.monotonic() - wall
        held.task.cancel()
        wanted = {
            f"{place(at).split('/')[4]}/{pod(at)['metadata']['name']}": f"{run}-{turn}"
            for turn in range(seconds * A_SECOND)
            for at in (turn * 37 % PODS,)
        }
        await asyncio.sleep(3)
        known = {row.full_name: row.labels.get("turn") for row in app.known.rows("pods")}
        lost = sum(known.get(name) != turn for name, turn in wanted.items())
        rows.append((f"{A_SECOND} changes/s, {wall:.0f} s: lost", str(lost), "0"))
        rows.append(("  longest hold of the event loop, ms", f"{held.held_ms:.0f}", "50"))
        rows.append(("    of its own work in one turn, ms", f"{held.own_ms:.0f}", ""))
        rows.append(("    with what it waited for a core, ms", f"{held.wall_ms:.0f}", ""))
        rows.append(("  CPU, % of a core", f"{100 * cpu / wall:.0f}", "60"))
        rows.append(("  memory above its base, MB", f"{resident_mb() - base:.0f}", "100"))
        rows += await _keys(app, pilot)
    return rows


async def _keys(app: StxApp, pilot: Any) -> List[Tuple[str, str, str]]:
    """Return what a key in the filter and a sort by another column cost, medians in ms."""
    screen = app.screen
    assert isinstance(screen, ListingScreen)
    times = []
    for text in ("a", "ap", "app-0", "app-01", "app-012"):
        began = time.perf_counter()
        screen.table.search(text)
        times.append((time.perf_counter() - began) * 1000)
    screen.table.search("")
    sorts = []
    for _ in range(TIMES):
        await pilot.pause()
        began = time.perf_counter()
        screen.action_sort(1)
        sorts.append((time.perf_counter() - began) * 1000)
    return [
        ("filter key, ms (worst)", f"{max(times):.0f}", "50"),
        ("sort, ms (worst)", f"{max(sorts):.0f}", "100"),
    ]


# --- all of it ---------------------------------------------------------------------------------


def kubectl(peer: Cluster) -> float:
    """Return how long ``kubectl get pods -A`` takes as a whole process, in s."""
    began = time.perf_counter()
    words = ["get", "pods", "-A"]
    program = str(peer.programs / "kubectl")
    subprocess.run(
        [program, f"--kubeconfig={peer.kubeconfig}", *words],
        check=True,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "HOME": str(peer.room)},
    )
    return time.perf_counter() - began


def _in_turn(peer: Cluster, folder: Path) -> List[Tuple[str, str, str]]:
    """Return what opening the pods takes beside kubectl: in turn, so a busy machine hurts both.

    The processor's time is told too: both wait for cores that the API server takes.
    """
    found: List[Tuple[float, ...]] = []
    for _ in range(TIMES + 1):
        before = _children_s()
        theirs = kubectl(peer)
        theirs_cpu, mine = _children_s() - before, time.process_time()
        first, whole = asyncio.run(opened(peer, folder))
        found.append((theirs, first, whole, theirs_cpu, time.process_time() - mine))
    # The first one of each is not counted: it loads.
    theirs, first, whole, theirs_cpu, cpu = (statistics.median(one) for one in zip(*found[1:]))
    return [
        ("kubectl get pods -A, s", f"{theirs:.2f}", ""),
        ("  its CPU, s", f"{theirs_cpu:.2f}", ""),
        ("pods: first full screen, s", f"{first:.2f}", ""),
        ("  ÷ kubectl", f"{first / theirs:.2f}", "0.6"),
        ("pods: all rows, s", f"{whole:.2f}", ""),
        ("  ÷ kubectl", f"{whole / theirs:.2f}", "1.0"),
        ("  its CPU, with writing them into the record, s", f"{cpu:.2f}", ""),
    ]


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main(seconds: int) -> None:
    compiled()
    with tempfile.TemporaryDirectory(prefix="stx-tui-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        peer = Bare(folder)
        stack.enter_context(peer.running(peer.etcd()))
        peer.begin()
        stack.callback(peer.end)
        began = time.monotonic()
        lay(peer)
        print(f"{NODES} nodes and {PODS} pods laid out in {time.monotonic() - began:.0f} s")
        print(ROW.format("", "measured", "goal"))
        for row in _in_turn(peer, folder):
            print(ROW.format(*row))
        for row in asyncio.run(minute(peer, folder, seconds)):
            print(ROW.format(*row))
        for line in beside(peer, folder, lambda s: changing(peer, s, str(time.time_ns()))):
            print(line)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=SECONDS)
    parser.add_argument("--change", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.change:

        class There:
            """The cluster of another process, as far as a client needs it."""

            room = Path(given.change[0])
            port = int(os.environ["BENCH_PORT"])

            class authority:  # noqa: N801
                path = Path(given.change[0]) / "authority.pem"

            class admin:  # noqa: N801
                path = Path(given.change[0]) / "admin.pem"

        change(There, int(given.change[1]), given.change[2])  # type: ignore[arg-type]
    else:
        main(given.seconds)
