"""What the cluster says happened: its events, kept for an hour there and for good in our record."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple

from backend.kind import Column, Kind, Kube
from backend.kinds.kube_object import EVERY_S, KubeObject, Words
from backend.kinds.once import once
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone
from backend.units import instant_ms, span


class KubeEvent(KubeObject):
    """An event (core/v1); newer writers say ``series`` and ``event_time`` in place of the rest."""

    type: str = ""
    reason: str = ""
    message: str = ""
    count: Optional[int] = None
    first: Optional[str] = None
    last: Optional[str] = None
    event_time: Optional[str] = None
    series: Optional[Words] = None
    about: Words = {}
    by: str = ""

    @property
    def is_warning(self) -> bool:
        """Whether it tells of something that is not as it should be."""
        return self.type == "Warning"

    @property
    def times(self) -> int:
        """How often it happened."""
        return (self.series or {}).get("count") or self.count or 1

    @property
    def last_ms(self) -> int:
        """When it happened last, epoch ms."""
        series = (self.series or {}).get("lastObservedTime")
        return instant_ms(series or self.last or self.event_time or self.created) or 0

    @property
    def subject(self) -> str:
        """What it is about: ``Pod lab/web-0``."""
        place, name = self.about.get("namespace"), self.about.get("name")
        return (
            f"{self.about.get('kind')} {place}/{name}"
            if place
            else f"{self.about.get('kind')} {name}"
        )

    @property
    def said(self) -> str:
        """What it says, on one line, with how often."""
        many = f"{self.times}x " if self.times > 1 else ""
        return f"{many}{self.reason}: {' '.join(self.message.split())}"


def events_of(row: KubeObject, known: Known) -> List[KubeEvent]:
    """Return the events about an object, the latest first; a node's are by its name too."""
    found = _by_subject(known.rows("kube-events"))
    if row.namespace or row.name not in found:
        return found.get(row.uid, [])
    both = (*found.get(row.uid, []), *found[row.name])
    return sorted(both, key=lambda event: -event.last_ms)


@once
def _by_subject(events: Tuple[KubeEvent, ...]) -> Dict[str, List[KubeEvent]]:
    found: Dict[str, List[KubeEvent]] = {}
    for event in sorted(events, key=lambda event: -event.last_ms):
        found.setdefault(str(event.about.get("uid")), []).append(event)
    return found


def collapsed(known: Known, since_ms: int) -> List[Tuple[int, KubeEvent]]:
    """Return warnings since an instant, once for each reason and object, with their number."""
    groups: Dict[Tuple[str, Any, Any], List[KubeEvent]] = {}
    for event in known.rows("kube-events"):
        if event.is_warning and event.last_ms >= since_ms:
            key = (event.reason, event.about.get("kind"), event.about.get("uid") or event.subject)
            groups.setdefault(key, []).append(event)
    found = [
        (sum(event.times for event in group), max(group, key=lambda event: event.last_ms))
        for group in groups.values()
    ]
    return sorted(found, key=lambda pair: (-pair[0], -pair[1].last_ms))


def _look(event: KubeEvent, _known: Known) -> Look:
    return Look(tone=Tone.WARN, mark=Mark.BAD) if event.is_warning else WELL


def _last_age(event: KubeEvent, known: Known) -> int:
    return known.now_ms - event.last_ms


KUBE_EVENTS: Kind[KubeEvent] = Kind(
    name="kube-events",
    singular="kube-event",
    model=KubeEvent,
    read=Kube(
        plural="events",
        keep={
            "type": "type",
            "reason": "reason",
            "message": "message",
            "count": "count",
            "first": "firstTimestamp",
            "last": "lastTimestamp",
            "event_time": "eventTime",
            "series": "series",
            "about": "involvedObject",
            "by": "source.component",
        },
    ),
    id=lambda row: row.uid,
    label=lambda row: f"{row.reason} {row.subject}",
    sort=lambda row, _known: -row.last_ms,
    columns=(
        Column(
            heading="LAST", joined=lambda e, k: span(_last_age(e, k)), order=_last_age, right=True
        ),
        Column(heading="TIMES", value=lambda e: e.times, right=True),
        Column(heading="REASON", value=lambda e: e.reason, most=20),
        Column(heading="ABOUT", value=lambda e: e.subject, most=34),
        Column(heading="MESSAGE", value=lambda e: " ".join(e.message.split()), most=120),
    ),
    look=_look,
    aliases=("kevents", "kube-ev"),
    every_s=EVERY_S,
    is_inventory=False,
)
