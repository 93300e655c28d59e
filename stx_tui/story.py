"""The demo's past: a fortnight of a pretend site, really lived through by the library's own door.

Nothing is written into the record by hand: the pretend clock is driven, acts are previewed, sent
and followed as anybody's, so that times, deeds and changes are what the console would have seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from types import MappingProxyType
from typing import Awaitable, Callable, Sequence, Tuple

from backend.kind import Nothing
from backend.kinds import kind_named
from backend.place import Phase, Place
from backend.station import Station

STEP_S = 10
# How long after an act it is still looked at, in seconds: a host that never comes back ends it.
MOST_S = 3600


def place_in(system_type: str, system_mode: str) -> Place:
    """Return where one sits in the demo: at the active controller of a system of that sort."""
    is_all_in_one = system_type.casefold().startswith("all-in-one")
    return Place(
        hostname="controller-0",
        user="sysadmin",
        terminal="ttyS0",
        platform=MappingProxyType(
            {
                "nodetype": "controller",
                "subfunction": "controller,worker" if is_all_in_one else "controller",
                "system_type": system_type,
                "system_mode": system_mode,
            }
        ),
        phase=Phase.CONFIGURED,
        is_active=True,
        is_pretend=True,
    )


PLACE = place_in("All-in-one", "duplex")

Advance = Callable[[float], Awaitable[None]]


@dataclass(frozen=True)
class Chapter:
    """One act of the past: when (UTC), what, to whom, why, and whether it is over by the end."""

    at: datetime
    action: str
    host: str
    why: str


def _at(day: int, hour: int, minute: int, second: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, second, tzinfo=timezone.utc)


CHAPTERS: Tuple[Chapter, ...] = (
    Chapter(at=_at(8, 3, 0), action="lock", host="controller-1", why="BIOS update"),
    Chapter(at=_at(8, 3, 20), action="unlock", host="controller-1", why="BIOS update"),
    Chapter(at=_at(12, 2, 0), action="lock", host="controller-1", why="ticket 4655, new NIC"),
    Chapter(at=_at(12, 2, 30), action="unlock", host="controller-1", why="ticket 4655, new NIC"),
    Chapter(at=_at(17, 3, 10), action="lock", host="controller-1", why="cfg change NTP"),
    Chapter(at=_at(17, 3, 15), action="unlock", host="controller-1", why="cfg change NTP"),
    Chapter(
        at=_at(19, 2, 41), action="lock", host="worker-1", why="DIMM A4 ordered, do not unlock"
    ),
    Chapter(at=_at(21, 2, 31), action="lock", host="controller-1", why="cfg change DNS"),
    Chapter(at=_at(21, 2, 35, 7), action="unlock", host="controller-1", why="cfg change DNS"),
)
NOW = _at(21, 2, 41, 20)


async def live(
    station: Station,
    now_ms: Callable[[], int],
    advance: Advance,
    chapters: Sequence[Chapter] = CHAPTERS,
    now: datetime = NOW,
) -> None:
    """Live through the chapters, up to the moment ``now`` (the demo begins in NOW)."""
    await station.start()
    for chapter in chapters:
        await advance(chapter.at.timestamp() - now_ms() / 1000)
        await _look(station)
        await _act(station, chapter)
        await _follow(station, now_ms, advance, now)
    await _follow(station, now_ms, advance, now)
    await advance(max(now.timestamp() - now_ms() / 1000, 0.0))
    await _look(station)


async def _look(station: Station, *names: str) -> None:
    if station.lookout.cloud.settings.ceph_way is not None:
        # What was asked a moment ago by our clock was asked days ago by the pretend one.
        station.lookout.cloud.ceph.forget()
    for name in names or ("hosts", "alarms", "events", "ceph", "ceph-osds"):
        # Not every stage has a cluster and its Ceph.
        if name in station.lookout.kinds:
            await station.watch.read_now(name)
    await station.settled()


async def _act(station: Station, chapter: Chapter) -> None:
    kind = kind_named("hosts")
    assert kind is not None
    action, row = (
        kind.action(chapter.action),
        kind.find(station.watch.known.rows("hosts"), chapter.host),
    )
    assert action is not None
    assert row is not None
    preview = station.acts.preview(kind, action, [kind.id(row)], Nothing())
    preview = await station.acts.ask_again(preview)
    await station.acts.do(preview, typed=preview.wants, why=chapter.why)


async def _follow(
    station: Station, now_ms: Callable[[], int], advance: Advance, now: datetime
) -> None:
    """Look every ten pretend seconds until the act is over, or ``now`` has come."""
    ends_ms = min(now_ms() + MOST_S * 1000, round(now.timestamp() * 1000))
    while station.watch.known.running() and now_ms() < ends_ms:
        await advance(min(STEP_S, (ends_ms - now_ms()) / 1000))
        await _look(station, "hosts", "alarms", "service-groups")
