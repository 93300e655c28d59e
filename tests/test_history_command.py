"""``stx-tui history``: what changed is called as on a screen, from what the record last knew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List

import pytest

from backend.store.store import Store
from tests.backend.kinds.site import named, reading
from tests.peers.replay import NOW_MS, rows_of
from tests.program import run

CLOUD = "site-7"


@pytest.fixture
async def home(tmp_path: Path) -> Path:
    """A home whose record saw hosts, then their parts of an upgrade change, and one of them go."""
    hosts = rows_of("/sysinv/v1/ihosts", "ihosts")
    parts = rows_of("/sysinv/v1/kube_host_upgrades", "kube_host_upgrades")
    begun = [{**part, "status": "upgrading-kubelet"} for part in parts]
    store = Store(tmp_path / "record.db", now_ms=lambda: NOW_MS, kinds=(named("hosts"), UPGRADES))
    store.name_cloud("a-uuid", CLOUD)
    for kind, bodies in (
        (named("hosts"), hosts),
        (UPGRADES, parts),
        (UPGRADES, begun),
        (UPGRADES, begun[:1]),
    ):
        store.record(kind, reading(kind.name, bodies), "a-uuid")
        await store.written()
    await store.close()
    folder = tmp_path / ".config" / "stx-tui"
    folder.mkdir(parents=True)
    auth = {
        "auth_url": "http://127.0.0.1:9/v3",
        "username": "ann",
        "password": "x",
        "project_name": "admin",
    }
    settings = {"clouds": {CLOUD: {"auth": auth, "store": str(tmp_path / "record.db")}}}
    (folder / "clouds.yaml").write_text(json.dumps(settings), "utf-8")
    (folder / "clouds.yaml").chmod(0o600)
    return tmp_path


UPGRADES = named("kube-host-upgrades")


async def told(home: Path, *names: str) -> List[Dict[str, Any]]:
    ran = await run(home, "history", *names, "--since", "36500d", "-o", "json")
    assert ran.code == 0, ran.err
    found: List[Dict[str, Any]] = json.loads(ran.out)
    return found


async def test_what_its_service_names_by_a_number_is_called_by_its_host_also_when_it_is_gone(
    home: Path,
) -> None:
    rows = await told(home)
    went = [row["what"] for row in rows if "-> " in row["how"] and row["how"].startswith("row")]
    assert {row["what"] for row in rows} >= {
        "kube-host-upgrades controller-0",
        "kube-host-upgrades controller-1",
    }
    assert "kube-host-upgrades controller-1" in went
    assert not [row for row in rows if " host 1" in row["what"] or " host 2" in row["what"]]


async def test_what_is_asked_for_by_its_name_on_a_screen_is_found(home: Path) -> None:
    rows = await told(home, "kube-host-upgrade", "controller-0")
    assert {row["what"] for row in rows} == {"kube-host-upgrades controller-0"}
    assert rows == await told(home, "kube-host-upgrade", "host 1")


async def test_a_row_is_got_and_shown_by_its_name_on_a_screen(home: Path) -> None:
    for command in ("get", "show"):
        ran = await run(home, command, "kube-host-upgrade", "controller-0")
        assert ran.code == 5, ran.said
        assert "controller-0" in ran.out
    assert ran.out.startswith("kube-host-upgrade controller-0\n")


async def test_of_several_of_one_name_none_is_shown_for_the_other_and_their_ids_are_said(
    home: Path,
) -> None:
    (part,) = rows_of("/sysinv/v1/kube_host_upgrades", "kube_host_upgrades")[:1]
    store = Store(home / "record.db", now_ms=lambda: NOW_MS + 1000, kinds=(UPGRADES,))
    twins = [{**part, "uuid": "u-1"}, {**part, "uuid": "u-2"}]
    store.record(UPGRADES, reading(UPGRADES.name, twins), "a-uuid")
    await store.written()
    await store.close()
    shown = await run(home, "show", "kube-host-upgrade", "controller-0", "-o", "json")
    assert (shown.code, shown.out) == (6, "")
    assert "name one by its id: u-1, u-2" in shown.err
    got = await run(home, "get", "kube-host-upgrade", "controller-0", "-o", "json")
    assert [row["uuid"] for row in json.loads(got.out)] == ["u-1", "u-2"]
