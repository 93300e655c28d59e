"""From one screen to another: to a kind by its name, to a row, to an area."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backend.called import named
from backend.clean import clean
from backend.errors import NotConfigured, StxError
from backend.figure import Jump
from backend.kind import Kind
from stx_tui.rooms import Rooms
from stx_tui.screens.listing import ListingScreen

if TYPE_CHECKING:
    from backend.station import Station
    from stx_tui.app import StxApp


def no_kind(name: str, rooms: Rooms) -> str:
    """Return what is said of a name that means nothing here, with what was perhaps meant."""
    from backend.kinds import kind_named
    from backend.lookout import WHERE_TO_SET

    meant = kind_named(name)
    if meant is not None:
        return f"nothing set here knows {meant.name}: {WHERE_TO_SET}"
    near = " or ".join(rooms.near(name))
    return f"there is no kind {clean(name)!r}; {f'{near}?' if near else ': and Tab lists them'}"


def go(console: StxApp, name: str, row: str) -> str:
    """List the kind of that name, or open the row of it; return why not, or nothing."""
    rooms = console.rooms
    kind = rooms.kind(name) or next(map(rooms.kind, rooms.named(name)), None)
    station = console.station
    if kind is None and station is not None and station.lookout.has_cluster and name:
        asking = _discover(console, station, name, row)
        console.run_worker(asking, name="discover", group="go")
        return f"asking the cluster for {clean(name)!r} ..."
    if kind is None:
        return no_kind(name, rooms)
    if not row or not console.known.has(kind.name):
        _list(console, kind)
        return ""
    found = named(kind, console.known.rows(kind.name), row, console.known)
    if not found:
        return f"no {kind.singular} {clean(row)!r} is known"
    return open_jump(console, Jump(kind=kind.name, id=kind.id(found[0])))


async def _discover(console: StxApp, station: Station, name: str, row: str) -> None:
    """Go to a kind that only the cluster knows."""
    from backend.kinds.kube_discovered import BESIDE

    try:
        kind = await station.lookout.discover(name)
    except NotConfigured:
        console.say(no_kind(name, console.rooms))
        return
    except StxError as error:
        console.say(f"{error}. {error.advice}".strip())
        return
    if kind is None:
        console.say(no_kind(name, console.rooms))
        return
    console.rooms = console.rooms.with_kind(kind, BESIDE)
    console.say(go(console, kind.name, row))


def open_jump(console: StxApp, jump: Jump) -> str:
    """Open a row, or the list of its kind; return why not, or nothing."""
    kind = console.rooms.kind(jump.kind)
    if kind is None:
        return f"there is no kind {clean(jump.kind)!r}"
    if not jump.id:
        _list(console, kind)
        return ""
    from stx_tui.screens.detail import DetailScreen

    console.push_screen(DetailScreen(kind, jump.id))
    return ""


def _list(console: StxApp, kind: Kind[Any]) -> None:
    """Go back to the list of a kind, or open it on top."""
    for screen in console.screen_stack:
        if isinstance(screen, ListingScreen) and screen.kind is kind and not screen.of:
            with console.lock.aside():
                while console.screen is not screen:
                    console.pop_screen()
            return
    console.push_screen(ListingScreen(kind))


async def to_area(console: StxApp, digit: str) -> None:
    """Go to the first list of an area."""
    area = console.rooms.area(digit)
    if area is None:
        return
    while len(console.screen_stack) > 1:
        await console.pop_screen()
    bottom = console.screen
    if isinstance(bottom, ListingScreen) and bottom.kind is area.kinds[0] and not bottom.of:
        bottom.give_back()
    elif isinstance(bottom, ListingScreen):
        bottom.list(area.kinds[0])
