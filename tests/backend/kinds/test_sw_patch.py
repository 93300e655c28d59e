"""A system older than USM: sw-patch found by asking, and shown and acted on in the same words."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, AsyncIterator, Dict, List, Tuple

import pytest
import pytest_asyncio

from backend.deed import Deed, Outcome
from backend.errors import NotConfigured, Unreachable
from backend.kind import Rest
from backend.kinds import kind_named, sw_patch
from backend.kinds.deploy_states import verdict
from backend.kinds.sw_patch import STATES, is_older
from backend.known import Known, Reading
from backend.simulator import Simulator
from backend.station import Station
from backend.tone import Mark
from tests.backend.kinds.site import LAPTOP
from tests.backend.simulator.client import Client
from tests.backend.simulator.shipped import patch
from tests.test_whole_act import opened

Desk = Tuple[Station, Client]
NAMES = ("hosts", "releases", "deploy", "deploy-hosts")
NEXT, LAST = "stx_24.09.2", "stx_24.09.3"


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """An older standard cloud, and a console on it."""
    async with (
        Simulator("standard", frozen=True, older=True, token_lifetime_s=10**6) as simulator,
        Client(simulator) as client,
    ):
        station = await opened(tmp_path, simulator)
        try:
            yield station, client
        finally:
            await station.close()


async def look(station: Station) -> None:
    for name in NAMES:
        await station.watch.read_now(name)
    await station.settled()


def of(station: Station, kind: str, name: str) -> Any:
    row = station.watch.known.row(kind, name)
    assert row is not None, (kind, name)
    return row


async def act(desk: Desk, kind_name: str, name: str, row_id: str, **form: Any) -> Deed:
    station, _ = desk
    await look(station)
    kind: Any = kind_named(kind_name)
    action = kind.action(name)
    ids = (row_id,) if row_id else ()
    preview = station.acts.preview(kind, action, ids, action.form(**form))
    assert not preview.blocked, preview.blocked
    (deed,) = await station.acts.do(preview, typed=preview.wants, why="")
    return deed


async def later(desk: Desk, seconds: int, number: str) -> Any:
    station, client = desk
    for _ in range(seconds // 60):
        await client.sim.advance(60)
        await look(station)
    return next(deed for deed in station.watch.known.memory.deeds if deed.number == number)


def refused(station: Station, kind_name: str, name: str, row: Any, **form: Any) -> List[str]:
    kind: Any = kind_named(kind_name)
    action = kind.action(name)
    found = action.reasons(row, action.form(**form), station.watch.known)
    return [one.words for one in found if one.blocks]


async def test_it_is_found_by_asking_and_told_in_the_words_of_usm(desk: Desk) -> None:
    station, _ = desk
    await look(station)
    known = station.watch.known
    assert is_older(known)
    states = {row.release_id: (row.state, row.patch_state) for row in known.rows("releases")}
    assert states == {
        "stx_24.09.1": ("deployed", "Applied"),
        NEXT: ("available", "Available"),
        LAST: ("available", "Available"),
    }
    assert {row.host_state for row in known.rows("deploy-hosts")} == {"deployed"}
    said = verdict(known)
    assert (said.word, said.text) == ("WELL", "7 of 7 hosts are current.")
    assert "sw-patch" in said.more
    assert of(station, "releases", LAST).cves == ("CVE-2023-4911",)


async def test_where_there_is_neither_the_error_is_that_of_usm(desk: Desk) -> None:
    station, _ = desk
    read = Rest(
        service="usm", path="/release", otherwise=Rest(service="dcmanager", path="/subclouds")
    )
    with pytest.raises(NotConfigured, match="no usm"):
        await station.cloud.ask(read, "")


async def test_only_the_verbs_that_sw_patch_has_are_offered(desk: Desk) -> None:
    station, _ = desk
    await look(station)
    offered: Dict[str, List[str]] = {}
    for name, row_id in (("releases", NEXT), ("deploy-hosts", "worker-0")):
        kind: Any = kind_named(name)
        row = of(station, name, row_id)
        offered[name] = [one.name for one in station.acts.actions(kind, row)]
    assert offered["releases"] == ["delete", "apply", "remove"]
    assert offered["deploy-hosts"] == ["install"]


async def test_a_patch_is_applied_and_installed_host_by_host_and_removed_again(
    desk: Desk,
) -> None:
    station, client = desk
    deed = await act(desk, "releases", "apply", NEXT)
    assert (deed.outcome, deed.answer) == (Outcome.DONE, f"{NEXT} is now in the repo")
    await look(station)
    assert of(station, "releases", NEXT).state == "deploying"
    assert verdict(station.watch.known).word == "DEPLOYING"
    for host in [row.hostname for row in station.watch.known.rows("deploy-hosts")]:
        deed = await act(desk, "deploy-hosts", "install", host)
        assert deed.outcome is Outcome.FOLLOWED
        assert (await later(desk, 240, deed.number)).outcome is Outcome.DONE
    assert of(station, "releases", NEXT).state == "deployed"
    assert verdict(station.watch.known).word == "WELL"
    assert (await act(desk, "releases", "remove", NEXT)).outcome is Outcome.DONE
    await look(station)
    assert of(station, "releases", NEXT).state == "removing"
    assert client.sim.cloud.older is not None


async def test_what_wants_a_reboot_waits_for_the_lock_and_what_is_forced_is_destructive(
    desk: Desk,
) -> None:
    station, client = desk
    await act(desk, "releases", "apply", NEXT)
    await act(desk, "releases", "apply", LAST)
    await look(station)
    row = of(station, "deploy-hosts", "worker-0")
    assert refused(station, "deploy-hosts", "install", row) == ["it is unlocked: lock it first"]
    assert refused(station, "deploy-hosts", "install", row, force=True) == []
    await client.act("worker-0", "lock")
    await client.sim.advance(120)
    deed = await act(desk, "deploy-hosts", "install", "worker-0")
    assert (await later(desk, 240, deed.number)).outcome is Outcome.DONE
    row = of(station, "deploy-hosts", "worker-0")
    assert refused(station, "deploy-hosts", "install", row) == ["it is current"]


async def test_an_install_that_fails_on_a_host_is_told_with_where_to_look(desk: Desk) -> None:
    station, client = desk
    await act(desk, "releases", "apply", NEXT)
    client.sim.cloud.software.doomed.add("worker-1")
    deed = await act(desk, "deploy-hosts", "install", "worker-1")
    ended = await later(desk, 240, deed.number)
    assert (ended.outcome, "patching.log" in ended.answer) == (Outcome.FAILED, True)
    kind: Any = kind_named("deploy-hosts")
    row = of(station, "deploy-hosts", "worker-1")
    assert kind.look(row, station.watch.known).mark is Mark.BAD
    assert verdict(station.watch.known).word == "NOT WELL"


async def test_what_it_would_refuse_is_known_before_and_what_it_says_is_kept(desk: Desk) -> None:
    station, client = desk
    await look(station)
    last = of(station, "releases", LAST)
    assert refused(station, "releases", "apply", last) == [f"it requires {NEXT}: apply that first"]
    first = of(station, "releases", "stx_24.09.1")
    assert refused(station, "releases", "delete", first) == [
        "stx_24.09.1 is deployed",
        f"{NEXT} requires it",
    ]
    # Somebody else was faster: the refusal comes with 200, and is one all the same.
    older = client.sim.cloud.older
    assert older is not None
    older.agents["worker-0"] = "installing"
    kind: Any = kind_named("releases")
    action = kind.action("apply")
    preview = station.acts.preview(kind, action, (NEXT,), action.form())
    (deed,) = await station.acts.do(preview, typed=preview.wants, why="")
    assert deed.outcome is Outcome.REFUSED
    assert deed.answer == "Rejected: One or more nodes are installing patches."


async def test_a_patch_is_uploaded_and_a_bad_signature_is_told_in_its_words(
    desk: Desk, tmp_path: Path
) -> None:
    station, _ = desk
    path = tmp_path / "stx_24.09.9.patch"
    path.write_bytes(patch("24.09.9", signed=b"nobody"))
    deed = await act(desk, "releases", "upload", "", file=path)
    assert (deed.outcome, deed.commands[0]) == (Outcome.REFUSED, f"sw-patch upload {path}")
    assert deed.answer.endswith("Signature check failed")
    path.write_bytes(patch("24.09.9"))
    deed = await act(desk, "releases", "upload", "", file=path)
    assert (await later(desk, 60, deed.number)).outcome is Outcome.DONE
    assert of(station, "releases", "stx_24.09.9").state == "available"


async def test_an_image_is_nothing_for_sw_patch(desk: Desk, tmp_path: Path) -> None:
    station, _ = desk
    await look(station)
    image = tmp_path / "new.iso"
    image.write_bytes(b"x")
    words = refused(station, "releases", "upload", None, file=image)
    assert "sw-patch takes a .patch alone" in words


def test_a_word_that_nobody_knows_is_shown_as_it_is() -> None:
    kind: Any = kind_named("releases")
    row = kind.model.read(
        {"patch_id": "P1", "repostate": "Applied", "patchstate": "Half", "sw_version": "22.12"}
    )
    assert (row.state, row.patch_state) == ("Half", "Half")
    none = kind.model.read(
        {"patch_id": "P1", "repostate": "Applied", "patchstate": "n/a", "sw_version": "22.12"}
    )
    assert none.state == "deployed"
    assert set(STATES.values()) == {"available", "deployed", "deploying", "removing", "committed"}


async def test_what_was_read_of_it_is_remembered_as_it_was(desk: Desk) -> None:
    station, _ = desk
    await look(station)
    row = of(station, "releases", LAST)
    again = type(row).recall(json.dumps(row.body))
    assert (again.release_id, again.state, again.requires) == (LAST, "available", [NEXT])


def test_without_its_hosts_it_is_not_called_well() -> None:
    known = Known(cloud="c", now_ms=0, place=LAPTOP)
    assert sw_patch.verdict(known).word == "READING"
    away = Reading(kind="deploy-hosts", error=Unreachable("patching", "no answer"))
    said = sw_patch.verdict(replace(known, readings={("deploy-hosts", ""): away}))
    assert (said.word, "no answer" in said.text) == ("CANNOT", True)
