"""What the commands share: which cloud is meant, where its record is, who is asked for what."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Awaitable, Callable, Optional, Sequence, Tuple, TypeVar

from backend.called import named
from backend.clean import clean
from backend.errors import Missing, NotConfigured, Refused, SettingsError, Untrusted
from backend.folders import record_file, seen_file, store_url
from backend.kind import Command, Derived
from backend.kinds import every_kind, kind_named, kind_there
from backend.place import find_place
from backend.plan import HERE
from backend.settings import CloudSettings, Settings, alone, load
from backend.units import system_ms

if TYPE_CHECKING:
    from backend.kind import Kind, Row
    from backend.known import Known
    from backend.lookout import Lookout
    from backend.station import Station
    from backend.store.store import Store

T = TypeVar("T")


NOTHING_SET = "no cloud is set up: there is no clouds.yaml, and no openrc was sourced"
WHAT_TO_DO = """\
on a controller: source /etc/platform/openrc; elsewhere write ~/.config/stx-tui/clouds.yaml
         this machine alone: stx-tui --cloud here; a pretend cloud: stx-tui demo"""


def cloud_settings(arguments: argparse.Namespace) -> CloudSettings:
    """Return the settings of the cloud that is meant; raises ``SettingsError`` in words."""
    meant = _meant(arguments.cloud)
    return replace(meant, read_only=meant.read_only or bool(arguments.read_only))


def _meant(cloud: Optional[str]) -> CloudSettings:
    """Return the settings of that cloud, or of none: then the machine one sits on is looked at."""
    place = find_place()
    found = load(cloud=cloud) if cloud != HERE else None
    if found is None or (place.is_starlingx and not found.clouds):
        return alone(place.hostname or HERE)
    if found.default is None:
        raise _none_meant(found)
    return found.default


def with_password(settings: CloudSettings, kind: Optional[Kind[Any]] = None) -> CloudSettings:
    """Return settings that can log in: a password that is nowhere is asked for.

    Who looks at a ``kind`` that needs none is not asked, and gives none. Raises ``NotConfigured``
    where there is no terminal to ask on.
    """
    if not settings.needs_password:
        return settings
    if kind is not None and not asks_cloud(kind):
        return replace(settings, auth=None)
    if not sys.stdin.isatty():
        raise NotConfigured(
            f"no password for {settings.name} is known, and there is no terminal to ask on",
            "set OS_PASSWORD, password_command, or a password_file of mode 0600",
        )
    return settings.with_password(_typed(settings, ""))


def or_alone(settings: CloudSettings) -> CloudSettings:
    """Return settings that can log in, or of this machine alone where nothing was typed.

    Raises ``NotConfigured`` where there is no terminal to ask on.
    """
    if not (settings.needs_password and sys.stdin.isatty()):
        return with_password(settings)
    typed = _typed(settings, " (Enter alone: look at the machines only)")
    return settings.with_password(typed) if typed else replace(settings, auth=None)


def _typed(settings: CloudSettings, hint: str) -> str:
    user = settings.auth.username if settings.auth else ""
    return getpass.getpass(f"password of {user} at {settings.name}{hint}: ")


def asks_cloud(kind: Kind[Any]) -> bool:
    """Whether somebody has to log in to see that kind."""
    if isinstance(kind.read, Derived):
        return not kind.read.alone
    return not isinstance(kind.read, Command)


def the_kind(name: str) -> Kind[Any]:
    """Return the kind of that name; raises ``Missing`` with names that are near."""
    kind = kind_named(name)
    if kind is not None:
        return kind
    import difflib

    near = difflib.get_close_matches(name, [kind.name for kind in every_kind()], n=3)
    advice = f"did you mean {', '.join(near)}?" if near else "stx-tui kinds lists them"
    raise Missing(f"there is no kind {name!r}", advice)


def the_kind_there(name: str, settings: CloudSettings) -> Kind[Any]:
    """Return the kind of that name, declared or known to the cluster alone; raises ``Missing``.

    Of several of that name it is the first that this cloud can tell of.
    """
    try:
        return kind_there(name, settings.has) or the_kind(name)
    except Missing:
        if not settings.kubeconfig:
            raise
        found = asyncio.run(_discovered(name, settings))
        if found is None:
            raise
        return found


async def _discovered(name: str, settings: CloudSettings) -> Optional[Kind[Any]]:
    from backend.lookout import Lookout

    lookout = Lookout(replace(settings, auth=None), place=find_place(), now_ms=system_ms)
    try:
        return await trusting(lookout, lambda: lookout.discover(name))
    finally:
        await lookout.close()


def the_row(kind: Kind[Any], rows: Sequence[Row], name: str, known: Known) -> Row:
    """Return the row of that name or id; raises ``Missing``, ``Refused`` where several are."""
    found: Tuple[Row, ...] = named(kind, rows, name, known)
    if not found:
        raise Missing(f"there is no {kind.singular} {name!r}")
    if len(found) > 1:
        ids = ", ".join(kind.id(row) for row in found)
        raise Refused(f"{len(found)} {kind.name} are called {name!r}", f"name one by its id: {ids}")
    return found[0]


def open_station(arguments: argparse.Namespace, settings: CloudSettings) -> Station:
    """Return a station on the record that is meant; nothing is asked yet."""
    from backend.station import Station

    store = open_store(arguments, settings)
    return Station(settings, store=store, place=find_place(), now_ms=system_ms)


def open_store(arguments: argparse.Namespace, settings: CloudSettings) -> Store:
    """Return the record that is meant; of a shared one a copy is kept for the first look."""
    from backend.store.store import Store

    url = store_url(settings, arguments.store or "")
    copy = seen_file(url) if record_file(url) is None else None
    return Store(url, now_ms=system_ms, kinds=every_kind(), copy=copy)


async def leave(station: Station) -> None:
    """Close the station, and say on stderr what became of the record meanwhile."""
    await station.close()
    for notice in station.store.notices:
        print(f"stx-tui: {clean(notice)}", file=sys.stderr)


async def trusting(lookout: Lookout, ask: Callable[[], Awaitable[T]]) -> T:
    """Ask; where a certificate is new, show it once as ssh does, and ask again if it is accepted.

    Raises ``Untrusted`` where there is no terminal, or it was not accepted, or it changed.
    """
    try:
        return await ask()
    except Untrusted as error:
        if error.pinned or not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise
        print(f"{clean(str(error))}\n{clean(error.advice)}", file=sys.stderr)
        print("type yes to accept it from now on: ", end="", file=sys.stderr, flush=True)
        if sys.stdin.readline().strip() != "yes":
            raise
        lookout.accept(error)
        return await ask()


async def begin(station: Station, *, needs_cloud: bool = True) -> None:
    """Start a station; raises why its cloud cannot be asked, where that is needed."""

    async def start() -> None:
        error = await station.start()
        if error is not None and needs_cloud:
            raise error

    await trusting(station.lookout, start)


def _none_meant(found: Settings) -> SettingsError:
    if found.clouds:
        names = ", ".join(sorted(found.clouds))
        return SettingsError("several clouds are set up", f"name one with --cloud: {names}")
    return SettingsError(NOTHING_SET, WHAT_TO_DO)
