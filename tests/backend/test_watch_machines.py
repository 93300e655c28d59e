"""Many machines asked one thing: each is reported by itself, and none holds the others."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any, Callable, Dict, Iterator, Optional

from backend.errors import Absent, StxError, Unreachable
from backend.kind import Body, Command, Kind, Reach, Read
from backend.watch import Watch
from tests.backend.things import PARTS, PLACE, THINGS, Clock, thing

NAMES = tuple(f"host-{number}" for number in range(10))
UNITS: Kind[Any] = replace(
    PARTS,
    name="units",
    reach=Reach.PER_PARENT,
    read=Command(argv=("systemctl",), parse=lambda _text: ()),
)


class Machines:
    """Answers at once, but for those in ``errors``; ``dead`` ones never do before ``over``."""

    def __init__(self) -> None:
        self.errors: Dict[str, StxError] = {}
        self.dead = ""
        self.over = asyncio.Event()
        self.at_once = 0

    async def ask(self, read: Read, parent: str = "") -> Callable[[], Iterator[Body]]:
        if not isinstance(read, Command):
            return lambda: iter([thing(name) for name in NAMES])
        self.at_once += 1
        await asyncio.sleep(0)
        if parent == f"id-{self.dead}":
            await self.over.wait()
        error: Optional[StxError] = self.errors.get(parent.replace("id-", ""))
        if error is not None:
            raise error
        return lambda: iter([{**thing(f"unit of {parent}"), "uuid": f"unit of {parent}"}])


def watch(machines: Machines) -> Watch:
    kinds = {"things": THINGS, "units": UNITS}
    return Watch(kinds, machines.ask, cloud="c", place=PLACE, now_ms=Clock())


async def test_a_dead_machine_does_not_hold_those_that_answered() -> None:
    machines = Machines()
    machines.dead = "host-3"
    subject = watch(machines)
    heard = asyncio.Event()
    subject.listen(lambda _known, reading: _set_when(heard, reading))
    whole = asyncio.ensure_future(subject.read_now("units"))
    await asyncio.wait_for(heard.wait(), timeout=5)
    assert machines.at_once == len(NAMES)
    assert len(subject.known.rows("units")) == len(NAMES) - 1
    assert not whole.done()
    machines.errors["host-3"] = Unreachable("host-3", "timed out")
    machines.over.set()
    assert (await whole).error == Unreachable("host-3", "timed out")
    assert len(subject.known.rows("units")) == len(NAMES) - 1
    assert subject.known.reading("units", "id-host-3").error is not None
    assert subject.known.reading("units", "id-host-4").error is None


def _set_when(event: asyncio.Event, reading: Any) -> None:
    if reading is not None and reading.kind == "units" and not reading.parent:
        event.set()


async def test_what_some_machines_have_not_is_absent_there_and_nothing_is_wrong() -> None:
    machines = Machines()
    machines.errors = {name: Absent("drbdadm is not on this machine") for name in NAMES[1:]}
    reading = await watch(machines).read_now("units")
    assert reading.error is None
    assert [row.uuid for row in reading.rows] == ["unit of id-host-0"]


async def test_what_no_machine_has_is_said() -> None:
    machines = Machines()
    machines.errors = dict.fromkeys(NAMES, Absent("drbdadm is not on this machine"))
    assert isinstance((await watch(machines).read_now("units")).error, Absent)
