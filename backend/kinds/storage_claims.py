"""What Ceph's disks carry: pools, the classes of claims, volumes, the claims, their pods."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Callable, DefaultDict, Dict, Iterator, List, Mapping, Tuple
from uuid import UUID

from backend.kinds.kube_amounts import amount
from backend.kinds.once import once
from backend.kinds.storage_branch import MIB, Branch, by
from backend.known import Known
from backend.tone import Tone
from backend.units import counted

# How many claims of a class, and pods of a claim, have a line: the others are counted.
SHOWN = 10
# With more claims on the whole, those that are well are only counted, as with many hosts: who uses
# which is not worked out for a picture that has no room for it.
MANY = 1000
_CLASS = attrgetter("storage_class")
_NONE = UUID(int=0)


class Mounts:
    """Which pods mount which claim; of most claims it is one."""

    def __init__(self, pods: Tuple[Any, ...]) -> None:
        # By namespace, then by name: no pair is made for each of thousands.
        self.first: DefaultDict[str, Dict[str, Any]] = defaultdict(dict)
        self._more: DefaultDict[Tuple[str, str], List[Any]] = defaultdict(list)
        for pod in pods:
            for one in pod.volumes:
                claim = one.get("claim")
                if claim:
                    mine = self.first[pod.namespace]
                    if claim in mine:
                        self._more[pod.namespace, claim].append(pod)
                    else:
                        mine[claim] = pod

    def of(self, claim: Any) -> List[Any]:
        """Return the pods that mount a claim."""
        first = self.first.get(claim.namespace, {}).get(claim.name)
        return [] if first is None else [first, *self._more.get((claim.namespace, claim.name), ())]


mounts = once(Mounts)


@once
def _volumes(rows: Tuple[Any, ...]) -> Mapping[str, Any]:
    return {row.name: row for row in rows}


@dataclass(frozen=True)
class _Counted:
    """Of each class: how many claims it has, which have no volume, the first, how many are used."""

    count: Mapping[Any, int]
    used: Mapping[Any, int]
    waits: Mapping[Any, List[Any]]


@once
def _counted(pods: Mounts) -> Callable[[Tuple[Any, ...]], _Counted]:
    """Return what counts claims, anew only where they or the pods are others than last time."""

    @once
    def count(rows: Tuple[Any, ...]) -> _Counted:
        waits = by((row for row in rows if row.phase != "Bound"), _CLASS)
        first = pods.first
        used = Counter(
            row.storage_class for row in (rows if first else ()) if row.name in first[row.namespace]
        )
        return _Counted(count=Counter(map(_CLASS, rows)), used=used, waits=waits)

    return count


class Claims:
    """What pods keep, found by the class it comes of, by volume and by who mounts it."""

    def __init__(self, known: Known) -> None:
        self.rows = known.rows("claims")
        self.classes = by(known.rows("storage-classes"), lambda row: row.pool)
        self.is_whole = len(self.rows) <= MANY
        self.pods = mounts(known.rows("pods") if self.is_whole else ())
        self.volumes = _volumes(known.rows("volumes") if self.is_whole else ())
        self.counted = _counted(self.pods)(self.rows)
        self.has_pods = self.is_whole and known.has("pods")

    def of_class(self, one: Any) -> Branch:
        """Return a class with its claims: those that have no volume, else the first."""
        waits, count = self.counted.waits.get(one.name, []), self.counted.count[one.name]
        unused = count - self.counted.used[one.name]
        said = [counted(count, "claim")]
        said += [f"{len(waits)} NOT bound"] if waits else []
        said += [f"{unused} unused"] if unused and self.has_pods else []
        return Branch(
            id=f"storage-classes/{one.uid}",
            text=f"class {one.name}",
            kind="storage-classes",
            row=one.uid,
            note=" ".join(said),
            says=", ".join(said),
            tone=Tone.WARN if waits else Tone.PLAIN,
            below=tuple(
                self._standing(claim) for claim in (waits or self._first(one.name))[:SHOWN]
            ),
        )

    def _first(self, name: str) -> List[Any]:
        """Return as many claims of a class as have a line."""
        found: List[Any] = []
        for claim in self.rows if self.is_whole else ():
            if claim.storage_class == name:
                found.append(claim)
                if len(found) == SHOWN:
                    break
        return found

    def _standing(self, claim: Any) -> Branch:
        """Return a claim on its volume, alone where it has none that was read."""
        branch, volume = self._claim(claim), self.volumes.get(claim.volume)
        if volume is None:
            return branch
        image = f"image {volume.image}" if volume.image else volume.driver
        return Branch(
            id=f"volumes/{volume.uid}",
            text=f"volume {_short(volume.name)}",
            kind="volumes",
            row=volume.uid,
            mib=_mib(volume.size),
            # What is as it should be is silent.
            note="" if volume.phase == "Bound" else volume.phase,
            says=", ".join(filter(None, (volume.phase, volume.name, image))),
            below=(branch,),
        )

    def _claim(self, claim: Any) -> Branch:
        pods = self.pods.of(claim)
        return Branch(
            id=f"claims/{claim.uid}",
            text=f"claim {claim.namespace}/{claim.name}",
            kind="claims",
            row=claim.uid,
            mib=_mib(claim.got or claim.asked),
            note="" if claim.phase == "Bound" else claim.phase,
            says=", ".join(
                filter(None, (claim.phase, claim.volume or f"of class {claim.storage_class}"))
            ),
            tone=Tone.PLAIN if claim.phase == "Bound" else Tone.WARN,
            below=tuple(
                Branch(id=f"pods/{pod.uid}", text=f"pod {pod.name}", kind="pods", row=pod.uid)
                for pod in pods[:SHOWN]
            ),
        )

    def apart(self) -> Iterator[Branch]:
        """Yield the claims without a volume whose class leads to no pool: they stand on nothing."""
        told = {one.name for pool, mine in self.classes.items() if pool for one in mine}
        waits = [claim for sort, mine in self.counted.waits.items() if sort not in told
                 for claim in mine]  # fmt: skip
        yield from map(self._claim, waits[:SHOWN])


def _short(name: str) -> str:
    """Return a volume's name, of one that is a uuid its first part: it is found by that."""
    head, _, rest = name.partition("-")
    return f"{head}-{rest.partition('-')[0]}.." if len(rest) == len(str(_NONE)) else name


def _mib(size: str) -> int:
    return round(amount(size) / MIB)


def claims_apart(known: Known) -> Iterator[Branch]:
    """Yield claims that stand on nothing, where their classes were read."""
    return Claims(known).apart() if known.has("storage-classes") else iter(())


def pool_branches(known: Known) -> List[Tuple[Any, Branch]]:
    """Return Ceph's pools by the rule of each, with the classes that claims get them by."""
    kept = Claims(known)
    return [(pool.rule, _pool(pool, kept)) for pool in known.rows("ceph-pools")]


def _pool(pool: Any, kept: Claims) -> Branch:
    return Branch(
        id=f"ceph-pools/{pool.uuid}",
        text=f"pool {pool.name}",
        kind="ceph-pools",
        row=pool.uuid,
        # What may be written to it, its copies reckoned in: so much of it is taken.
        mib=(pool.stored + (pool.free or 0)) // MIB,
        free_mib=None if pool.free is None else pool.free // MIB,
        note=f"copies {pool.kept}",
        tone=Tone.WARN if (pool.percent or 0) >= 85 else Tone.PLAIN,
        below=tuple(kept.of_class(one) for one in kept.classes.get(pool.name, [])),
    )
