"""The console on a real cluster: what is found, drawn and begun there, on eighty columns."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from backend.figure import Jump
from backend.kinds import every_kind
from backend.place import Place
from backend.settings import CloudSettings
from backend.station import Station
from backend.store.store import Store
from stx_tui.app import StxApp
from tests.peers.cluster import Cluster
from tests.peers.site import made
from tests.peers.test_kube_edit import release
from tests.peers.test_kubernetes import now_ms
from tests.tui.things import screen_text

pytestmark = [pytest.mark.peer, pytest.mark.xdist_group("cluster")]

PLACE = Place(hostname="laptop", user="sysadmin", terminal="ttyS0")
PATIENCE_S = 60.0


def console(peer: Cluster, tmp_path: Path) -> StxApp:
    """Return the console of that cluster, not opened yet."""
    settings = CloudSettings(name="site-7", kubeconfig=str(peer.kubeconfig))

    async def opener() -> Station:
        store = Store(tmp_path / "record.db", now_ms=now_ms, kinds=every_kind())
        station = Station(settings, store=store, place=PLACE, now_ms=now_ms)
        await station.start()
        return station

    return StxApp(None, opener, now_ms=now_ms, place=PLACE)


async def seen(app: StxApp, pilot: Any, words: str) -> str:
    """Wait until ``words`` stand on the screen, and its dialog hears keys; return all of it."""
    ends = time.monotonic() + PATIENCE_S
    text = ""
    while words not in text:
        assert time.monotonic() < ends, f"{words!r} never came:\n{text}"
        await pilot.pause(0.05)
        text = "\n".join(screen_text(app))
    if hasattr(app.screen, "_deaf_until"):
        app.screen._deaf_until = 0.0
    return text


async def test_a_node_is_drawn_with_what_its_pods_ask_for(
    real_cluster: Cluster, tmp_path: Path
) -> None:
    app = console(real_cluster, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await seen(app, pilot, "site-7")
        assert app.go("nodes") == ""
        await seen(app, pilot, "controller-0")
        # Wherever the scheduler put it: what it asks for is told of its node.
        on = real_cluster.kubectl(
            "-n", "oran", "get", "pod", "du-0", "-o", "jsonpath={.spec.nodeName}"
        )
        row = next(row for row in app.known.rows("nodes") if row.name == on)
        app.open(Jump("nodes", row.uid))
        await seen(app, pilot, "Tree")
        await pilot.press("t")
        # What its pods ask for is there once they were read.
        text = await seen(app, pilot, "VFs of datanet_a: 2 of 16 asked for")
        assert "CPU: 8 of 32 asked for" in text
        app.go("node-resources")
        await seen(app, pilot, "net_datanet_a")


async def test_a_port_is_forwarded_by_a_key_and_row_one_says_so(
    real_cluster: Cluster, tmp_path: Path
) -> None:
    app = console(real_cluster, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await seen(app, pilot, "site-7")
        app.go("pods")
        await seen(app, pilot, "lab/web-")
        rows = app.known.rows("pods")
        pod = next(row for row in rows if row.name.startswith("web-") and row.is_ready)
        kind = app.rooms.kind("pods")
        assert kind is not None
        app.offer_acts(kind, (pod.uid,))
        text = await seen(app, pilot, "Forward a port")
        assert "Attach to it" in text
        await pilot.press("F")
        await seen(app, pilot, "what is asked")
        await pilot.press("7", "tab", "tab", "enter")
        # It harms nobody, so it is done once it is known what is asked for.
        await seen(app, pilot, "1 port forwarded")
        app.go("port-forwards")
        text = await seen(app, pilot, "127.0.0.1:")
        assert pod.full_name in text


async def test_two_revisions_of_helm_are_compared_whole(
    real_cluster: Cluster, tmp_path: Path
) -> None:
    real_cluster.apply(release(1, "superseded", a="old"), release(2, "deployed", a="newer"))
    app = console(real_cluster, tmp_path)
    try:
        async with app.run_test(size=(80, 24)) as pilot:
            await seen(app, pilot, "site-7")
            app.go("helm-revisions")
            await seen(app, pilot, "lab/vault")
            await pilot.press("enter")
            await seen(app, pilot, "WELL  lab/vault.v2")
            await pilot.press("D")
            text = await seen(app, pilot, "values hidden, v shows them")
            assert "-  a: <3 characters>" in text
            await pilot.press("v")
            text = await seen(app, pilot, "+  a: newer")
            assert "-  a: old" in text
    finally:
        real_cluster.kubectl("-n", "lab", "delete", "secret", "-l", "owner=helm")


async def test_a_file_is_rehearsed_and_applied_on_the_screen(
    real_cluster: Cluster, tmp_path: Path
) -> None:
    file = tmp_path / "a.yaml"
    file.write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: typed, namespace: lab}\n")
    real_cluster.apply(made("ConfigMap", "typed", "lab", data={"a": "1"}))
    file.write_text(file.read_text() + "data: {b: '2'}\n")
    app = console(real_cluster, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await seen(app, pilot, "site-7")
        app.go("configmaps")
        await seen(app, pilot, "lab/typed")
        await pilot.press("M")
        await seen(app, pilot, "which file?")
        await pilot.press(*str(file), "enter")
        await seen(app, pilot, "kind: ConfigMap")
        await pilot.press("a")
        text = await seen(app, pilot, "WHAT WOULD CHANGE")
        assert "+  b: '2'" in text
        await pilot.press("a")
        await seen(app, pilot, "changes ConfigMap lab/typed")
        await pilot.press("y", "e", "s", "enter")

        def is_there() -> bool:
            data = ("-n", "lab", "get", "cm", "typed", "-o", "jsonpath={.data.b}")
            return real_cluster.kubectl(*data) == "2"

        ends = time.monotonic() + PATIENCE_S
        while not is_there():
            assert time.monotonic() < ends
            await pilot.pause(0.1)
    real_cluster.kubectl("-n", "lab", "delete", "configmap", "typed")
