"""Helm overrides on the screen: side by side, edited as a text, the difference, then sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from textual.widgets import TextArea

from backend.figure import Jump
from stx_tui.screens.act import ActScreen
from stx_tui.screens.textform import TextFormScreen
from tests.tui.test_on_pretend import console, hear, seen

CHART = "platform-integ-apps/rbd-provisioner/kube-system"


async def test_overrides_stand_side_by_side_and_an_edit_is_shown_before_it_is_sent(
    tmp_path: Path,
) -> None:
    async with console(tmp_path) as (app, pilot, simulator):
        station: Any = app.station
        await station.watch.read_now("applications")
        await station.watch.read_now("charts", "platform-integ-apps")
        app.open(Jump("charts", CHART))
        await seen(app, pilot, "rbd-provisioner")
        await pilot.press("o")
        text = await seen(app, pilot, "IN FORCE")
        assert "provisioner.replicaCount  2" in text

        app.act(*acted(app, "override"))
        await seen(app, pilot, "as it is now")
        await hear(app, pilot)
        screen: Any = app.screen
        assert isinstance(screen, TextFormScreen)
        await pilot.press("e")
        area = screen.query_one(TextArea)
        area.text = "provisioner:\n  replicaCount: 1\n"
        await pilot.press("escape", "a")
        text = await seen(app, pilot, "WHAT WOULD CHANGE")
        assert "-  replicaCount: 2" in text
        assert "+  replicaCount: 1" in text
        await pilot.press("a")
        text = await seen(app, pilot, "provisioner.replicaCount: 2 -> 1")
        assert isinstance(app.screen, ActScreen)
        assert not simulator.cloud.overrides
        await hear(app, pilot)
        await pilot.press("y", "e", "s", "enter")
        text = await seen(app, pilot, "provisioner.replicaCount  2        1     1")
        assert "rbd-provisioner" in text
        assert list(simulator.cloud.overrides.values()) == [{"provisioner": {"replicaCount": 1}}]


def acted(app: Any, verb: str) -> Any:
    kind = app.rooms.kind("charts")
    return kind, kind.action(verb), (CHART,)
