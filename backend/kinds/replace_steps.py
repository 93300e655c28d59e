"""The order in which a disk or a host is replaced, and how far it is, by what is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, List, Mapping, Optional, Tuple

from backend.figure import Jump, Line, Lines
from backend.kinds.host import Host
from backend.kinds.host_edits import kin, was_read
from backend.kinds.osd_acts import backend_of
from backend.kinds.replace_equal import making, makings
from backend.kinds.replace_record import differences, serial_at, things
from backend.known import Known
from backend.tone import Tone
from backend.units import counted, when

# From how much of a disk on it counts as not empty, in MiB.
_TABLE_MIB = 64


@dataclass(frozen=True)
class Stage:
    """One step: what is to be done, whether it is, and where one does it."""

    words: str
    is_done: bool
    jump: Optional[Jump] = None
    note: str = ""


def host_of(of: Mapping[str, Any], known: Known) -> Optional[Host]:
    """Return the host as it is now, whatever its id became; None where there is none."""
    rows = known.rows("hosts")
    return next((row for row in rows if row.name == of["host"]), None)


def stages(of: Mapping[str, Any], known: Known) -> List[Stage]:
    """Return all steps in their order."""
    host = host_of(of, known)
    last = differences(of, host, known)
    began = f"by {of['by']} {when(int(of['at_ms']), known.now_ms)}"
    found = [Stage(f"recorded: {_recorded(of)}", True, note=began)]
    middle = _of_disk(of, host, known) if of["what"] == "disk" else _of_host(of, host, known)
    found += middle
    is_changed = all(one.is_done for one in middle)
    can = "E makes what can be made now" if makings(of, host, known) else "see what differs"
    note = f"{len(last)} differ; {can}" if last else ""
    # Before anything was pulled it is as recorded, and nothing is done yet.
    found.append(Stage("make it as it was recorded", is_changed and not last, note=note))
    at = None if host is None else Jump(kind="hosts", id=host.uuid)
    serves = host is not None and not host.is_locked and host.operational == "enabled"
    found.append(Stage(f"unlock {of['host']}", is_changed and serves and not last, jump=at))
    return found


def _recorded(of: Mapping[str, Any]) -> str:
    # Kinds are called by their plurals.
    counts = [
        counted(len(rows), kind.replace("-", " ")[:-1])
        for kind, rows in of["things"].items()
        if rows
    ]
    return ", ".join(counts) or "nothing is on it"


def _of_disk(of: Mapping[str, Any], host: Optional[Host], known: Known) -> List[Stage]:
    place, name = str(of["place"]), of["host"]
    was, now = str(of["serials"].get(place) or ""), serial_at(host, place, known)
    is_new = bool(now) and now != was
    at = None if host is None else Jump(kind="hosts", id=host.uuid)
    found: List[Stage] = []
    for osd in of["things"].get("osds", {}):
        words = f"ask Ceph whether the OSD at {osd} may stop, and set noout"
        flags = {row.name for row in known.rows("ceph-flags") if row.is_set}
        found.append(Stage(words, is_new or "noout" in flags, Jump(kind="ceph-flags")))
    if backend_of(known) == "ceph-rook" and of["things"].get("osds"):
        here = things(host, known, place).get("osds", {}) if host is not None else {}
        is_out = host is not None and was_read(known, "osds", host) and not here
        found.append(Stage(
            f"delete the OSD at {place}: Rook takes it out when rook-ceph is applied again",
            is_new or is_out, Jump(kind="osds")))  # fmt: skip
    is_locked = host is not None and host.is_locked
    found.append(Stage(f"lock {name}", is_new or is_locked, at))
    found.append(Stage(
        f"light its slot, and pull the disk of serial {was or 'unknown'} at {place} of {name}",
        is_new, Jump(kind="disks"), note="L on the disk; I on the server where there is no LED of "
        "the slot"))  # fmt: skip
    note = f"serial {now} is there now" if is_new else "the same is there as before"
    found.append(Stage("put the new one in the same slot", is_new, note=note))
    found.append(_emptied(of, host, known, is_new=is_new))
    return found


def _emptied(of: Mapping[str, Any], host: Optional[Host], known: Known, *, is_new: bool) -> Stage:
    """Return the step of wiping what came with the new disk, if anything did."""
    place = str(of["place"])
    disk = next((one for one in kin(known, "disks", host)
                 if str(one.device_path or "").endswith(f"/{place}")), None)  # fmt: skip
    used = 0 if disk is None else (disk.size_mib or 0) - (disk.available_mib or 0)
    small = disk is not None and (disk.size_mib or 0) < (of.get("size_mib") or 0)
    note = "IT IS SMALLER than the one before" if small else "it looks empty"
    # What was made on it since, as it was recorded, is no reason to wipe it.
    is_ours = not differences(of, host, known)
    is_empty = used <= _TABLE_MIB or is_ours
    note = note if is_empty or small else "something is on it: W on the disk wipes it"
    jump = Jump(kind="disks", id=disk.uuid) if disk is not None else None
    return Stage("wipe it, where it is not new", is_new and is_empty, jump, note=note)


def _of_host(of: Mapping[str, Any], host: Optional[Host], known: Known) -> List[Stage]:
    name = of["host"]
    is_new = host is not None and host.uuid != of["host_uuid"]
    is_gone = known.has("hosts") and host is None
    at = None if host is None else Jump(kind="hosts", id=host.uuid)
    past = is_new or is_gone
    locked = past or (host is not None and host.is_locked)
    serials = ", ".join(filter(None, of["serials"].values()))
    online = is_new and host is not None and host.availability in ("online", "available")
    return [
        Stage(f"lock {name}", locked, at),
        Stage(f"delete {name} from the system: it is powered off by hand after it", past, at),
        Stage("light its LED, and pull it", past, Jump(kind="servers", id=name),
              note=f"its disks: {serials}" if serials else ""),
        Stage("put the new one in, its first boot from the network of management", is_new,
              Jump(kind="hosts")),
        Stage(f"give it the name {name} and be a {of['personality']}; it is online", online, at),
    ]  # fmt: skip


def next_of(of: Mapping[str, Any], known: Known) -> Optional[Stage]:
    """Return the first step that is not done, None where all are."""
    return next((one for one in stages(of, known) if not one.is_done), None)


def steps_figure(of: Mapping[str, Any], known: Known) -> Lines:
    """Return the steps: what is done, what is next, what comes."""
    lines: List[Line] = []
    is_next = True
    for number, one in enumerate(stages(of, known), 1):
        word = "done" if one.is_done else "NEXT" if is_next else ""
        is_next = is_next and one.is_done
        tone = Tone.GOOD if one.is_done else Tone.BUSY if word else Tone.PLAIN
        lines.append(Line(heading=word, text=f"{number} {one.words}", tone=tone, jump=one.jump))
        if one.note and (word == "NEXT" or number == 1):
            lines.append(Line(text=f"  {one.note}"))
    return Lines(lines=tuple(lines))


def differences_figure(of: Mapping[str, Any], known: Known) -> Lines:
    """Return what is not as it was recorded, each with how it is made again."""
    host = host_of(of, known)
    if host is None:
        return Lines(lines=(Line(text=f"there is no {of['host']} now"),))
    found = differences(of, host, known)
    if not found:
        return Lines(lines=(Line(text="all that was recorded is as it was", tone=Tone.GOOD),))
    lines: List[Line] = []
    for one in found:
        made = making(one, host, known)
        lines.append(Line(text=one.words, tone=Tone.WARN, jump=Jump(kind=one.kind)))
        lines.append(Line(text=f"  {_how(made, host, known)}"))
    return Lines(lines=tuple(lines))


def _how(made: Any, host: Host, known: Known) -> str:
    if made is None:
        return f"by hand: it waits for what it stands on, or {host.name} has it of itself"
    commands: Tuple[Any, ...] = tuple(step.write.command for step in made.steps(known))
    return " ".join(map(str, commands[0])) if commands else made.action.words
