"""Comparing from the command line, as processes on a pretend cloud."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any, AsyncIterator, Tuple

import pytest

from backend.simulator import Simulator
from tests.backend.sources.loopback import Reply
from tests.peers.replay import Replay, replaying
from tests.program import Ran, run
from tests.test_whole_act import changes, openrc, pretend

Site = Tuple[Simulator, Path]


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with pretend(tmp_path, frozen=True) as (simulator, _):
        yield simulator, tmp_path


async def at(site: Site, *argv: str) -> Ran:
    return await run(site[1], *argv, env=openrc(site[0]))


async def test_cables_are_held_against_a_plan_and_what_differs_is_an_exit_code(site: Site) -> None:
    shown = await at(site, "cables", "-o", "json")
    cables: Any = json.loads(shown.out)
    assert shown.code == 0, shown.said
    heard = next(one for one in cables if one["switch"])
    plan = site[1] / "cables.yaml"
    line = f"  {heard['port']}: {{switch: some-other-switch, port: Gi9/9}}"
    plan.write_text(f"{heard['hostname']}:\n{line}\n", encoding="utf-8")
    differs = await at(site, "cables", "--plan", str(plan))
    assert differs.code == 13, differs.said
    assert "some-other-switch" in differs.out
    assert changes(site[0]) == []


async def test_a_mistake_in_the_plan_names_its_line_before_anybody_is_asked(site: Site) -> None:
    plan = site[1] / "cables.yaml"
    plan.write_text("controller-0:\n  eth0: {tto: switch}\n", encoding="utf-8")
    said = await at(site, "cables", "--plan", str(plan))
    assert said.code == 3, said.said
    assert f"{plan}:2" in said.err
    assert list(site[0].requests) == []


async def test_as_built_is_written_and_nothing_differs_from_itself(site: Site) -> None:
    path = site[1] / "site.yaml"
    wrote = await at(site, "as-built", "-o", str(path))
    assert wrote.code in (0, 5), wrote.said
    same = await at(site, "as-built", "--compare", str(path))
    assert (same.code, same.out.splitlines()[-1]) == (0, "nothing differs"), same.said
    text = path.read_text(encoding="utf-8")
    assert "kind: Host" in text
    path.write_text(text.replace("rack 1", "rack 7", 1), encoding="utf-8")
    moved = await at(site, "as-built", "--compare", str(path))
    assert moved.code == 13, moved.said
    assert "file rack 7 | system rack 1" in moved.out


async def test_what_could_not_be_read_is_not_said_to_differ_in_nothing(tmp_path: Path) -> None:
    replay = Replay()
    replay.instead["GET /sysinv/v1/intp"] = Reply(b"<html>", status=503)
    path = tmp_path / "site.yaml"
    async with replaying(replay) as replay:
        ran = await run(tmp_path, "as-built", "-o", str(path), env=replay.env())
        assert "NOT READ: ntp" in path.read_text(encoding="utf-8"), ran.said
        same = await run(tmp_path, "as-built", "--compare", str(path), env=replay.env())
    assert "not compared: ntp" in same.err
    assert (same.code, same.out) == (5, "nothing differs in what was read\n"), same.said


async def test_two_hosts_are_compared(site: Site) -> None:
    said = await at(site, "diff", "host", "worker-2", "worker-3", "-o", "json")
    assert said.code == 0, said.said
    whole = json.loads(said.out)
    assert whole["compared"] > 10
    fields = {one["field"] for one in whole["differences"]}
    assert "uuid" not in fields


async def test_why_not_says_every_check_of_a_host_at_once(site: Site) -> None:
    said, plain = await asyncio.gather(
        at(site, "show", "host", "controller-0", "--why-not"),
        at(site, "show", "host", "worker-2", "--why-not"),
    )
    assert said.code == plain.code == 0
    assert "the active controller" in said.out
    assert said.out != plain.out
