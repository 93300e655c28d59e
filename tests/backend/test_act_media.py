"""A disc through the door, to a pretend Redfish on loopback that says yes and may not mean it."""

from __future__ import annotations

import json
import time
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, AsyncIterator, Tuple

import pytest

from backend.act import Acts
from backend.bmc_settings import BmcSettings
from backend.deed import Deed, Outcome
from backend.kinds.hardware_media import VIRTUAL_MEDIA, Insert
from backend.lookout import Lookout
from backend.secret import Password, Secret
from backend.settings import CloudSettings
from backend.sources.tls import Pins
from tests.backend.sources.authority import Certificate
from tests.backend.sources.loopback import Asked, Reply, serving
from tests.backend.sources.redfish_tree import PASSWORD, SYSTEM, USER, Pretended
from tests.backend.things import PLACE, Book

SLOT = "/redfish/v1/Managers/1/VirtualMedia/Cd"
IMAGE = "http://10.1.1.1/stx.iso"


class Honest(Pretended):
    """Does what it says yes to; but for the boot where it only says so."""

    boots = True

    def __call__(self, asked: Asked) -> Reply:
        reply = super().__call__(asked)
        if asked.target.endswith("InsertMedia") and reply.status == 204:
            self.tree[SLOT].update(json.loads(asked.body))
        if asked.target == SYSTEM and asked.method == "PATCH" and self.boots:
            self.tree[SYSTEM]["Boot"].update(json.loads(asked.body)["Boot"])
        return reply


@asynccontextmanager
async def door(room: Path, bmc: Pretended) -> AsyncIterator[Tuple[Lookout, Acts]]:
    certificate = Certificate(room / "bmc.pem")
    async with serving(bmc, tls=certificate.server()) as server:
        address = f"127.0.0.1:{server.port}"
        pins = Pins(room / "pins.json")
        pins.pin(address, certificate.fingerprint)
        one = BmcSettings(
            name="s0",
            address=address,
            protocol="redfish",
            username=USER,
            password=Password(given=Secret(text=PASSWORD)),
        )
        settings = CloudSettings(name="rack", bmc=MappingProxyType({"s0": one}))
        ms = lambda: round(time.time() * 1000)  # noqa: E731
        lookout = Lookout(settings, place=PLACE, now_ms=ms, pins=pins)
        acts = Acts(lookout.watch, lookout.cloud, Book(), lookout.kinds, ms, lambda _: None)
        for kind in ("servers", "power", "virtual-media"):
            await lookout.watch.read_now(kind)
        try:
            yield lookout, acts
        finally:
            await lookout.close()


async def insert(acts: Acts, *, restart: bool = False) -> Deed:
    action: Any = VIRTUAL_MEDIA.action("insert")
    shown = acts.preview(VIRTUAL_MEDIA, action, ["s0/Cd"], Insert(image=IMAGE, restart=restart))
    (deed,) = await acts.do(shown, typed=shown.wants, why="")
    return deed


async def test_a_disc_that_was_silently_not_inserted_is_read_back_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.kinds.hardware_media.READ_BACK_S", 0.5)
    bmc = Pretended()
    async with door(tmp_path, bmc) as (_, acts):
        deed = await insert(acts)
    assert deed.outcome is Outcome.FAILED
    assert deed.answer.startswith("its baseboard said yes, and did not insert it")
    # Nor is the server told to boot from a disc that is not there.
    assert [path for _, path, _ in bmc.orders if path == SYSTEM] == []


async def test_a_disc_that_is_in_is_booted_from_once(tmp_path: Path) -> None:
    bmc = Honest()
    async with door(tmp_path, bmc) as (lookout, acts):
        deed = await insert(acts)
        assert deed.outcome is Outcome.DONE
        (medium,) = lookout.watch.known.rows("virtual-media", "s0")
        assert (medium.inserted, medium.image) == (True, IMAGE)
    once = {"BootSourceOverrideTarget": "Cd", "BootSourceOverrideEnabled": "Once"}
    assert bmc.orders[-1] == ("PATCH", SYSTEM, {"Boot": once})


async def test_a_server_that_is_not_to_boot_from_its_disc_is_not_restarted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.kinds.hardware_boot.READ_BACK_S", 0.5)
    bmc = Honest()
    bmc.tree[SYSTEM]["Actions"]["#ComputerSystem.Reset"][
        "ResetType@Redfish.AllowableValues"
    ].append("ForceRestart")
    bmc.boots = False
    async with door(tmp_path, bmc) as (_, acts):
        deed = await insert(acts, restart=True)
        assert deed.outcome is Outcome.FAILED
        assert "was not read back as to boot from optical" in deed.answer
        assert not [path for _, path, _ in bmc.orders if "Reset" in path]
    bmc = Honest()
    bmc.tree[SYSTEM]["Actions"]["#ComputerSystem.Reset"][
        "ResetType@Redfish.AllowableValues"
    ].append("ForceRestart")
    async with door(tmp_path, bmc) as (_, acts):
        deed = await insert(acts, restart=True)
        assert deed.outcome is not Outcome.FAILED
    assert bmc.orders[-1][2] == {"ResetType": "ForceRestart"}
