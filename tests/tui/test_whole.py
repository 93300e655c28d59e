"""An object whole on the screen: read, edited, rehearsed, applied; what others did meanwhile."""

from __future__ import annotations

import copy
import time
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, AsyncIterator, Dict, List, Optional, Tuple

from textual.widgets import TextArea

from backend.errors import Rejected
from backend.kind import Kube
from backend.kinds.kube_edit import REVEAL, editing, whole_of
from backend.kube import KubeWrite
from backend.whole import rebased
from stx_tui.app import StxApp
from stx_tui.screens.act import ActScreen
from stx_tui.screens.detail import DetailScreen
from stx_tui.screens.whole import WholeScreen
from tests.tui.things import (
    BOXES,
    NOW_MS,
    PLACE,
    ROOMS,
    Box,
    Wire,
    box,
    screen_text,
    station,
    until,
)


class Named(Box):
    """A box that is an object of a cluster as well."""

    namespace: str = ""

    @property
    def full_name(self) -> str:
        return self.name


READ = Kube(plural="boxes")
KIND: Any = replace(
    BOXES,
    model=Named,
    actions=(editing(READ, "box"),),
    whole=whole_of(READ),
)
SECRET = frozenset({"data"})
HIDDEN: Any = replace(
    KIND, whole=whole_of(READ, SECRET), actions=(REVEAL, editing(READ, "box", SECRET))
)


class Cluster(Wire):
    """Holds one object as an API server does: with versions, dry runs and conflicts."""

    def __init__(self) -> None:
        super().__init__(bodies={"/boxes": [box(1)]})
        metadata = {"name": "box-1", "uid": "id-00001", "resourceVersion": "1"}
        self.object: Dict[str, Any] = {
            "kind": "Box",
            "metadata": metadata,
            "data": {"a": "1", "b": "2"},
        }
        self.writes: List[KubeWrite] = []
        self.refusal: Optional[Rejected] = None

    async def whole(self, _kind: Any, _row: Any) -> Dict[str, Any]:
        return copy.deepcopy(self.object)

    async def send(self, write: Any, _told: object = None) -> Any:
        self.writes.append(write)
        if self.refusal is not None:
            raise self.refusal
        if write.method == "GET":
            return None
        if write.body["metadata"]["resourceVersion"] != self.object["metadata"]["resourceVersion"]:
            raise Rejected("kubernetes", 409, "the object has been modified")
        made = rebased({}, write.body, self.object)
        version = int(self.object["metadata"]["resourceVersion"]) + 1
        made["metadata"] = {**made["metadata"], "resourceVersion": str(version)}
        if "dryRun" not in write.path:
            self.object = made
        return made

    def theirs(self, **data: str) -> None:
        metadata = {**self.object["metadata"], "resourceVersion": "7"}
        self.object = {**self.object, "metadata": metadata, "data": {**data}}


@asynccontextmanager
async def opened(cluster: Cluster, kind: Any = KIND) -> AsyncIterator[Tuple[StxApp, Any]]:
    """Open the console on the object, whole."""
    area = ROOMS.areas[0].with_kinds(lambda _kinds: (kind,))
    rooms = replace(ROOMS, areas=(area,))

    async def opener() -> Any:
        made = station(cluster, rooms)
        made.whole = cluster.whole
        return made

    app = StxApp(None, opener, rooms=rooms, now_ms=lambda: NOW_MS, place=PLACE)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "box-1" in said(app))
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, WholeScreen) and "data:" in said(app))
        await until(pilot, lambda: not app.screen.is_deaf(time.monotonic()))  # type: ignore[attr-defined]
        yield app, pilot


def said(app: StxApp) -> str:
    return "\n".join(screen_text(app))


async def edit(app: StxApp, pilot: Any, old: str, new: str) -> None:
    """Edit as a person does: the text itself, and Esc at the end."""
    await pilot.press("e")
    area = app.screen.query_one(TextArea)
    await until(pilot, lambda: not area.read_only)
    area.text = area.text.replace(old, new)
    await pilot.press("escape")
    await until(pilot, lambda: area.read_only)


async def test_an_edit_is_rehearsed_shown_and_sent_only_after_a_yes() -> None:
    cluster = Cluster()
    async with opened(cluster) as (app, pilot):
        await edit(app, pilot, "a: '1'", "a: '5'")
        await pilot.press("a")
        await until(pilot, lambda: "WHAT WOULD CHANGE" in said(app))
        assert "-  a: '1'" in said(app)
        assert "+  a: '5'" in said(app)
        assert [write.path for write in cluster.writes] == ["/api/v1/boxes/box-1?dryRun=All"]
        assert cluster.object["data"]["a"] == "1"
        await pilot.press("a")
        await until(pilot, lambda: isinstance(app.screen, ActScreen))
        await until(pilot, lambda: 'data.a: "1" -> "5"' in said(app))


async def test_an_edit_changes_nothing_beside_what_was_typed() -> None:
    cluster = Cluster()
    cluster.object["data"].update(cert="MII" * 900, hint="a\u200bb", table="a\tb\nc\n", who="Zoë")
    async with opened(cluster) as (app, pilot):
        assert "who: Zoë" in said(app) or '"Zo\\xEB"' in said(app)
        await edit(app, pilot, "a: '1'", "a: '5'")
        await pilot.press("a")
        await until(pilot, lambda: "WHAT WOULD CHANGE" in said(app))
    assert cluster.writes[-1].body["data"] == {"a": "5"}


async def test_what_would_be_refused_is_said_and_what_was_typed_stays() -> None:
    cluster = Cluster()
    async with opened(cluster) as (app, pilot):
        await edit(app, pilot, "a: '1'", "a: '5'")
        cluster.refusal = Rejected("kubernetes", 422, "data.a: no such size")
        await pilot.press("a")
        await until(pilot, lambda: "it would be refused: data.a: no such size" in said(app))
        assert "a: '5'" in said(app)


async def test_a_text_that_is_no_yaml_says_the_line_and_is_not_lost() -> None:
    async with opened(Cluster()) as (app, pilot):
        await edit(app, pilot, "  a: '1'", "  a '1'")
        await pilot.press("a")
        await until(pilot, lambda: "line " in screen_text(app)[-1])
        assert "a '1'" in said(app)


async def test_an_edit_that_lost_a_race_shows_three_ways_and_mine_goes_on_theirs() -> None:
    cluster = Cluster()
    async with opened(cluster) as (app, pilot):
        await edit(app, pilot, "a: '1'", "a: '5'")
        cluster.theirs(a="4", b="3")
        await pilot.press("a")
        await until(pilot, lambda: "IT CHANGED MEANWHILE, 1 by both" in said(app))
        assert "! data.a: was 1, you 5, they 4" in said(app)
        assert "data.b: was 2, they 3" in said(app)
        await pilot.press("m")
        await until(pilot, lambda: "my changes on what is there now" in said(app))
        assert "a: '5'" in said(app)
        assert "b: '3'" in said(app)
        await pilot.press("a")
        await until(pilot, lambda: "WHAT WOULD CHANGE" in said(app))
        assert "-  a: '4'" in said(app)


async def test_what_was_edited_is_not_lost_by_one_key() -> None:
    async with opened(Cluster()) as (app, pilot):
        await edit(app, pilot, "a: '1'", "a: '5'")
        await pilot.press("q")
        await until(pilot, lambda: "q again leaves and loses it" in said(app))
        assert isinstance(app.screen, WholeScreen)
        await pilot.press("q")
        await until(pilot, lambda: not isinstance(app.screen, WholeScreen))


async def test_secret_values_are_shown_only_once_somebody_asks_which_is_a_deed() -> None:
    cluster = Cluster()
    async with opened(cluster, HIDDEN) as (app, pilot):
        assert "a: <1 characters>" in said(app)
        await pilot.press("e")
        await until(pilot, lambda: "its values are hidden" in said(app))
        assert app.screen.query_one(TextArea).read_only
        await pilot.press("v")
        await until(pilot, lambda: "a: '1'" in said(app))
        assert [write.method for write in cluster.writes] == ["GET"]


async def test_from_its_detail_the_same_letter_opens_all_of_it() -> None:
    async with opened(Cluster()) as (app, pilot):
        await pilot.press("q")
        await until(pilot, lambda: not isinstance(app.screen, WholeScreen))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, DetailScreen) and "Overview" in said(app))
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, WholeScreen) and "data:" in said(app))
