"""What was ordered of the pretend cluster: kept over what its hosts make of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Optional

from backend.simulator.model import Host, Json

Key = tuple[str, str, str]
"""Plural, namespace and name."""

# From the order until a pod that is made anew runs, and until a volume is larger.
START_S, GROW_S = 6.0, 20.0


@dataclass(frozen=True)
class Slot:
    """The place of one pod of a workload: how often it was made anew, when, and for which node."""

    anew: int = 0
    began: Optional[datetime] = None
    node: str = ""

    def starts(self, now: datetime) -> bool:
        """Whether its pod is on its way up."""
        return self.began is not None and now < self.began + timedelta(seconds=START_S)


@dataclass
class Orders:
    """Cordons (with what the host was then), changes of objects, pods that were made anew."""

    cordons: dict[str, tuple[bool, str]] = field(default_factory=dict)
    changes: dict[Key, Json] = field(default_factory=dict)
    slots: dict[Key, Slot] = field(default_factory=dict)
    rolls: dict[Key, int] = field(default_factory=dict)
    # Claims that were made larger: how large, and from when on their volumes are.
    grown: dict[Key, tuple[str, datetime]] = field(default_factory=dict)
    count: int = 0

    def is_cordoned(self, host: Host) -> bool:
        """As it was ordered, until the host is locked or unlocked; then as that makes it."""
        ordered, then = self.cordons.get(str(host.hostname), (False, ""))
        return ordered if then == host.administrative else host.administrative == "locked"

    def takes(self, host: Host) -> bool:
        """Whether new pods go there."""
        taints = self.change("nodes", "", str(host.hostname)).get("spec", {}).get("taints") or ()
        keeps = any(one.get("effect") != "PreferNoSchedule" for one in taints)
        return not self.is_cordoned(host) and not keeps

    def change(self, plural: str, namespace: str, name: str) -> Json:
        """What of an object was changed, as a merge patch."""
        return self.changes.get((plural, namespace, name), {})

    def copies(self, plural: str, namespace: str, name: str, otherwise: int) -> int:
        """How many pods a workload is to have."""
        spec = self.change(plural, namespace, name).get("spec", {})
        return int(spec.get("replicas", otherwise))

    def slot(self, namespace: str, name: str, place: str) -> Slot:
        """Where a pod of a workload stands; ``place`` is its number, or its node's name."""
        return self.slots.get((namespace, name, place), Slot())

    def make_anew(self, key: Key, now: datetime, node: str = "") -> None:
        """End the pod of a place, and begin another there."""
        before = self.slots.get(key, Slot())
        self.slots[key] = Slot(anew=before.anew + 1, began=now, node=node)
        self.count += 1

    def keep(self, key: Key, change: Json) -> None:
        """Keep a merge patch of an object, over those before it."""
        self.changes[key] = changed(self.changes.get(key, {}), change, kept=True)
        self.count += 1

    def starting(self, now: datetime) -> int:
        """How many pods are on their way up."""
        return sum(slot.starts(now) for slot in self.slots.values())

    def grow(self, key: Key, size: str, now: datetime) -> None:
        """Have the volume of a claim be that large a while later."""
        self.grown[key] = (size, now + timedelta(seconds=GROW_S))

    def growing(self, now: datetime) -> list[Key]:
        """The claims whose volumes are not yet as large as was ordered."""
        return [key for key, (_, when) in self.grown.items() if now < when]


def changed(whole: Json, change: Json, *, kept: bool = False) -> Json:
    """Merge a change into an object (RFC 7386); ``kept`` where it is to be merged again."""
    found = dict(whole)
    for name, value in change.items():
        if isinstance(value, dict):
            before = found.get(name)
            found[name] = changed(before if isinstance(before, dict) else {}, value, kept=kept)
        elif value is None and not kept:
            found.pop(name, None)
        else:
            found[name] = value
    return found
