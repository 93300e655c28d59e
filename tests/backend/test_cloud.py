"""One cloud's answers: lists that the service cuts are asked for to their end."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from backend.kind import Rest
from backend.lookout import Lookout
from backend.place import Place
from backend.settings import load
from backend.simulator import Simulator
from backend.sources.bodies import next_query
from backend.sources.tls import Pins

HOSTS = Rest(service="sysinv", path="/ihosts", items="ihosts", query={"limit": "10"})


def test_next_is_read_from_the_envelope_and_never_from_inside_a_row() -> None:
    url = "http://10.0.0.1:6385/v1/ihosts?limit=2&marker=abc"
    last = json.dumps({"ihosts": [{"a": 1}], "next": url}).encode()
    first = json.dumps({"next": url, "ihosts": [{"a": 1}]}).encode()
    inside = json.dumps({"ihosts": [{"a": [1], "next": url}]}).encode()
    assert next_query(last) == next_query(first) == {"limit": "2", "marker": "abc"}
    assert next_query(inside) == {}
    assert next_query(b'{"ihosts": []}') == {}


async def test_a_list_that_the_service_cuts_is_asked_for_to_its_end(tmp_path: Path) -> None:
    async with Simulator("standard", hosts=25, frozen=True) as sim:
        lookout = Lookout(
            settings_of(sim, tmp_path),
            place=Place(hostname="desk"),
            now_ms=lambda: 0,
            pins=Pins(tmp_path / "pins.json"),
        )
        answer = await lookout.cloud.ask(HOSTS)
        rows = await asyncio.to_thread(lambda: list(answer()))
        await lookout.close()
    assert len(rows) == 25
    assert len({row["uuid"] for row in rows}) == 25


async def test_a_list_cut_without_a_word_is_asked_for_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.sources.bodies.CUT_ROWS", 10)
    whole = replace(HOSTS, query={})
    async with Simulator("standard", hosts=25, frozen=True) as sim:
        sim.cloud.page_max = 10
        lookout = Lookout(
            settings_of(sim, tmp_path),
            place=Place(hostname="desk"),
            now_ms=lambda: 0,
            pins=Pins(tmp_path / "pins.json"),
        )
        answer = await lookout.cloud.ask(whole)
        rows = await asyncio.to_thread(lambda: list(answer()))
        await lookout.close()
    assert len({row["uuid"] for row in rows}) == 25


def settings_of(sim: Simulator, folder: Path) -> Any:
    path = folder / "clouds.yaml"
    path.write_text(json.dumps({"clouds": {"c": sim.settings()}}), encoding="utf-8")
    path.chmod(0o600)
    return load(env={"HOME": str(folder)}, cloud="c", files=(path,)).default
