"""The real Ceph, held against its own program, and its bad days."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, AsyncIterator, Optional

import pytest

from backend.ceph_settings import CephWay
from backend.deed import Deed, Outcome
from backend.errors import NotConfigured, Refused, StxError, Unreachable
from backend.kind import Ceph as CephRead
from backend.kind import Reach, Risk
from backend.kinds import every_kind, kind_named
from backend.kinds.storage import CEPH_KINDS, STORAGE
from backend.lookout import Lookout
from backend.place import find_place
from backend.preview import Preview
from backend.settings import CloudSettings
from backend.sources.tls import Pins
from backend.station import Station
from backend.store.store import Store
from stx_tui.rooms import all_rooms
from tests.backend.test_watch import until
from tests.peers.ceph import Ceph, run

# One cluster for all of them, in this order: a worker of its own.
pytestmark = [pytest.mark.peer, pytest.mark.xdist_group("ceph")]


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def way(peer: Ceph) -> CephWay:
    return CephWay(conf=str(peer.conf), keyring=str(peer.keyring))


@asynccontextmanager
async def looking(peer: Ceph, *kinds: str) -> AsyncIterator[Lookout]:
    settings = CloudSettings(name="site-7", ceph=way(peer))
    pins = Pins(Path(peer.room) / "pins.json")
    lookout = Lookout(settings, place=find_place(), now_ms=now_ms, pins=pins)
    task = asyncio.ensure_future(lookout.watch.run())
    for kind in kinds:
        lookout.watch.look(kind)
    try:
        yield lookout
    finally:
        task.cancel()
        await asyncio.wait([task])
        await lookout.close()


async def done(peer: Ceph, *words: str) -> str:
    return await asyncio.to_thread(peer.ceph, *words)


async def test_every_kind_of_ceph_reads_the_real_one(real_ceph: Ceph) -> None:
    async with looking(real_ceph) as lookout:
        for kind in CEPH_KINDS:
            assert isinstance(kind.read, CephRead)
            parent = "0" if kind.reach is Reach.PER_PARENT else ""
            reading = await lookout.watch.read_now(kind.name, parent)
            assert reading.error is None, kind.name
            assert reading.malformed == ()
        known = lookout.watch.known
        status = known.rows("ceph")[0]
        said = await asyncio.to_thread(real_ceph.json, "status")
        assert status.fsid == real_ceph.fsid == said["fsid"]
        assert (status.osds, status.osds_up, status.quorum) == (3, 3, ["a"])
        assert status.clean >= 8
        osds = known.rows("ceph-osds")
        assert [(one.name, one.status) for one in osds] == [(f"osd.{n}", "up in") for n in range(3)]
        assert all(one.size and one.host and one.pgs is not None for one in osds)
        pools = {pool.name: pool for pool in known.rows("ceph-pools")}
        assert pools["kube-rbd"].kept == "2 (1)"
        assert pools["kube-rbd"].applications == ["rbd"]
        assert [(one.name, one.leads) for one in known.rows("ceph-monitors")] == [("a", True)]
        assert [one.is_active for one in known.rows("ceph-managers")].count(True) == 1
        assert known.rows("ceph-log")
        assert not any(flag.is_set for flag in known.rows("ceph-flags"))


async def test_all_kinds_are_asked_of_one_process(real_ceph: Ceph) -> None:
    async with looking(real_ceph) as lookout:
        await lookout.watch.read_now("ceph")
        talk = lookout.cloud.ceph.direct._talk
        for name in ("ceph-checks", "ceph-osds", "ceph-pools"):
            await lookout.watch.read_now(name)
        assert lookout.cloud.ceph.direct._talk is talk is not None


async def test_a_new_map_is_heard_of_between_two_readings(real_ceph: Ceph) -> None:
    async with looking(real_ceph) as lookout:
        kinds = lookout.kinds
        for name in ("ceph-osds", "ceph-flags"):
            kinds[name] = replace(kinds[name], every_s=3600.0)
            lookout.watch.look(name)
        flag = lambda: lookout.watch.known.row("ceph-flags", "nobackfill")  # noqa: E731
        await until(lambda: flag() is not None and lookout.watch.known.has("ceph-osds"), 20)
        # Whatever else changed is read by now: nobody asks any more.
        await done(real_ceph, "osd", "set", "nobackfill")
        try:
            await until(lambda: bool(flag().is_set), 10)
        finally:
            await done(real_ceph, "osd", "unset", "nobackfill")
        await until(lambda: not flag().is_set, 10)


async def test_where_the_library_is_missing_the_program_itself_is_asked(real_ceph: Ceph) -> None:
    async with looking(real_ceph) as lookout:
        lookout.cloud.ceph.direct._has_no_library = True
        reading = await lookout.watch.read_now("ceph")
        assert reading.error is None
        assert reading.rows[0].fsid == real_ceph.fsid
        assert lookout.cloud.ceph.direct._talk is None


async def test_a_process_that_was_killed_is_begun_anew(real_ceph: Ceph) -> None:
    async with looking(real_ceph) as lookout:
        await lookout.watch.read_now("ceph")
        talk = lookout.cloud.ceph.direct._talk
        assert talk is not None
        assert talk._transport is not None
        talk._transport.kill()
        await until(lambda: talk.is_over, 10)
        reading = await lookout.watch.read_anew("ceph-checks")
        assert reading.error is None
        assert lookout.cloud.ceph.direct._talk is not talk


async def test_a_conf_that_is_not_there_is_absent_and_a_wrong_key_is_said(
    real_ceph: Ceph, tmp_path: Path
) -> None:
    async def error(**more: str) -> Any:
        settings = CloudSettings(name="site-7", ceph=CephWay(**more))
        lookout = Lookout(settings, place=find_place(), now_ms=now_ms, pins=Pins(tmp_path / "p"))
        try:
            return (await lookout.watch.read_now("ceph")).error
        finally:
            await lookout.close()

    assert isinstance(await error(conf=str(tmp_path / "none.conf")), NotConfigured)
    wrong = tmp_path / "wrong.keyring"
    wrong.write_text("[client.admin]\n\tkey = AQBvaBFhAAAAABAAmDfMMDKVQ5aMlrgRbHzI9g==\n")
    said = await error(conf=str(real_ceph.conf), keyring=str(wrong))
    assert isinstance(said, StxError)
    assert said.advice


async def test_a_killed_osd_is_what_the_verdict_says(real_ceph: Ceph) -> None:
    async with looking(real_ceph, "ceph", "ceph-osds", "ceph-checks") as lookout:
        watch = lookout.watch
        await until(lambda: watch.known.has("ceph-osds") and watch.known.has("ceph"), 20)
        await asyncio.to_thread(real_ceph.kill, "osd.2")
        try:
            await until(lambda: any(not one.is_up for one in watch.known.rows("ceph-osds")), 40)
            await until(lambda: watch.known.rows("ceph")[0].osds_up == 2, 5)
            said = STORAGE.headline(watch.known)
            assert "1 of 3 OSDs down" in said.text
            assert "osd.2" in said.text
            assert said.word in ("WARN", "NOT WELL")
        finally:
            real_ceph.start("osd.2")
        await until(lambda: watch.known.rows("ceph")[0].osds_up == 3, 60)
    await asyncio.to_thread(real_ceph.until, real_ceph.is_well, "all is well again")


@asynccontextmanager
async def at_the_door(
    peer: Ceph, path: Path, settings: Optional[CloudSettings] = None
) -> AsyncIterator[Station]:
    """A station, whose acts are what the console does."""
    station = Station(
        settings or CloudSettings(name="site-7", ceph=way(peer)),
        store=Store(path / "record.db", now_ms=now_ms, kinds=every_kind()),
        place=find_place(),
        now_ms=now_ms,
        pins=Pins(path / "pins.json"),
    )
    await station.start()
    try:
        yield station
    finally:
        await station.close()


async def seen(station: Station, kind: str, row: str, name: str, **given: Any) -> Preview:
    """Return what the console shows before an act, everything it rests on read anew."""
    declared = kind_named(kind)
    assert declared is not None
    action = declared.action(name)
    assert action is not None
    for need in (kind, *action.needs):
        await station.watch.read_anew(need)
    form = action.form.model_validate(given)
    return await station.acts.ask_again(station.acts.preview(declared, action, (row,), form))


async def act(station: Station, kind: str, row: str, name: str, **given: Any) -> Deed:
    """Do an act as the console does: previewed, confirmed by what it wants, seen to have taken."""
    preview = await seen(station, kind, row, name, **given)
    assert preview.blocked == ()
    (deed,) = await station.acts.do(preview, typed=preview.wants, why="a test")
    return deed


async def test_an_osd_is_taken_out_and_in_after_ceph_was_asked(
    real_ceph: Ceph, tmp_path: Path
) -> None:
    async with at_the_door(real_ceph, tmp_path) as station:
        before = await seen(station, "ceph-osds", "1", "out")
        assert before.risk is Risk.DISRUPTIVE
        assert "ceph osd ok-to-stop" in {reason.check for reason in before.reasons}
        deed = await act(station, "ceph-osds", "1", "out")
        assert deed.outcome is Outcome.DONE
        assert deed.commands == ("ceph osd out 1",)
        said = await asyncio.to_thread(real_ceph.json, "osd", "dump")
        assert [one["in"] for one in said["osds"] if one["osd"] == 1] == [0]
        deed = await act(station, "ceph-osds", "1", "in")
        assert deed.outcome is Outcome.DONE
        assert (await station.watch.read_anew("ceph-osds")).by_id["1"].is_in
        deed = await act(station, "ceph-osds", "1", "reweight", weight=0.5)
        assert deed.outcome is Outcome.DONE
        assert abs(station.watch.known.row("ceph-osds", "1").reweight - 0.5) < 0.001
        await act(station, "ceph-osds", "1", "reweight", weight=1.0)
    await asyncio.to_thread(real_ceph.until, real_ceph.is_well, "all is well again")


async def test_what_ok_to_stop_refuses_can_only_be_done_as_destructive(
    real_ceph: Ceph, tmp_path: Path
) -> None:
    # With two copies and both needed, no OSD can be stopped.
    await done(real_ceph, "osd", "pool", "set", "kube-rbd", "min_size", "2")
    try:
        async with at_the_door(real_ceph, tmp_path) as station:
            before = await seen(station, "ceph-osds", "0", "down")
            assert before.risk is Risk.DESTRUCTIVE
            assert before.wants == "osd.0"
            assert any("REFUSED" in reason.words for reason in before.reasons)
            assert any("Ceph says NO" in one.words for one in before.consequences)
            with pytest.raises(Refused):
                await station.acts.do(before, typed="yes", why="a test")
    finally:
        await done(real_ceph, "osd", "pool", "set", "kube-rbd", "min_size", "1")


async def test_a_flag_that_is_set_stands_in_every_header_until_it_is_unset(
    real_ceph: Ceph, tmp_path: Path
) -> None:
    async with at_the_door(real_ceph, tmp_path) as station:
        deed = await act(station, "ceph-flags", "noout", "set")
        assert deed.outcome is Outcome.DONE
        rooms = all_rooms(lambda source: source == "ceph")
        assert rooms.banner(station.watch.known)[-1] == "noout SET"
        assert rooms.reminders(station.watch.known) == ("noout SET",)
        assert "ceph-flags" in rooms.banner_needs
        await station.watch.read_anew("ceph")
        assert "noout set." in STORAGE.headline(station.watch.known).text
        await act(station, "ceph-flags", "noout", "unset")
        assert rooms.reminders(station.watch.known) == ()


async def test_a_check_is_muted_and_heard_again(real_ceph: Ceph, tmp_path: Path) -> None:
    await done(real_ceph, "osd", "set", "noscrub")
    await asyncio.to_thread(
        real_ceph.until,
        lambda: "OSDMAP_FLAGS" in real_ceph.json("health")["checks"],
        "the flag is warned of",
    )
    try:
        async with at_the_door(real_ceph, tmp_path) as station:
            await act(station, "ceph-checks", "OSDMAP_FLAGS", "mute", ttl="1h")
            row = station.watch.known.row("ceph-checks", "OSDMAP_FLAGS")
            assert row.muted
            assert row.until
            status = (await station.watch.read_anew("ceph")).rows[0]
            assert status.muted == ["OSDMAP_FLAGS"]
            await act(station, "ceph-checks", "OSDMAP_FLAGS", "unmute")
            assert not station.watch.known.row("ceph-checks", "OSDMAP_FLAGS").muted
    finally:
        await done(real_ceph, "osd", "unset", "noscrub")


async def test_a_quota_is_set_and_taken_away(real_ceph: Ceph, tmp_path: Path) -> None:
    async with at_the_door(real_ceph, tmp_path) as station:
        deed = await act(station, "ceph-pools", "kube-rbd", "quota", gib=1)
        assert deed.commands == ("ceph osd pool set-quota kube-rbd max_bytes 1073741824",)
        assert station.watch.known.row("ceph-pools", "kube-rbd").quota_bytes == 1 << 30
        await act(station, "ceph-pools", "kube-rbd", "quota", gib=0)


async def test_a_pool_filled_to_its_quota_is_said(real_ceph: Ceph) -> None:
    quota = ("osd", "pool", "set-quota", "kube-rbd", "max_bytes")
    block = real_ceph.room / "block"
    block.write_bytes(b"x" * 4_000_000)
    conf = ("rados", f"--conf={real_ceph.conf}", f"--keyring={real_ceph.keyring}", "-p", "kube-rbd")
    await done(real_ceph, *quota, "3000000")
    await asyncio.to_thread(run, *conf, "put", "full", str(block))
    try:
        async with looking(real_ceph, "ceph", "ceph-checks", "ceph-pools") as lookout:
            known = lambda: lookout.watch.known  # noqa: E731
            await until(lambda: known().row("ceph-checks", "POOL_FULL") is not None, 40)
            await until(lambda: "POOL_FULL" in known().rows("ceph")[0].checks, 10)
            assert "A pool is full" in STORAGE.headline(known()).text
            await until(lambda: (known().row("ceph-pools", "kube-rbd").percent or 0) >= 95, 20)
    finally:
        await done(real_ceph, *quota, "0")
        gone = lambda: "POOL_FULL" not in real_ceph.json("health")["checks"]  # noqa: E731
        await asyncio.to_thread(real_ceph.until, gone, "it has room again")
        await asyncio.to_thread(run, *conf, "rm", "full")


async def test_an_osd_that_is_nearly_full_is_said(real_ceph: Ceph) -> None:
    block = real_ceph.room / "block"
    block.write_bytes(b"x" * 4_000_000)
    conf = ("rados", f"--conf={real_ceph.conf}", f"--keyring={real_ceph.keyring}", "-p", "kube-rbd")
    for number in range(8):
        await asyncio.to_thread(run, *conf, "put", f"o{number}", str(block))
    await done(real_ceph, "osd", "set-nearfull-ratio", "0.01")
    try:
        async with looking(real_ceph, "ceph", "ceph-checks", "ceph-osds") as lookout:
            known = lambda: lookout.watch.known  # noqa: E731
            await until(lambda: known().row("ceph-checks", "OSD_NEARFULL") is not None, 40)
            await until(lambda: "OSD_NEARFULL" in known().rows("ceph")[0].checks, 10)
            assert "nearly full" in STORAGE.headline(known()).text
            assert known().rows("ceph")[0].used >= 32_000_000
    finally:
        await done(real_ceph, "osd", "set-nearfull-ratio", "0.85")
        for number in range(8):
            await asyncio.to_thread(run, *conf, "rm", f"o{number}")


async def test_a_manager_that_fails_over_in_mid_poll_leaves_no_hole(real_ceph: Ceph) -> None:
    await asyncio.to_thread(real_ceph.manager, "y")
    await asyncio.to_thread(
        real_ceph.until, lambda: real_ceph.json("mgr", "dump")["standbys"], "one stands by"
    )
    async with looking(real_ceph, "ceph-osds", "ceph-managers") as lookout:
        known = lambda: lookout.watch.known  # noqa: E731
        await until(lambda: bool(known().rows("ceph-managers")), 20)
        first = next(one for one in known().rows("ceph-managers") if one.is_active)
        await asyncio.to_thread(real_ceph.kill, f"mgr.{first.name}")
        await until(
            lambda: any(m.is_active for m in known().rows("ceph-managers") if m.name != first.name),
            40,
        )
        # Whatever came meanwhile: the OSDs never went, and their use is told again.
        assert [one.id for one in known().rows("ceph-osds")] == [0, 1, 2]
        await until(lambda: all(one.size for one in known().rows("ceph-osds")), 40)
    real_ceph.start(f"mgr.{first.name}")
    await asyncio.to_thread(real_ceph.until, real_ceph.is_well, "all is well again")


async def test_a_monitor_lost_leaves_what_is_known_with_its_age(real_ceph: Ceph) -> None:
    async with looking(real_ceph) as lookout:
        before = await lookout.watch.read_now("ceph-osds")
        await asyncio.to_thread(real_ceph.kill, "mon.a")
        try:
            while (lost := await lookout.watch.read_anew("ceph-osds")).error is None:
                before = lost
            assert isinstance(lost.error, Unreachable)
            assert "quorum" in str(lost.error)
            assert lost.rows == before.rows
            assert lost.at_ms == before.at_ms < lost.tried_ms
        finally:
            real_ceph.start("mon.a")
        for _ in range(20):
            again = await lookout.watch.read_anew("ceph-osds")
            if again.error is None:
                break
        assert again.error is None
    await asyncio.to_thread(real_ceph.until, real_ceph.is_well, "all is well again")
