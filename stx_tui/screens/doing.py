"""What a key of a listing asks of the station; each function returns what to say of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Optional, Tuple

from textual.screen import Screen

from backend.deed import Deed
from backend.edits import TextForm
from backend.errors import Refused, StxError
from backend.kind import Action, Kind, Nothing, Risk, Row
from backend.preview import Preview
from backend.streams import Logs
from backend.twin import twins_of
from stx_tui.panes.text import safe
from stx_tui.terminal import far

if TYPE_CHECKING:
    from backend.station import Station
    from stx_tui.app import StxApp

# What the console is opened for: a kind, an action of it, and the name of a row.
Begin = Tuple[str, str, str]

NOT_OPEN = "not connected yet: what is shown is remembered"


def offer_acts(console: StxApp, kind: Kind[Any], row_ids: Tuple[str, ...], of: str = "") -> str:
    """Open what can be done with these rows, and under the parent of that id."""
    from stx_tui.screens.actions import ActionsScreen

    if console.station is None:
        return _not_open(console)
    kind, row_ids = _meant(console, kind, row_ids)
    console.push_screen(ActionsScreen(kind, row_ids, of))
    return ""


def _meant(
    console: StxApp, kind: Kind[Any], row_ids: Tuple[str, ...]
) -> Tuple[Kind[Any], Tuple[str, ...]]:
    """Return what is to be acted on: of rows that only point, as on a map, what they point to."""
    if kind.actions or kind.jump is None:
        return kind, row_ids
    rows = [console.known.find(kind.name, row_id)[0] for row_id in row_ids]
    jumps = [kind.jump(row, console.known) for row in rows if row is not None]
    ids = tuple(dict.fromkeys(jump.id for jump in jumps if jump is not None))
    kinds = {jump.kind for jump in jumps if jump is not None}
    there = console.rooms.kind(kinds.pop()) if len(kinds) == 1 and all(ids) else None
    return (kind, row_ids) if there is None or not there.actions else (there, ids)


def why_not(console: StxApp, kind: Kind[Any], row_id: str) -> str:
    """Open what would refuse each action on a row."""
    from stx_tui.screens.whynot import WhyNotScreen

    kind, (row_id,) = _meant(console, kind, (row_id,))
    if not any(not action.on_kind for action in kind.actions):
        return f"nothing can be done with {kind.name} from here"
    console.push_screen(WhyNotScreen(kind, row_id))
    return ""


def compare(console: StxApp, kind: Kind[Any], row: Row) -> str:
    """Open what differs between a row and its twin: of what can be fetched whole, all of it."""
    from stx_tui.screens.twin import TwinScreen
    from stx_tui.screens.wholediff import WholeDiffScreen

    twins = twins_of(kind, row, console.known)
    if not twins:
        return f"there is no {kind.singular} that this one should be like"
    if kind.whole is not None:
        console.push_screen(WholeDiffScreen(kind, kind.id(twins[0]), kind.id(row)))
        return ""
    console.push_screen(TwinScreen(kind, kind.id(row), kind.id(twins[0])))
    return ""


def act(console: StxApp, kind: Kind[Any], action: Action[Any], row_ids: Tuple[str, ...]) -> str:
    """Ask to confirm an action; what harms nobody and asks nothing is done at once."""
    from stx_tui.screens.act import ActScreen

    station = console.station
    if station is None:
        return _not_open(console)
    if action.is_edit and (action.on_kind or len(row_ids) == 1):
        return open_text(console, kind, action, row_ids)
    if action.form is Nothing:
        try:
            preview = station.acts.preview(kind, action, row_ids, Nothing())
        except Refused as error:
            return str(error)
        if preview.risk is Risk.HARMLESS and not preview.blocked and not preview.wants:
            console.run_worker(_do(console, station, preview), name=preview.title, group="act")
            return ""
    console.push_screen(ActScreen(kind, action.name, row_ids))
    return ""


def open_text(
    console: StxApp, kind: Kind[Any], action: Action[Any], row_ids: Tuple[str, ...]
) -> str:
    """Open the text that an action is filled by: a file's, one of its own, or the row's whole."""
    from stx_tui.screens.create import CreateScreen
    from stx_tui.screens.textform import TextFormScreen

    if action.on_kind:
        console.push_screen(CreateScreen(kind, action))
    elif issubclass(action.form, TextForm):
        console.push_screen(TextFormScreen(kind, action, row_ids))
    else:
        return open_whole(console, kind, row_ids[0])
    return ""


def open_whole(console: StxApp, kind: Kind[Any], row_id: str) -> str:
    """Open a row whole, as its service has it."""
    from stx_tui.screens.whole import WholeScreen

    if kind.whole is None:
        return f"{kind.name} have no other text than what is shown"
    if console.station is None:
        return _not_open(console)
    if row_id:
        console.push_screen(WholeScreen(kind, row_id))
    return ""


def open_logs(
    console: StxApp, kind: Optional[Kind[Any]], row: Optional[Any], at_ms: Optional[int] = None
) -> str:
    """Open the logs that tell of a row, at its own moment or at ``at_ms``."""
    if row is None:
        return "there is no row to see the logs of"
    if kind is None or kind.logs is None:
        name = kind.singular if kind is not None else "row"
        return f"no log is known to tell of a {name}; :logs lists all that are here"
    if all(console.known.has(name) for name in kind.logs_needs):
        _open_logs(console, kind.logs(row, console.known), at_ms)
        return ""
    console.run_worker(_read_and_open(console, kind, row, at_ms), name="logs", group="logs")
    return f"asking which logs tell of {kind.name_of(row)} ..."


async def _read_and_open(console: StxApp, kind: Kind[Any], row: Any, at_ms: Optional[int]) -> None:
    """Read what tells which logs there are, and open them."""
    station = console.station
    if kind.logs is None:
        return
    watch = station.watch if station is not None else None
    readings = [await watch.read_now(name) for name in kind.logs_needs] if watch else []
    error = next((one.error for one in readings if one.error is not None), None)
    logs = kind.logs(row, console.known)
    if error is not None and not logs.streams:
        console.say(str(error))
    else:
        _open_logs(console, logs, at_ms)


def _open_logs(console: StxApp, logs: Logs, at_ms: Optional[int]) -> None:
    if logs.streams:
        console.open_logs(logs if at_ms is None else replace(logs, at_ms=at_ms))
    else:
        console.say(f"nothing writes a log for {logs.of or 'it'}")


def open_logs_of_deed(console: StxApp, deed: Optional[Deed]) -> str:
    """Open what the platform wrote of a deed, from when it was sent."""
    from backend.kinds.log_places import of_deed

    if deed is None:
        return "nothing is known of this deed"
    console.open_logs(of_deed(deed, console.known))
    return ""


async def _do(console: StxApp, station: Station, preview: Preview) -> None:
    if preview.opens is not None:
        console.say(f"{preview.title}: opening ...")
        console.say(await open_session(console, preview, typed="", why=""))
        return
    try:
        deeds = await station.acts.do(preview, typed="", why="")
    except StxError as error:
        console.say(str(error))
    else:
        console.say(f"{preview.title}: {', '.join(map(_said, deeds))}")


async def begin(console: StxApp, station: Station, what: Begin) -> None:
    """Ask for an action on a row as soon as that is known, as if its key had been pressed."""
    kind_name, action_name, name = what
    kind = console.rooms.kind(kind_name)
    action = kind.action(action_name) if kind is not None else None
    if kind is None or action is None:
        console.say(f"there is nothing here that has a {action_name}")
        return
    for needed in ("", "hosts"):
        # Who is known to nobody else may be known to sysinv.
        if needed:
            await station.watch.read_now(needed)
        reading = await station.watch.read_now(kind.name)
        row = kind.find(reading.rows, name)
        if row is not None:
            console.say(act(console, kind, action, (kind.id(row),)))
            return
    console.say(f"there is no {kind.singular} {safe(name)!r}")


async def open_session(
    console: StxApp,
    preview: Preview,
    *,
    typed: str,
    why: str,
    dialog: Optional[Screen[Any]] = None,
) -> str:
    """Open the session that ``preview`` ends in, on the whole screen; return why not, or nothing.

    It takes the place of ``dialog`` where that is still there.
    """
    from stx_tui.screens.session import SessionScreen

    assert preview.opens is not None
    assert console.station is not None
    try:
        deed, channel = await console.station.acts.open(preview, typed=typed, why=why)
    except StxError as error:
        return "; ".join(filter(None, (str(error), error.advice)))
    screen = SessionScreen(deed, channel, preview.opens.size)
    if dialog is not None and dialog.is_current:
        console.switch_screen(screen)
    else:
        console.push_screen(screen)
    return ""


def _said(deed: Deed) -> str:
    return f"{deed.outcome.value} {deed.answer}".strip()


def ask_again(console: StxApp, kind: Kind[Any], parent: str, row: str = "") -> str:
    """Read a kind now; ``row`` is the one whose page it is asked on."""
    if console.station is None:
        return _not_open(console)
    console.run_worker(console.station.ask_again(kind.name, parent, row), name="read")
    return f"asking for {kind.name} ..."


def set_baseline(console: StxApp) -> str:
    """From now on, what comes is new."""
    name = console.rooms.baseline_of
    if console.station is None:
        return _not_open(console)
    if not console.known.has(name):
        return f"{name} were not read yet"
    console.run_worker(_set_baseline(console, console.station), name="baseline")
    return ""


async def _set_baseline(console: StxApp, station: Station) -> None:
    try:
        await station.set_baseline(console.rooms.baseline_of)
    except StxError as error:
        console.say(str(error))
    else:
        console.say("from now on, what comes is new")


def copy(console: StxApp, command: str) -> str:
    """Give a command to the terminal's clipboard where it is known to have one, and show it."""
    driver = far(console)
    if driver is not None and driver.profile.abilities.clipboard:
        console.copy_to_clipboard(command)
        return f"copied: {command}"
    return command


def _not_open(console: StxApp) -> str:
    return console.trouble.text if console.trouble is not None else NOT_OPEN
