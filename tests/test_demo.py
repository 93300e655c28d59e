"""The demo's past lived through, and what the console that opens on it finds."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from backend.deed import Outcome
from backend.kinds import every_kind
from backend.kinds.machine_place import role
from backend.simulator import scenes
from backend.simulator.scenes import CALM_START
from backend.station import Station
from backend.store.store import Store
from stx_tui.commands.demo import PretendCloud
from stx_tui.story import CHAPTERS, PLACE, live, place_in
from stx_tui.usage import SCENES
from tests.program import run


def test_where_one_sits_in_the_demo_is_a_machine_of_that_scene() -> None:
    roles = {scene: role(place_in(*scenes.SCENES[scene][:2])) for scene in SCENES}
    assert roles == {
        "site-7": "AIO-DX controller",
        "site-9": "AIO-SX controller",
        "standard": "DX controller",
    }


async def test_a_scene_that_there_is_not_is_refused_and_those_there_are_are_named(
    tmp_path: Path,
) -> None:
    ran = await run(tmp_path, "demo", "--scene", "nowhere")
    assert (ran.code, ran.out) == (2, "")
    assert "invalid choice: 'nowhere'" in ran.err
    assert "standard" in ran.err


async def test_an_unlock_that_the_demos_past_began_is_followed_on_by_the_console_that_opens(
    tmp_path: Path,
) -> None:
    cloud = PretendCloud(scene="site-7-calm", frozen=True, seed=7, start=CALM_START)
    with cloud:
        settings = cloud.settings(tmp_path, "site-7")

        def opened() -> Station:
            store = Store(tmp_path / "record.db", now_ms=cloud.now_ms, kinds=every_kind())
            return Station(settings, store=store, place=PLACE, now_ms=cloud.now_ms)

        past = opened()
        lock_and_unlock = CHAPTERS[-2:]
        until = CHAPTERS[-1].at + timedelta(minutes=3)
        await live(past, cloud.now_ms, cloud.advance, lock_and_unlock, until)
        await past.close()
        station = opened()
        await station.start()
        (deed,) = station.found
        # There is a second controller, which nobody knew when the deed was found.
        assert "data in sync" in [step.name for step in station.follow.timeline(deed).steps]
        assert (deed.action, deed.outcome) == ("unlock", Outcome.FOLLOWED)
        for _ in range(60):
            await cloud.advance(30)
            for kind in ("hosts", "alarms", "service-groups"):
                await station.watch.read_now(kind)
            await station.settled()
        assert station.watch.known.running() == ()
        (ended,) = [one for one in station.watch.known.memory.deeds if one.number == deed.number]
        assert ended.outcome is Outcome.DONE
        await station.close()
