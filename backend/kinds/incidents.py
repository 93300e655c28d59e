"""Alarms that belong together, as one: what one brings, or what came with it at one place."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Deque, Dict, FrozenSet, Iterator, List, Mapping, Optional, Set, Tuple

from backend.deed import Deed
from backend.figure import Jump, Line, Lines
from backend.kind import Body, Column, Derived, Kind, Row
from backend.kinds.alarm_story import TOGETHER_MS, came_together
from backend.kinds.alarms import NAME, Alarm, expecting, letter, one_line, order, rank, tone, what
from backend.known import Known
from backend.tone import Look, Mark, Tone, Verdict
from backend.units import clock, span, when

# What an alarm brings may come so long after it: a host that fails is missed by Ceph in minutes.
BRINGS_MS = 900_000

_HOST_GONE = frozenset(
    {
        "100.101", "100.103", "100.106", "100.107", "100.108", "100.109", "100.110", "100.111",
        "100.114", "100.119", "200.005", "200.006", "200.009", "200.010", "200.011", "250.001",
        "400.001", "400.002", "400.005", "700.004", "750.003", "800.001", "800.010", "800.011",
        "850.002",
    }
)  # fmt: skip
# Which alarms bring which others: on the same host, or where one of the two is on none.
BRINGS: Mapping[str, FrozenSet[str]] = MappingProxyType(
    {
        "100.106": frozenset({"100.107"}),
        "100.107": frozenset({"400.005", "280.001"}),
        "100.108": frozenset({"100.109", "200.005", "200.009", "400.005"}),
        "100.109": frozenset({"200.004", "200.005", "200.009", "400.002", "400.005"}),
        "100.110": frozenset({"100.111", "200.009"}),
        "100.111": frozenset({"200.009", "400.002", "800.001"}),
        "100.103": frozenset({"200.006"}),
        "100.104": frozenset({"200.006", "400.001", "800.001"}),
        "200.001": frozenset({"250.001", "400.002", "800.001", "800.010", "800.011"}),
        "200.004": _HOST_GONE,
        "200.005": frozenset({"200.004", "200.009", "400.002", "800.001", "800.011"}),
        "200.006": frozenset({"200.004", "400.001", "400.002"}),
        "400.001": frozenset({"400.002"}),
        "800.010": frozenset({"800.001"}),
        "800.011": frozenset({"800.001"}),
    }
)


class Incident(Row):
    """Alarms of one incident: their uuids, the root first, then as they came."""

    id: str
    alarm_id: str
    where: str
    what: str
    severity: str
    began_ms: int
    because: str = ""
    alarms: Tuple[str, ...]


@dataclass
class _Group:
    """An incident as it is put together; ``deed`` is what all of it was expected with."""

    alarms: List[Alarm]
    deed: Optional[Deed] = None
    brought: Set[str] = field(default_factory=set)

    def takes(self, alarm: Alarm, deed: Optional[Deed]) -> bool:
        """Whether an alarm, raised last, belongs to it."""
        if deed is not None or self.deed is not None:
            return deed is self.deed
        return any(brings(one, alarm) for one in self.alarms) or all(
            came_together(one, alarm) for one in self.alarms
        )

    def add(self, alarm: Alarm) -> None:
        for one in self.alarms:
            self.brought |= {two.uuid for two in (one, alarm) if _brings_either(one, alarm, two)}
        self.alarms.append(alarm)

    def root(self) -> Alarm:
        """Return what none of the others brings, the worst of these, then the first."""
        roots = [alarm for alarm in self.alarms if alarm.uuid not in self.brought] or self.alarms
        return min(roots, key=lambda alarm: (rank(alarm.severity), alarm.raised_ms, alarm.uuid))


def brings(cause: Alarm, other: Alarm) -> bool:
    """Whether one alarm is known to bring the other, and did: its place and its time fit."""
    if other.alarm_id not in BRINGS.get(cause.alarm_id, ()):
        return False
    if cause.hostname and other.hostname and cause.hostname != other.hostname:
        return False
    # Both may be told in one breath, in either order.
    return -TOGETHER_MS <= other.raised_ms - cause.raised_ms <= BRINGS_MS


def belong(one: Alarm, other: Alarm) -> bool:
    """Whether two alarms are of one incident, as far as the two alone tell."""
    return came_together(one, other) or brings(one, other) or brings(other, one)


def _brings_either(one: Alarm, other: Alarm, brought: Alarm) -> bool:
    return brings(other, one) if brought is one else brings(one, other)


def groups(known: Known) -> Iterator[_Group]:
    """Yield the incidents of the active alarms, the first to begin first; suppressed left out."""
    rows = (alarm for alarm in known.rows(NAME) if not alarm.is_suppressed)
    by_deed: Dict[int, _Group] = {}
    recent: Deque[_Group] = deque()
    for alarm in sorted(rows, key=lambda alarm: (alarm.raised_ms, alarm.uuid)):
        deed = expecting(alarm, known)
        while recent and alarm.raised_ms - recent[0].alarms[-1].raised_ms > BRINGS_MS:
            yield recent.popleft()
        mine = by_deed.get(id(deed)) if deed is not None else None
        if deed is None:
            mine = next((group for group in recent if group.takes(alarm, None)), None)
        if mine is not None:
            mine.add(alarm)
            continue
        mine = _Group(alarms=[alarm], deed=deed)
        if deed is not None:
            by_deed[id(deed)] = mine
        else:
            recent.append(mine)
    yield from recent
    yield from by_deed.values()


def rows(known: Known) -> Iterator[Body]:
    """Yield the body of each incident."""
    for group in groups(known):
        root = group.root()
        others = [alarm for alarm in group.alarms if alarm is not root]
        deed = group.deed
        yield {
            "id": root.uuid,
            "alarm_id": root.alarm_id,
            "where": root.where,
            "what": what(root),
            "severity": min((alarm.severity for alarm in group.alarms), key=rank),
            "began_ms": group.alarms[0].raised_ms,
            "because": f"{deed.action} {deed.label}" if deed is not None else "",
            "alarms": [root.uuid, *(alarm.uuid for alarm in others)],
        }


def members(incident: Incident, known: Known) -> Tuple[Alarm, ...]:
    """Return its alarms that still stand, the root first."""
    by_id = known.reading(NAME).by_id
    return tuple(by_id[uuid] for uuid in incident.alarms if uuid in by_id)


def _counts(incident: Incident, known: Known) -> str:
    by: Dict[str, int] = {}
    for alarm in sorted(members(incident, known), key=lambda alarm: rank(alarm.severity)):
        by[letter(alarm.severity)] = by.get(letter(alarm.severity), 0) + 1
    return " ".join(f"{sign}{count}" for sign, count in by.items())


def _look(incident: Incident, _known: Known) -> Look:
    if incident.because:
        notes = (f"EXPECTED: {incident.because}",)
        return Look(tone=Tone.BUSY, mark=Mark.BUSY, notes=notes)
    is_bad = tone(incident.severity) is Tone.BAD
    return Look(tone=tone(incident.severity), mark=Mark.BAD if is_bad else Mark.NONE)


def _strip(incident: Incident, known: Known) -> Lines:
    lines = []
    for at, alarm in enumerate(members(incident, known)):
        heading = "ROOT" if at == 0 else "THEN" if at == 1 else ""
        said = f"{letter(alarm.severity)} {alarm.alarm_id} {alarm.where}  {what(alarm)}"
        after = alarm.raised_ms - incident.began_ms
        came = clock(alarm.raised_ms, seconds=True) if not after else f"{span(abs(after))} later"
        jump = Jump(kind=NAME, id=alarm.uuid)
        lines.append(Line(heading=heading, text=f"{one_line(said)}   {came}", jump=jump))
    if incident.because:
        lines.append(
            Line(heading="BECAUSE", text=f"of {incident.because}: they go with its undoing")
        )
    return Lines(lines=tuple(lines))


def _verdict(known: Known) -> Verdict:
    if not known.has("incidents"):
        return Verdict(word="READING", text="alarms were not read yet.", tone=Tone.PLAIN)
    found = [row for row in known.rows("incidents") if not row.because]
    expected = len(known.rows("incidents")) - len(found)
    alarms = sum(len(row.alarms) for row in known.rows("incidents"))
    more = f"{expected} more by acts of ours, expected" if expected else ""
    if not found:
        return Verdict(word="NONE", text=f"{alarms} alarms, all of them expected" if alarms else "")
    several = sum(len(row.alarms) > 1 for row in found)
    text = f"behind {alarms} alarm{'s' if alarms > 1 else ''}"
    if several:
        text += f"; {several} of them ha{'ve' if several > 1 else 's'} several"
    last = max(found, key=lambda row: row.began_ms)
    bad = any(tone(row.severity) is Tone.BAD for row in found)
    return Verdict(
        word=f"{len(found)} INCIDENT{'S' if len(found) > 1 else ''}",
        text=f"{text}, the last began {when(last.began_ms, known.now_ms)}",
        more=more,
        tone=Tone.BAD if bad else Tone.WARN,
    )


def _first(incident: Incident, known: Known) -> Tuple[object, ...]:
    root = known.row(NAME, incident.id)
    return (bool(incident.because), rank(incident.severity), *(order(root, known) if root else ()))


INCIDENTS: Kind[Incident] = Kind(
    name="incidents",
    singular="incident",
    model=Incident,
    read=Derived(rows=rows, made_of=(NAME,)),
    needs=(NAME,),
    id=lambda row: row.id,
    label=lambda row: f"{row.alarm_id} {row.where}",
    columns=(
        Column(heading="S", value=lambda row: letter(row.severity)),
        Column(heading="ROOT", value=lambda row: row.alarm_id),
        Column(heading="WHERE", value=lambda row: row.where, most=26),
        Column(heading="WHAT", value=lambda row: row.what, most=30),
        Column(heading="ALARMS", joined=_counts),
        Column(
            heading="FOR", joined=lambda row, known: span(known.now_ms - row.began_ms), right=True
        ),
    ),
    look=_look,
    sort=_first,
    strip=_strip,
    verdict=_verdict,
    jump=lambda row, _known: Jump(kind=NAME, id=row.id),
    aliases=("incident", "together"),
    every_s=30.0,
)
