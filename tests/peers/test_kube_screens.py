"""Bad days of a real cluster as the console shows them: a lost race, a drain, a pod that goes."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from textual.widgets import TextArea

from backend import insist
from stx_tui.app import StxApp
from stx_tui.panes.table import TablePane
from tests.peers.cluster import Cluster
from tests.peers.site import made
from tests.peers.test_kube_acts import worker
from tests.peers.test_kube_console import console, seen

pytestmark = [pytest.mark.peer, pytest.mark.xdist_group("cluster")]

__all__ = ["worker"]  # a fixture


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(insist, "AGAIN_S", 0.3)


def row_of(app: StxApp, kind: str, name: str) -> Any:
    return next(row for row in app.known.rows(kind) if row.name == name)


async def test_an_edit_that_lost_a_race_shows_three_ways_and_mine_goes_on_theirs(
    real_cluster: Cluster, tmp_path: Path
) -> None:
    real_cluster.apply(made("ConfigMap", "raced", "lab", data={"a": "1", "b": "2"}))
    app = console(real_cluster, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await seen(app, pilot, "site-7")
        app.go("configmaps")
        await seen(app, pilot, "lab/raced")
        await pilot.press("slash", *"lab/raced", "enter")
        await pilot.press("y")
        await seen(app, pilot, "a: '1'")
        await pilot.press("e")
        area = app.screen.query_one(TextArea)
        area.text = area.text.replace("a: '1'", "a: mine")
        await pilot.press("escape")
        change = {"data": {"a": "theirs", "b": "3"}}
        path = "/api/v1/namespaces/lab/configmaps/raced"
        await asyncio.to_thread(real_cluster.patch, path, change)
        await pilot.press("a")
        text = await seen(app, pilot, "IT CHANGED MEANWHILE, 1 by both")
        assert "! data.a: was 1, you mine, they theirs" in text
        assert "data.b: was 2, they 3" in text
        await pilot.press("m")
        text = await seen(app, pilot, "my changes on what is there now")
        assert "a: mine" in text
        assert "b: '3'" in text
        await pilot.press("a")
        text = await seen(app, pilot, "WHAT WOULD CHANGE")
        assert "-  a: theirs" in text
        assert "+  a: mine" in text
    real_cluster.kubectl("-n", "lab", "delete", "configmap", "raced")


async def test_a_drain_that_waits_is_left_by_a_key_and_found_again_by_the_next_console(
    worker: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = console(worker, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await seen(app, pilot, "site-7")
        app.go("nodes")
        await seen(app, pilot, "worker-9")
        kind = app.rooms.kind("nodes")
        assert kind is not None
        app.offer_acts(kind, (row_of(app, "nodes", "worker-9").uid,))
        await seen(app, pilot, "Drain")
        await pilot.press("D")
        text = await seen(app, pilot, "it waits")
        assert "drained/held lets 0 of 2 go now" in text
        await pilot.press("y", "e", "s", "enter")
        await seen(app, pilot, "disruption budget")
        await pilot.press("q")
        # Row 1 of every screen says that it goes on.
        await seen(app, pilot, "~ worker-9")
    monkeypatch.setattr("backend.follow.is_alive", lambda _process: False)
    app = console(worker, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await seen(app, pilot, "~ worker-9")
        app.go("nodes")
        await seen(app, pilot, "worker-9")
        await pilot.press("H")
        await seen(app, pilot, "WHAT CHANGED")
        text = await seen(app, pilot, "drain ")
        table = app.screen.query_one(TablePane)
        for _ in range(len(text.splitlines())):
            if table.entry is None or not table.entry.row.deed:
                await pilot.press("j")
        await pilot.press("enter")
        await seen(app, pilot, "disruption budget")
        await asyncio.to_thread(worker.kubectl, "-n", "drained", "delete", "pdb", "held")
        await seen(app, pilot, "every pod may leave")


async def test_a_pod_that_vanishes_during_a_shell_ends_it_in_words_and_a_key_leaves(
    real_cluster: Cluster, tmp_path: Path
) -> None:
    spec = {"nodeName": "controller-0", "containers": [{"name": "main", "image": "busybox"}]}
    real_cluster.apply(made("Pod", "goes", "lab", spec=spec))
    ready = ("wait", "--for=condition=Ready", "pod/goes", "--timeout=60s")
    real_cluster.kubectl("-n", "lab", *ready)
    app = console(real_cluster, tmp_path)
    async with app.run_test(size=(80, 24)) as pilot:
        await seen(app, pilot, "site-7")
        app.go("pods")
        await seen(app, pilot, "lab/goes")
        kind = app.rooms.kind("pods")
        assert kind is not None
        app.offer_acts(kind, (row_of(app, "pods", "goes").uid,))
        await seen(app, pilot, "Open a shell")
        await pilot.press("s")
        await seen(app, pilot, "what is asked")
        await pilot.press("enter", "enter", "enter")
        await seen(app, pilot, "~. leaves")
        await pilot.press(*"echo here-$((40+2))", "enter")
        await seen(app, pilot, "here-42")
        words = ("-n", "lab", "delete", "pod", "goes", "--now", "--wait=false")
        await asyncio.to_thread(real_cluster.kubectl, *words)
        # kwok lets what it runs go on; a kubelet kills it, as it does itself here.
        await pilot.press(*"kill -9 $$", "enter")
        await seen(app, pilot, "it is over, any key leaves: ")
        # As if a while had passed: what is typed on for the far end leaves nothing.
        app.screen._heard_s = 0.0  # type: ignore[attr-defined]
        await pilot.press("space")
        await seen(app, pilot, "session closed")
