"""Ceph's flags: what holds back what it would do by itself; who sets one is reminded of it."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Iterable, List, Mapping, Optional, Set, Tuple

from backend.ceph import Answers
from backend.kind import (
    Action,
    Body,
    Ceph,
    CephCommand,
    CephWrite,
    Column,
    Consequence,
    Kind,
    Plan,
    Risk,
    Step,
)
from backend.kinds.ceph import SLOW_S, OfCeph, mapping, said
from backend.kinds.edits import harmless
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone

# What an operator may set, in words: what does not happen while it stands.
FLAGS: Mapping[str, str] = MappingProxyType(
    {
        "noout": "an OSD that is down is not marked out: its data gets no new copy",
        "norebalance": "data is not moved to even out",
        "nobackfill": "data is not moved to where it belongs",
        "norecover": "missing copies are not made",
        "noin": "an OSD that comes back is not taken in",
        "noup": "an OSD that starts does not count as up",
        "nodown": "an OSD that is dead is not marked down: its clients hang",
        "noscrub": "copies are not compared",
        "nodeep-scrub": "data is not read through",
        "nosnaptrim": "deleted snapshots are not freed",
        "notieragent": "cache pools are not flushed",
        "pause": "NOTHING is read or written",
    }
)
# What Ceph sets of itself, and what only says how it works.
_OWN = {"full", "nearfull", "backfillfull"}
# Those that stop or hang who stores on it.
_HARD = {"pause", "nodown", "noup"}
# Ceph writes pause as the two that it is.
_PAUSES = {"pauserd", "pausewr"}


class Flag(OfCeph):
    """A flag of the cluster, or with ``of`` of a host or a class of OSDs."""

    name: str
    of: str = ""
    is_set: bool = False

    @property
    def stops(self) -> str:
        """What does not happen while it stands."""
        return FLAGS.get(self.name, "Ceph set it by itself: OSDs are too full")

    @property
    def called(self) -> str:
        """What people call it."""
        return f"{self.name} of {self.of}" if self.of else self.name


def flag_rows(told: Answers) -> Iterable[Body]:
    """Make rows of ``osd dump``: each flag there is, set or not, and those of a part."""
    one = mapping(said(told, "osd dump"))
    now: Set[str] = {word.strip() for word in str(one["flags"]).split(",")}
    if now & _PAUSES:
        now.add("pause")
    for name in (*FLAGS, *sorted(_OWN & now)):
        yield {"uuid": name, "name": name, "is_set": name in now}
    for key in ("crush_node_flags", "device_class_flags"):
        for of, names in mapping(one.get(key)).items():
            for name in names:
                yield {"uuid": f"{name}/{of}", "name": name, "of": str(of), "is_set": True}


def flags_set(known: Known) -> List[str]:
    """Return the flags that somebody set, as people call them."""
    rows = known.rows("ceph-flags")
    return [row.called for row in rows if row.is_set and row.name not in _OWN]


def reminder(known: Known) -> str:
    """Return what every header says while a flag stands: ``noout SET``."""
    names = flags_set(known)
    return f"{' '.join(names)} SET" if names else ""


def _look(row: Flag, _known: Known) -> Look:
    if not row.is_set:
        return WELL
    tone = Tone.BAD if row.name in _HARD | _OWN else Tone.WARN
    return Look(tone=tone, mark=Mark.BAD, notes=(row.stops,))


def _turn(is_set: bool) -> Any:
    verb = "set" if is_set else "unset"

    def plan(row: Flag, _form: Any, _known: Known) -> Plan:
        if row.of:
            ask = CephCommand.of(f"osd {verb}-group", flags=row.name, who=[row.of])
        else:
            ask = CephCommand.of(f"osd {verb}", key=row.name)
        write = CephWrite(ask, f"{verb} the flag {row.called}")

        def took(known: Known) -> bool:
            now: Optional[Flag] = known.row("ceph-flags", row.uuid)
            return (now is not None and now.is_set) is is_set

        return Plan(steps=(Step(write, took=took),))

    return plan


def _risk(row: Flag, _form: Any, _known: Known) -> Risk:
    return Risk.DESTRUCTIVE if row.name in _HARD else Risk.DISRUPTIVE


def _while_set(row: Flag, _form: Any, _known: Known) -> Tuple[Consequence, ...]:
    tone = Tone.BAD if row.name in _HARD else Tone.WARN
    return (
        Consequence(words=f"while it stands, {row.stops}", tone=tone),
        Consequence(words="it stands until somebody unsets it: every header says so"),
    )


def _is_own(row: Flag) -> bool:
    return row.name in _OWN


_ACTIONS: Tuple[Action[Any], ...] = (
    Action(
        name="set",
        key="S",
        words="Set",
        plan=_turn(is_set=True),
        risk=_risk,
        consequences=_while_set,
        hidden=lambda row, _known: row.is_set or _is_own(row),
        undone_by="unset",
    ),
    Action(
        name="unset",
        key="U",
        words="Unset",
        plan=_turn(is_set=False),
        risk=harmless,
        hidden=lambda row, _known: not row.is_set or _is_own(row),
    ),
)

CEPH_FLAGS: Kind[Flag] = Kind(
    name="ceph-flags",
    singular="ceph-flag",
    model=Flag,
    read=Ceph(commands=(CephCommand.of("osd dump"),), rows=flag_rows),
    label=lambda row: row.called,
    columns=(
        Column(heading="FLAG", value=lambda row: row.called, most=28),
        Column(heading="SET", value=lambda row: "SET" if row.is_set else "no"),
        Column(heading="WHILE IT STANDS", value=lambda row: row.stops, most=70),
    ),
    look=_look,
    sort=lambda row, _known: not row.is_set,
    reminder=reminder,
    actions=_ACTIONS,
    state_fields=("is_set",),
    aliases=("flags", "osd-flags"),
    every_s=SLOW_S,
)
