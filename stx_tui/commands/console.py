"""``stx-tui`` alone: the console, on the terminal that is really there."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from typing import TYPE_CHECKING, Awaitable, Callable, Optional

from backend.errors import Refused, StoreError
from backend.folders import seen_file, store_url
from backend.store.glance import Glance, glance
from backend.units import system_ms
from stx_tui.commands.desk import (
    cloud_settings,
    open_station,
    or_alone,
)
from stx_tui.rooms import all_rooms
from stx_tui.terminal.profile import Options, Profile, detect

if TYPE_CHECKING:
    from backend.place import Place
    from backend.settings import CloudSettings
    from backend.station import Station
    from stx_tui.screens.doing import Begin

# What the first screens show; the rest is read from the record when somebody goes there.
FIRST = ("system", "hosts", "alarms")


def run(arguments: argparse.Namespace) -> int:
    """Open the console; with --plain, or where there is no screen, its numbered menus."""
    settings = or_alone(cloud_settings(arguments))
    seen = last_seen(arguments, settings)

    async def opener() -> Station:
        station = open_station(arguments, settings)
        await station.start(is_visit=True)
        return station

    return show(arguments, settings, seen, opener, begin=begin_of(arguments))


def begin_of(arguments: argparse.Namespace) -> Optional[Begin]:
    """Return what ``stx-tui console NAME`` asks for; raises ``Refused`` where no screen is."""
    name = getattr(arguments, "server", "")
    if not name:
        return None
    if arguments.plain or os.environ.get("TERM", "dumb") == "dumb" or not sys.stdout.isatty():
        raise Refused("a serial console needs a screen of its own", "not --plain, not TERM=dumb")
    return "servers", "console-take-over" if arguments.take_over else "console", name


def show(
    arguments: argparse.Namespace,
    settings: CloudSettings,
    seen: Glance,
    opener: Callable[[], Awaitable[Station]],
    now_ms: Callable[[], int] = system_ms,
    place: Optional[Place] = None,
    begin: Optional[Begin] = None,
) -> int:
    """Show the console on ``opener``'s station until it is left; ``place`` is where one sits."""
    rooms = all_rooms(
        settings.has,
        is_alone=settings.auth is None and not settings.bmc,
        # With baseboards alone those are what there is to see.
        first="" if settings.auth is not None else "hardware",
    )
    if arguments.plain or os.environ.get("TERM", "dumb") == "dumb" or not sys.stdout.isatty():
        from stx_tui.plain import run as run_plain

        gc.enable()
        return run_plain(opener, seen, rooms=rooms, now_ms=now_ms)
    from stx_tui.app import StxApp
    from stx_tui.terminal import driver_class

    driver = driver_class(profile_of(arguments, settings))
    app = StxApp(
        seen,
        opener,
        driver,
        now_ms=now_ms,
        place=place,
        cloud=settings.name,
        rooms=rooms,
        begin=begin,
    )
    app.run()
    return app.return_code or 0


def profile_of(arguments: argparse.Namespace, settings: CloudSettings) -> Profile:
    """Return the profile of this terminal: as asked, as set, as it is."""
    options = Options(
        line=settings.line if arguments.line is None else arguments.line,
        glyphs=arguments.glyphs or settings.glyphs,
        colour=arguments.colour or settings.colour,
        scrub=arguments.scrub,
    )
    return detect(os.environ, sys.stdout.fileno(), options)


def last_seen(arguments: argparse.Namespace, settings: CloudSettings) -> Glance:
    """Return what the record last knew; a record that can't be read is opened, and said, later."""
    path = seen_file(store_url(settings, arguments.store or ""))
    try:
        found = glance(path, settings.name, FIRST)
    except StoreError:
        return Glance(name=settings.name)
    return found if not found.is_empty else Glance(name=settings.name)
