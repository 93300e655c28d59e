"""The event log of a baseboard over IPMI: read, decoded, and cleared only as it was saved."""

from __future__ import annotations

import time
from typing import Any, Dict, List, Mapping, Set

from pyghmi import exceptions
from pyghmi.ipmi import events

from backend.baseboard import WENT_ON, is_as_saved
from backend.sources.ipmi_sensors import health_word
from backend.sources.ipmi_wire import data_of

Body = Dict[str, Any]

STORAGE, RESERVE, ENTRY, CLEAR = 10, 0x42, 0x43, 0x47
LAST, NONE_THERE = 0xFFFF, 0xCB


class Changed(exceptions.PyghmiException):  # type: ignore[misc]
    """What was to be changed is not what was looked at any more."""


def logged(command: Any) -> List[Body]:
    """Return the events as the baseboard keeps them, oldest first."""
    return [event_body(event) for event in _events(command)]


def clear(command: Any, values: Mapping[str, str]) -> None:
    """Clear the log where it is still what was saved.

    The reservation comes first: a record that is added meanwhile cancels it, and the clearing.
    """
    low, high = data_of(command.raw_command(netfn=STORAGE, command=RESERVE))
    if not is_as_saved([str(event.get("record_id", "")) for event in _events(command)], values):
        raise Changed(WENT_ON)
    said = (low, high, *b"CLR", 0xAA)
    data_of(command.raw_command(netfn=STORAGE, command=CLEAR, data=said))


def _events(command: Any) -> List[Mapping[str, Any]]:
    """Return the events as pyghmi decodes them.

    It would follow records that lead back into themselves for ever: some firmware has such.
    """
    command.oem_init()
    decoder = events.EventHandler(command.init_sdr(), command)
    found: List[Mapping[str, Any]] = []
    seen: Set[bytes] = set()
    at = 0
    while at != LAST:
        asked = (0, 0, at & 0xFF, at >> 8, 0, 0xFF)
        answer = command.raw_command(netfn=STORAGE, command=ENTRY, data=asked)
        if answer.get("code") == NONE_THERE:
            break
        said = bytes(data_of(answer))
        if said[2:4] in seen:
            break
        seen.add(said[2:4])
        at = int.from_bytes(said[:2], "little")
        found.append(decoder._sel_decode(said[2:]))
    events._fix_sel_time(found, command)
    return found


def event_body(event: Mapping[str, Any]) -> Body:
    """Return an event of the log; its instant is by the baseboard's own clock, "" without one."""
    return {
        "record": str(event.get("record_id", "")),
        "timestamp": _utc(str(event.get("timestamp") or "")),
        "sensor": str(event.get("component") or ""),
        "sort": str(event.get("component_type") or ""),
        "event": str(event.get("event") or ""),
        "detail": str(event.get("description") or ""),
        "is_over": bool(event.get("deassertion")),
        "health": health_word(int(event.get("severity") or 0)),
    }


def _utc(local: str) -> str:
    """Return an instant as pyghmi writes it, in this machine's own zone, in UTC."""
    try:
        moment = time.mktime(time.strptime(local[:19], "%Y-%m-%dT%H:%M:%S"))
    except (ValueError, OverflowError):
        return ""
    return time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(moment))
