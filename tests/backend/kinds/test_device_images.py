"""Images of devices: uploaded, applied, written host by host, and what is refused on the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any, AsyncIterator, List, Tuple

import pytest_asyncio

from backend.deed import Deed, Outcome
from backend.forms import filled
from backend.kind import Answer, Form
from backend.kinds import kind_named
from backend.known import Known
from backend.simulator import Simulator
from backend.station import Station
from tests.backend.kinds.site import LAPTOP
from tests.backend.simulator.client import Client
from tests.test_whole_act import opened

Desk = Tuple[Station, Client]
NAMES = ("hosts", "device-images", "device-image-states")


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with Simulator("standard", frozen=True) as simulator, Client(simulator) as client:
        station = await opened(tmp_path, simulator)
        try:
            yield station, client
        finally:
            await station.close()


async def look(station: Station) -> Tuple[List[Any], List[Any]]:
    for name in NAMES:
        await station.watch.read_now(name)
    known = station.watch.known
    return list(known.rows("device-images")), list(known.rows("device-image-states"))


async def preview(
    station: Station, kind: str, verb: str, ids: Tuple[str, ...], **texts: str
) -> Any:
    await look(station)
    found: Any = kind_named(kind)
    action = found.action(verb)
    form = filled(action.form, texts)
    assert isinstance(form, Form), form
    return station.acts.preview(found, action, ids, form)


async def act(desk: Desk, kind: str, verb: str, *ids: str, **texts: str) -> Deed:
    shown = await preview(desk[0], kind, verb, ids, **texts)
    assert not shown.blocked, shown.blocked
    (deed,) = await desk[0].acts.do(shown, typed=shown.wants, why="")
    return deed


def bitstream(path: Path) -> str:
    (path / "n3000.bin").write_bytes(b"bits")
    return str(path / "n3000.bin")


async def test_an_image_is_uploaded_applied_and_written_to_a_host(
    desk: Desk, tmp_path: Path
) -> None:
    station, client = desk
    given = {"pci_vendor": "8086", "pci_device": "0b30", "bitstream_id": "4711", "name": "mine"}
    made = await act(desk, "device-images", "upload", file=bitstream(tmp_path), **given)
    assert made.outcome is Outcome.DONE
    images, _ = await look(station)
    mine = next(row for row in images if row.name == "mine")
    await act(desk, "device-images", "apply", mine.uuid)
    _, states = await look(station)
    first = next(row for row in states if row.hostname == "worker-0")
    assert first.status == "pending"
    deed = await act(desk, "device-image-states", "update", first.uuid)
    assert deed.commands == ("system host-device-image-update worker-0",)
    again = await preview(station, "device-image-states", "update", (first.uuid,))
    assert [one.words for one in again.blocked] == ["worker-0 is at it already"]
    await client.sim.advance(600)
    _, states = await look(station)
    assert {row.hostname: row.status for row in states}["worker-0"] == "completed"
    gone = await preview(station, "device-images", "delete", (mine.uuid,))
    assert [one.words for one in gone.blocked] == ["completed on worker-0 0000:b2:00.0"]


async def test_what_its_sort_wants_is_asked_for_and_the_service_says_no_with_200(
    desk: Desk, tmp_path: Path
) -> None:
    station, client = desk
    given = {"pci_vendor": "8086", "pci_device": "0b30", "bitstream_type": "root-key"}
    shown = await preview(station, "device-images", "upload", (), file=bitstream(tmp_path), **given)
    assert [one.words for one in shown.blocked] == ["key_signature must be given"]
    files = {"file": ("for_upload", b"x")}
    url = "/platform/v1/device_images"
    reply = await client.http.post(url, data=given, files=files)
    assert (reply.status_code, reply.json()["error"]) == (
        200,
        "key_signature is required for root-key bitstream type",
    )


async def test_one_that_waits_is_taken_back_and_deleted_and_one_at_work_is_aborted(
    desk: Desk,
) -> None:
    station, client = desk
    (image,), _ = await look(station)
    await act(desk, "device-images", "apply", image.uuid)
    _, (first, *_) = await look(station)
    await act(desk, "device-image-states", "update", first.uuid)
    assert (await act(desk, "device-image-states", "abort", first.uuid)).outcome is Outcome.DONE
    client.sim.cloud.named(first.hostname).device_image_update = None
    await act(desk, "device-images", "remove", image.uuid)
    _, states = await look(station)
    assert states == []
    await act(desk, "device-images", "delete", image.uuid)
    images, _ = await look(station)
    assert images == []


async def test_a_write_that_fails_is_told_of_the_device(desk: Desk) -> None:
    station, client = desk
    (image,), _ = await look(station)
    await act(desk, "device-images", "apply", image.uuid, label="fpga=n3000")
    _, (first, *_) = await look(station)
    client.sim.cloud.software.doomed.add(first.hostname)
    await act(desk, "device-image-states", "update", first.uuid)
    await client.sim.advance(600)
    _, (first, *_) = await look(station)
    kind: Any = kind_named("device-image-states")
    assert (first.status, kind.look(first, station.watch.known).tone.value) == ("failed", "bad")


async def test_without_an_image_that_waits_a_firmware_strategy_is_told_to_fail_in_its_build(
    desk: Desk, tmp_path: Path
) -> None:
    async def said() -> Any:
        for name in ("strategies", "hosts", "alarms"):
            await desk[0].watch.read_now(name)
        made = await preview(desk[0], "strategies", "create-fw-update", ())
        return next(one for one in made.reasons if one.check == "an image waits for some host")

    before = await said()
    # The VIM takes it all the same: it is told, and refuses nothing.
    assert (before.answer, before.blocks) == (Answer.CANT_TELL, False)
    assert "no firmware update required" in before.words
    given = {"pci_vendor": "8086", "pci_device": "0b30", "bitstream_id": "4711", "name": "mine"}
    await act(desk, "device-images", "upload", file=bitstream(tmp_path), **given)
    images, _ = await look(desk[0])
    image = next(row for row in images if row.name == "mine")
    await act(desk, "device-images", "apply", image.uuid)
    assert (await said()).answer is Answer.PASSES


def test_before_it_was_asked_where_an_image_is_nobody_knows_whether_it_may_go() -> None:
    kind = kind_named("device-images")
    assert kind is not None
    action = kind.action("delete")
    assert action is not None
    row = kind.model.read({"uuid": "i", "bitstream_type": "functional"})
    (reason,) = action.reasons(row, action.form(), Known(cloud="c", now_ms=0, place=LAPTOP))
    assert reason.answer is Answer.CANT_TELL
