"""A console on canned answers: everything real but the wire and the record."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, Dict, Iterable, List, Optional, Tuple

from backend.act import Acts
from backend.area import Area, Contents
from backend.deed import Deed
from backend.errors import NotConfigured, StxError
from backend.figure import Line, Lines
from backend.kind import Action, Column, Kind, LocalWrite, Plan, Read, Rest, Risk, Row
from backend.known import Known
from backend.listening import open_here
from backend.place import Place
from backend.refresh import Answer
from backend.settings import Auth, CloudSettings, Password, Secret
from backend.store.glance import Changed
from backend.tone import Look, Mark, Tone, Verdict
from backend.watch import Watch
from stx_tui.app import StxApp
from stx_tui.rooms import Rooms

NOW_MS = 1_795_300_860_000  # 2026-11-22 02:41Z
PLACE = Place(hostname="laptop", user="sysadmin", terminal="ttyS0")


class Box(Row):
    """A thing of the tests: it stands somewhere, and may be ill."""

    uuid: str
    name: str
    state: str = "fine"
    note: str = ""
    size: int = 0


def _look(box: Any, known: Known) -> Look:
    notes = tuple(filter(None, box.note.split("|")))
    if box.state == "ill":
        return Look(tone=Tone.BAD, mark=Mark.BAD, notes=notes)
    return Look(tone=Tone.GOOD, notes=notes)


def _verdict(known: Known) -> Verdict:
    ill = [box for box in known.rows("boxes") if box.state == "ill"]
    if ill:
        return Verdict(word="NOT WELL", text=f"{len(ill)} ill", more="call", tone=Tone.BAD)
    return Verdict(word="WELL", text="every box is fine")


def _strip(box: Any, known: Known) -> Lines:
    return Lines(lines=(Line(heading="BOX", text=f"{box.name} is {box.state}"),))


def _seen(box: Any, form: Any, known: Known) -> Plan:
    return Plan.of(LocalWrite(kind="boxes", id=box.uuid, values={"seen_by": known.place.user}))


SEEN = Action[Box](
    name="seen", key="m", words="mark as seen", plan=_seen, risk=lambda *_: Risk.HARMLESS
)
TOPPLE = Action[Box](
    name="topple", key="t", words="topple it", plan=_seen, risk=lambda *_: Risk.DISRUPTIVE
)

BOXES = Kind[Box](
    name="boxes",
    singular="box",
    model=Box,
    read=Rest(service="store", path="/boxes", items="boxes"),
    label=lambda box: box.name,
    columns=(
        Column(heading="NAME", value=lambda b: b.name),
        Column(heading="STATE", value=lambda b: b.state),
        Column(heading="SIZE", value=lambda b: b.size, right=True),
        Column(heading="WHERE", value=lambda b: "a rather long place to stand in", wide=True),
    ),
    look=_look,
    verdict=_verdict,
    strip=_strip,
    actions=(SEEN, TOPPLE),
    aliases=("bx",),
)
LIDS = Kind[Box](
    name="lids",
    singular="lid",
    model=Box,
    read=Rest(service="store", path="/lids", items="lids"),
    label=lambda lid: lid.name,
    columns=(Column(heading="NAME", value=lambda b: b.name),),
)
ROOMS = Rooms(
    areas=(
        Area(digit="1", name="things", title="Boxes", open=lambda: Contents((BOXES,), _verdict)),
        Area(digit="2", name="tops", title="Lids", open=lambda: Contents((LIDS,), _verdict)),
    ),
    banner_of=lambda known: ("MODE 1", "active me", f"C{len(known.rows('boxes'))}"),
    needs=("boxes",),
    baseline_of="boxes",
)


def box(number: int, **more: Any) -> Dict[str, Any]:
    """One box as its service sends it."""
    return {"uuid": f"id-{number:05}", "name": f"box-{number}", "size": number, **more}


@dataclass
class Wire:
    """What the services answer: bodies by path, or an error for all."""

    bodies: Dict[str, List[Dict[str, Any]]] = field(default_factory=dict)
    error: Optional[StxError] = None
    asked: List[str] = field(default_factory=list)

    async def ask(self, read: Read, parent: str) -> Answer:
        assert isinstance(read, Rest)
        self.asked.append(read.path)
        if self.error is not None:
            raise self.error
        bodies = self.bodies.get(read.path, [])
        return lambda: iter(bodies)

    async def send(self, write: Any, _told: object = None) -> Any:
        raise AssertionError("nothing of these tests is sent to a service")


@dataclass
class Notes:
    """The record, in memory."""

    marks: List[Tuple[str, str]] = field(default_factory=list)
    baselines: List[Tuple[str, Tuple[str, ...], int]] = field(default_factory=list)
    changed: Tuple[Changed, ...] = ()
    done: Tuple[Deed, ...] = ()

    async def open_deed(self, deed: Deed) -> Deed:
        return deed

    async def update_deed(self, deed: Deed) -> None:
        return None

    async def mark(self, kind: str, row_id: str, values: Any) -> None:
        self.marks.append((kind, row_id))

    async def set_baseline(self, cloud: str, ids: Iterable[str], at_ms: int) -> None:
        self.baselines.append((cloud, tuple(ids), at_ms))

    async def changes(self, cloud: str, **wanted: Any) -> Tuple[Changed, ...]:
        return tuple(c for c in self.changed if c.at_ms >= wanted["since_ms"])

    async def deeds(self, cloud: str, **wanted: Any) -> Tuple[Deed, ...]:
        return self.done


def station(wire: Wire, rooms: Rooms = ROOMS, now_ms: Any = lambda: NOW_MS, **settings: Any) -> Any:
    """A station of these rooms on that wire."""
    kinds = rooms.by_name
    watch = Watch(kinds, wire.ask, cloud="site-7", place=PLACE, now_ms=now_ms, seed=1)
    notes = Notes()
    auth = Auth(auth_url="http://x", password=Password(given=Secret(text="sesame")))

    async def nothing() -> None:
        return None

    async def set_baseline(kind: str) -> None:
        reading = watch.known.reading(kind)
        await notes.set_baseline("uuid-7", reading.by_id, reading.at_ms)

    async def discover(name: str) -> None:
        raise NotConfigured(f"no kubeconfig, so nobody can say what {name} is")

    return SimpleNamespace(
        lookout=SimpleNamespace(discover=discover, has_cluster=True),
        set_baseline=set_baseline,
        ask_again=lambda kind, parent, _row: watch.read_now(kind, parent),
        start=nothing,
        remember=nothing,
        key="uuid-7",
        run=watch.run,
        open=open_here,
        watch=watch,
        acts=Acts(watch, wire, notes, kinds, now_ms, lambda _deed: None),
        store=notes,
        settings=CloudSettings(name="site-7", auth=auth, **settings),
        close=nothing,
    )


def console(
    wire: Wire,
    *,
    rooms: Rooms = ROOMS,
    now_ms: Any = lambda: NOW_MS,
    is_away: bool = True,
    **settings: Any,
) -> StxApp:
    """A console whose station is there at once, or with ``is_away`` where ``wire`` only fails."""

    async def opener() -> Any:
        if is_away and wire.error is not None and not wire.bodies:
            raise wire.error
        return station(wire, rooms, now_ms, **settings)

    return StxApp(None, opener, rooms=rooms, now_ms=now_ms, place=PLACE)


def screen_text(app: StxApp) -> List[str]:
    """What stands on the screen, row by row."""
    width, height = app.size
    strips = app.screen._compositor.render_strips(app.size)
    return ["".join(segment.text for segment in strip)[:width] for strip in strips[:height]]


async def until(pilot: Any, is_so: Any, within_s: float = 60.0) -> None:
    """Wait until something is so; fails after ``within_s``."""
    ends = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < ends, "\n".join(screen_text(pilot.app))
        await pilot.pause(0.01)
