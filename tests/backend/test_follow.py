"""Following: rungs as the system passes them, its real end, and what a dead console left."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from types import MappingProxyType, SimpleNamespace
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple

from backend.deed import Deed, Outcome
from backend.errors import Unreachable
from backend.follow import Follow
from backend.kind import Kind, Rung
from backend.kinds import every_kind
from backend.known import Known, Memory, Reading
from backend.place import is_alive, this_process
from backend.watch import Watch
from tests.backend.kinds.rack import rack
from tests.backend.things import KINDS, PLACE, THINGS, Book, Clock, Service, Thing, thing

# A console of this machine that is no more.
DEAD = f"{this_process().split('/')[0]}/00000000/1/1"


class Trail:
    """A deed followed on a service whose states a test sets."""

    def __init__(self, *bodies: Any, kinds: Mapping[str, Kind[Any]] = KINDS) -> None:
        self.service, self.book, self.clock = Service(*bodies), Book(), Clock(10_000)
        self.watch = Watch(kinds, self.service.ask, cloud="c", place=PLACE, now_ms=self.clock)
        self.follow = Follow(self.watch, kinds, self.update, self.clock)

    async def update(self, deed: Deed) -> Deed:
        await self.book.update_deed(deed)
        return deed

    @property
    def last(self) -> Deed:
        return self.book.written[-1]

    async def see(self, *bodies: Any, after_s: int = 1) -> None:
        self.clock.ms += after_s * 1000
        self.service.bodies = bodies
        reading: Reading[Any] = await self.watch.read_now("things")
        known: Known = self.watch.known
        await self.follow.heard(known, reading)


def deed(**more: Any) -> Deed:
    values: dict[str, Any] = {
        "number": "2211-0001",
        "cloud": "c",
        "kind": "things",
        "action": "stop",
        "row_id": "id-a",
        "label": "a",
        "who": "ann",
        "terminal": "ttyS0",
        "began_ms": 10_000,
        "sent_ms": 10_000,
        "answered_ms": 10_000,
        "outcome": Outcome.FOLLOWED,
        "before": MappingProxyType({"uuid": "id-a", "name": "a", "state": "up"}),
        "process": this_process(),
        "held": ("again up",),
    }
    return Deed(**{**values, **more})


async def test_each_rung_is_dated_when_it_is_seen_and_the_last_ends_the_deed() -> None:
    trail = Trail(thing("a"))
    trail.follow.begin(deed())
    await trail.see(thing("a"))
    assert trail.book.written == []
    await trail.see(thing("a", state="stopping"), after_s=2)
    assert dict(trail.last.reached) == {"accepted": 13_000}
    await trail.see(thing("a", state="down"), after_s=5)
    await trail.see(thing("a", state="up"), after_s=10)
    assert trail.last.outcome is Outcome.DONE
    assert trail.last.took_ms == 18_000


async def test_of_a_server_its_baseboard_is_asked_as_often_as_its_row() -> None:
    kinds = {kind.name: kind for kind in every_kind()}
    looked: Dict[Tuple[str, str], float] = {}

    def look(kind: str, parent: str = "", every_s: float = 0.0) -> Callable[[], None]:
        looked[kind, parent] = every_s
        return lambda: None

    async def update(deed: Deed) -> Deed:
        return deed

    watch: Any = SimpleNamespace(known=rack(), look=look, under_way=lambda *_key: None)
    row = {"kind": "servers", "action": "power-off", "row_id": "controller-0"}
    Follow(watch, kinds, update, Clock(10_000)).begin(deed(**row))
    assert looked["power", "controller-0"] == looked["servers", ""] > 0
    # What sysinv says of the host is asked at its own pace.
    assert looked["hosts", ""] == 0


async def test_a_write_that_ends_late_does_not_begin_an_ended_deed_anew() -> None:
    trail, written = Trail(thing("a")), asyncio.Event()

    async def update(deed: Deed) -> Deed:
        if deed.is_open:
            await written.wait()
        await trail.book.update_deed(deed)
        trail.follow.begin(deed)  # as a station does with what goes on
        return deed

    trail.follow = Follow(trail.watch, KINDS, update, trail.clock)
    trail.follow.begin(deed())
    slow = asyncio.ensure_future(trail.see(thing("a", state="stopping")))
    await asyncio.sleep(0.01)
    slow_down = asyncio.ensure_future(trail.see(thing("a", state="down")))
    await asyncio.sleep(0.01)
    await trail.see(thing("a", state="up"))
    assert trail.last.outcome is Outcome.DONE
    written.set()
    await asyncio.gather(slow, slow_down)
    await trail.see(thing("a", state="stuck"))
    assert Outcome.FAILED not in {deed.outcome for deed in trail.book.written}


async def test_a_rung_nobody_saw_is_passed_by_the_next_one() -> None:
    trail = Trail(thing("a"))
    trail.follow.begin(deed())
    await trail.see(thing("a", state="down"))
    assert set(trail.last.reached) == {"accepted", "down"}


async def test_what_held_before_it_began_does_not_end_it() -> None:
    trail = Trail(thing("a"))
    trail.follow.begin(deed())
    await trail.see(thing("a", state="up"))
    assert trail.book.written == []


async def test_a_reading_older_than_the_sending_says_nothing() -> None:
    trail = Trail(thing("a", state="down"))
    await trail.see(thing("a", state="down"))
    trail.follow.begin(deed(sent_ms=60_000))
    await trail.follow.heard(trail.watch.known, None)
    assert trail.book.written == []


async def test_a_poll_under_way_when_an_act_is_tried_again_does_not_end_it_as_failed() -> None:
    trail = Trail(thing("a", state="stuck"))
    trail.service.slow = asyncio.Event()
    late = asyncio.ensure_future(trail.see(thing("a", state="stuck")))
    await asyncio.sleep(0)
    trail.follow.begin(deed())
    trail.service.slow.set()
    await late
    # It is told again with whatever else is read, and when only time went on.
    await trail.follow.heard(trail.watch.known, None)
    assert trail.book.written == []
    await trail.see(thing("a", state="stopping"))
    assert dict(trail.last.reached) == {"accepted": 12_000}
    await trail.see(thing("a", state="stuck"))
    assert trail.last.outcome is Outcome.FAILED


async def test_a_poll_under_way_that_fails_holds_back_no_later_one() -> None:
    trail = Trail(thing("a"))
    trail.service.slow, trail.service.error = asyncio.Event(), Unreachable("sysinv", "away")
    late = asyncio.ensure_future(trail.see())
    await asyncio.sleep(0)
    trail.follow.begin(deed())
    trail.service.slow.set()
    await late
    trail.service.error = None
    await trail.see(thing("a", state="stuck"))
    assert trail.last.outcome is Outcome.FAILED


async def test_the_systems_giving_up_is_a_failure_in_its_words() -> None:
    trail = Trail(thing("a"))
    trail.follow.begin(deed())
    await trail.see(thing("a", state="stuck"))
    assert trail.last.outcome is Outcome.FAILED
    assert trail.last.answer == "it is stuck"


async def test_what_a_killed_console_had_not_sent_was_never_sent() -> None:
    trail = Trail(thing("a"))
    left = deed(sent_ms=None, answered_ms=None, outcome=Outcome.OPEN, process=DEAD)
    (found,) = await trail.follow.resume((left,))
    assert found.outcome is Outcome.NEVER_SENT
    assert trail.service.sent == []


async def test_what_a_killed_console_had_sent_is_read_and_never_sent_again() -> None:
    trail = Trail(thing("a"))
    left = deed(answered_ms=None, outcome=Outcome.OPEN, process=DEAD)
    (found,) = await trail.follow.resume((left,))
    assert found.outcome is Outcome.UNKNOWN
    await trail.see(thing("a", state="down"))
    await trail.see(thing("a", state="up"))
    assert trail.last.outcome is Outcome.DONE
    assert trail.service.sent == []


async def test_what_a_killed_console_had_sent_in_part_comes_to_an_end_as_unknown() -> None:
    trail = Trail(thing("a"))
    left = deed(action="tune", outcome=Outcome.OPEN, process=DEAD)
    (found,) = await trail.follow.resume((left,))
    assert found.outcome is Outcome.UNKNOWN
    assert "not seen to its end" in found.answer
    await trail.see(thing("a"), after_s=130)
    assert not trail.last.is_open
    assert trail.service.sent == []


async def test_that_rows_were_never_read_does_not_mean_that_they_are_gone() -> None:
    gone: Rung[Thing] = Rung(name="gone", reached=lambda row, _known: row is None)
    stop = replace(THINGS.actions[0], ladder=lambda _row, _known: (gone,))
    trail = Trail(thing("a"), kinds={"things": replace(THINGS, actions=(stop,))})
    await trail.follow.resume((deed(action=stop.name, process=DEAD),))
    await trail.follow.heard(trail.watch.known, None)
    assert trail.last.is_open
    await trail.see()
    assert trail.last.outcome is Outcome.DONE


async def test_a_deed_of_another_living_console_is_left_to_it() -> None:
    trail = Trail(thing("a"))
    assert await trail.follow.resume((deed(process=this_process()),)) == ()
    assert trail.book.written == []


async def test_a_deed_of_a_console_on_another_machine_is_left_to_it_while_it_is_fresh() -> None:
    trail = Trail(thing("a"))
    far = deed(sent_ms=None, answered_ms=None, outcome=Outcome.OPEN, process="other/b/1/2")
    assert await trail.follow.resume((far,)) == ()
    trail.clock.ms += 3_600_000
    (found,) = await trail.follow.resume((far,))
    assert found.outcome is Outcome.NEVER_SENT


async def test_a_deed_of_which_nothing_more_is_seen_is_given_up_as_unknown() -> None:
    trail = Trail(thing("a"))
    trail.follow.begin(deed())
    await trail.see(thing("a", state="stopping"))
    await trail.see(thing("a"), after_s=3599)
    assert trail.last.is_open
    await trail.see(thing("a"), after_s=2)
    assert trail.last.outcome is Outcome.UNKNOWN
    assert not trail.last.is_open
    assert "nothing more of it was seen within 1:00:00" in trail.last.answer


async def test_what_the_system_still_shows_under_way_after_hours_is_followed_to_its_end() -> None:
    trail = Trail(thing("a"))
    trail.follow.begin(deed())
    await trail.see(thing("a", state="stopping"))
    for _ in range(30):
        await trail.see(thing("a", state="stopping"), after_s=3000)
    assert trail.last.is_open
    (note, *_) = trail.follow.timeline(trail.last).notes.lines
    assert note.heading == "still runs"
    assert note.text.startswith("nothing new for 25:00:00")
    # A console that comes after this one finds it as it stands, and goes on with it.
    other = Follow(trail.watch, KINDS, trail.update, trail.clock)
    (found,) = await other.resume((replace(trail.last, process=DEAD),))
    assert found.is_open
    trail.follow = other
    await trail.see(thing("a", state="stopping"), after_s=3000)
    await trail.see(thing("a", state="down"), after_s=10)
    await trail.see(thing("a"), after_s=10)
    assert trail.last.outcome is Outcome.DONE


async def test_what_is_under_way_for_weeks_without_any_news_is_given_up_after_all() -> None:
    trail = Trail(thing("a"))
    trail.follow.begin(deed())
    await trail.see(thing("a", state="stopping"))
    await trail.see(thing("a", state="stopping"), after_s=15 * 86400)
    assert trail.last.outcome is Outcome.UNKNOWN


async def test_a_deed_of_a_process_before_the_reboot_is_nobodys() -> None:
    machine, _boot, pid, started = this_process().split("/")
    assert is_alive(this_process())
    assert not is_alive(f"{machine}/00000000/{pid}/{started}")


async def test_the_timeline_stands_beside_this_sites_own_times() -> None:
    trail = Trail(thing("a"))
    await trail.see(thing("a"))
    steps = {
        ("things", "stop", "a", "accepted"): (1000, 3000, 2000),
        ("things", "stop", "", "down"): (5000,),
    }
    trail.watch.remember(Memory(steps=MappingProxyType(steps)))
    running = deed(reached=MappingProxyType({"accepted": 12_500}))
    timeline = trail.follow.timeline(running)
    assert [step.usual_ms for step in timeline.steps] == [2000, 5000, None]
    assert [step.is_done for step in timeline.steps] == [True, False, False]
    assert timeline.steps[1].is_running
    assert not timeline.is_done


async def test_a_row_that_is_gone_is_handed_to_the_rungs_as_none() -> None:
    trail = Trail(thing("a"))
    seen: List[Optional[Any]] = []
    (stop, *_rest) = KINDS["things"].actions
    rungs: Tuple[Any, ...] = stop.ladder(None, trail.watch.known) if stop.ladder else ()

    def reached(row: Optional[Any], _known: Known) -> bool:
        seen.append(row)
        return False

    spy = replace(rungs[0], reached=reached)
    spied = replace(stop, ladder=lambda _row, _known: (spy,))
    kinds = {"things": replace(KINDS["things"], actions=(spied,))}
    trail.follow = Follow(trail.watch, kinds, trail.update, trail.clock)
    trail.follow.begin(deed())
    await trail.see(thing("b"))
    assert seen[-1] is None


async def test_what_never_arrived_does_not_bar_its_row_for_ever() -> None:
    trail = Trail(thing("a"))
    left = deed(answered_ms=None, outcome=Outcome.OPEN, process=DEAD)
    await trail.follow.resume((left,))
    await trail.see(thing("a"), after_s=60)
    assert trail.last.is_open
    await trail.see(thing("a"), after_s=60)
    assert not trail.last.is_open
    assert trail.last.outcome is Outcome.UNKNOWN
    assert "nothing more of it was seen" in trail.last.answer
    written = len(trail.book.written)
    await trail.see(thing("a"), after_s=60)
    assert len(trail.book.written) == written
    assert trail.service.sent == []
