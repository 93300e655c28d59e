"""Objects of a file on the screen: read, rehearsed, sent after a yes; and what is refused."""

from __future__ import annotations

import copy
import time
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, AsyncIterator, Dict, List, Tuple

import pytest
from textual.widgets import TextArea

from backend.errors import NotFound, Rejected
from backend.kind import Rest
from backend.kinds.kube_create import CREATE
from backend.kinds.kube_discovered import API_RESOURCES
from backend.kube import KubeWhole, KubeWrite
from stx_tui.app import StxApp
from stx_tui.screens.act import ActScreen
from stx_tui.screens.create import CreateScreen
from tests.tui.things import (
    BOXES,
    NOW_MS,
    PLACE,
    ROOMS,
    Wire,
    box,
    screen_text,
    station,
    until,
)

TEXT = "apiVersion: v1\nkind: Crate\nmetadata: {name: a}\ndata: {size: 1}\n"
KIND: Any = replace(BOXES, actions=(CREATE,))
RESOURCES: Any = replace(API_RESOURCES, read=Rest(service="x", path="/resources"))
CRATE = {"plural": "crates", "kind": "Crate", "version": "v1", "namespaced": True}


class Cluster(Wire):
    """Makes crates as an API server does, and refuses those of size 0."""

    def __init__(self) -> None:
        super().__init__(bodies={"/boxes": [box(1)], "/resources": [CRATE]})
        self.objects: Dict[str, Any] = {}
        self.writes: List[KubeWrite] = []

    async def whole(self, whole: KubeWhole) -> Any:
        if whole.path not in self.objects:
            raise NotFound("kubernetes", 404, "not found")
        return copy.deepcopy(self.objects[whole.path])

    async def namespace(self) -> str:
        return "lab"

    async def send(self, write: Any, _told: object = None) -> Any:
        self.writes.append(write)
        path, _, query = write.path.partition("?")
        if write.body["data"]["size"] == 0:
            raise Rejected("kubernetes", 422, "data.size: must be more than 0")
        if "dryRun" not in query:
            self.objects[path] = write.body
        return write.body


@asynccontextmanager
async def opened(cluster: Cluster, file: Path) -> AsyncIterator[Tuple[StxApp, Any]]:
    """Open the console, and name that file."""
    area = ROOMS.areas[0].with_kinds(lambda _kinds: (KIND, RESOURCES))
    rooms = replace(ROOMS, areas=(area,))

    async def opener() -> Any:
        made = station(cluster, rooms)
        made.cloud = SimpleNamespace(whole=cluster.whole, namespace=cluster.namespace)
        return made

    app = StxApp(None, opener, rooms=rooms, now_ms=lambda: NOW_MS, place=PLACE)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "box-1" in said(app))
        await pilot.press("M")
        await until(pilot, lambda: isinstance(app.screen, CreateScreen))
        await until(pilot, lambda: not app.screen.is_deaf(time.monotonic()))  # type: ignore[attr-defined]
        await pilot.press(*str(file), "enter")
        yield app, pilot


def said(app: StxApp) -> str:
    return "\n".join(screen_text(app))


async def test_a_file_is_shown_rehearsed_and_sent_only_after_a_yes(tmp_path: Path) -> None:
    cluster, file = Cluster(), tmp_path / "a.yaml"
    file.write_text(TEXT)
    async with opened(cluster, file) as (app, pilot):
        await until(pilot, lambda: "kind: Crate" in said(app))
        await pilot.press("a")
        await until(pilot, lambda: "WHAT WOULD CHANGE" in said(app))
        assert "Crate lab/a would be made" in said(app)
        assert "+  size: 1" in said(app)
        assert not cluster.objects
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, ActScreen) and "SENDS" in said(app))
        assert "makes Crate lab/a" in said(app)
        await until(pilot, lambda: not app.screen.is_deaf(time.monotonic()))  # type: ignore[attr-defined]
        await pilot.press("y", "e", "s", "enter")
        await until(pilot, lambda: bool(cluster.objects))
        assert list(cluster.objects) == ["/api/v1/namespaces/lab/crates/a"]


async def test_what_is_refused_is_said_with_its_line_and_can_be_mended_on_the_spot(
    tmp_path: Path,
) -> None:
    cluster, file = Cluster(), tmp_path / "a.yaml"
    file.write_text(TEXT.replace("size: 1", "size: 0"))
    async with opened(cluster, file) as (app, pilot):
        await until(pilot, lambda: "kind: Crate" in said(app))
        await pilot.press("a")
        await until(pilot, lambda: "IT WOULD BE REFUSED" in said(app))
        assert "a.yaml:4: Crate lab/a: data.size: must be more than 0" in said(app)
        await pilot.press("escape", "e")
        area = app.screen.query_one(TextArea)
        await until(pilot, lambda: not area.read_only)
        area.text = TEXT
        await pilot.press("escape", "a")
        await until(pilot, lambda: "WHAT WOULD CHANGE" in said(app))


async def test_a_file_that_is_not_there_is_said_beside_its_name(tmp_path: Path) -> None:
    async with opened(Cluster(), tmp_path / "nowhere.yaml") as (app, pilot):
        await until(pilot, lambda: "No such file" in said(app))
        assert isinstance(app.screen, CreateScreen)


async def test_what_was_written_here_is_not_lost_by_one_key(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(TEXT)
    async with opened(Cluster(), file) as (app, pilot):
        await until(pilot, lambda: "kind: Crate" in said(app))
        await pilot.press("e")
        area = app.screen.query_one(TextArea)
        await until(pilot, lambda: not area.read_only)
        area.text = TEXT.replace("size: 1", "size: 2")
        await pilot.press("escape", "q")
        await until(pilot, lambda: "q again leaves and loses it" in said(app))
        assert isinstance(app.screen, CreateScreen)
        await pilot.press("q")
        await until(pilot, lambda: not isinstance(app.screen, CreateScreen))


async def test_a_text_that_no_screen_can_show_whole_is_applied_as_it_is_and_not_edited_here(
    tmp_path: Path,
) -> None:
    cluster, file = Cluster(), tmp_path / "a.yaml"
    file.write_text(TEXT.replace("{size: 1}", '{size: 1, table: "a\tb", key: "' + "x" * 900 + '"}'))
    async with opened(cluster, file) as (app, pilot):
        await until(pilot, lambda: "kind: Crate" in said(app))
        await pilot.press("e")
        await until(pilot, lambda: "line 4 has what no screen shows" in said(app))
        assert app.screen.query_one(TextArea).read_only
        await pilot.press("a")
        await until(pilot, lambda: "WHAT WOULD CHANGE" in said(app))
    data = cluster.writes[-1].body["data"]
    assert (data["table"], data["key"]) == ("a\tb", "x" * 900)


@pytest.mark.parametrize("name", ["~nobody-such/a.yaml", "/dev/zero", "/dev/null"])
async def test_what_is_no_file_is_said_beside_its_name_and_the_console_stays(name: str) -> None:
    async with opened(Cluster(), Path(name)) as (app, pilot):
        words = "No such file" if name.startswith("~") else "is no file"
        await until(pilot, lambda: words in said(app))
        assert isinstance(app.screen, CreateScreen)
