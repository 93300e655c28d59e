"""What Ceph's disks carry: pools, the classes that claims get them by, the claims, their pods."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, DefaultDict, Iterator, List, Tuple

from backend.kinds.storage_branch import MIB, Branch, by
from backend.known import Known
from backend.tone import Tone

# How many claims of a class, and pods of a claim, have a line: the others are counted.
SHOWN = 10


class Claims:
    """What pods keep, found by the class it comes of, by volume and by who mounts it."""

    def __init__(self, known: Known) -> None:
        self.classes = by(known.rows("storage-classes"), lambda row: row.pool)
        self.claims = by(known.rows("claims"), lambda row: row.storage_class)
        self.pods: DefaultDict[Tuple[str, str], List[Any]] = defaultdict(list)
        for pod in known.rows("pods"):
            for name in pod.claims:
                self.pods[pod.namespace, name].append(pod)

    def of_class(self, one: Any) -> Branch:
        """Return a class with its claims: those that have no volume, else the first."""
        claims = self.claims.get(one.name, [])
        waits = [claim for claim in claims if claim.phase != "Bound"]
        unused = sum(1 for claim in claims if not self.pods.get((claim.namespace, claim.name)))
        said = [f"{len(claims) - len(waits)} claims bound"]
        said += [f"{len(waits)} NOT"] if waits else []
        said += [f"{unused} nobody uses"] if unused else []
        return Branch(
            id=f"storage-classes/{one.uid}",
            text=f"class {one.name}",
            kind="storage-classes",
            row=one.uid,
            note=", ".join(said),
            tone=Tone.WARN if waits else Tone.PLAIN,
            below=tuple(self._claim(claim) for claim in (waits or claims)[:SHOWN]),
        )

    def _claim(self, claim: Any) -> Branch:
        pods = self.pods.get((claim.namespace, claim.name), [])
        return Branch(
            id=f"claims/{claim.uid}",
            text=f"claim {claim.namespace}/{claim.name} {claim.got or claim.asked}",
            kind="claims",
            row=claim.uid,
            note=", ".join(filter(None, (claim.phase, claim.volume))),
            tone=Tone.PLAIN if claim.phase == "Bound" else Tone.WARN,
            below=tuple(
                Branch(id=f"pods/{pod.uid}", text=f"pod {pod.name}", kind="pods", row=pod.uid)
                for pod in pods[:SHOWN]
            ),
        )


def pools(known: Known) -> Iterator[Branch]:
    """Yield Ceph's pools, each with the classes that claims get it by, and those claims."""
    kept = Claims(known)
    for pool in known.rows("ceph-pools"):
        yield Branch(
            id=f"ceph-pools/{pool.uuid}",
            text=f"pool {pool.name}",
            kind="ceph-pools",
            row=pool.uuid,
            mib=pool.used // MIB,
            free_mib=None if pool.free is None else pool.free // MIB,
            note=f"copies {pool.kept}",
            tone=Tone.WARN if (pool.percent or 0) >= 85 else Tone.PLAIN,
            below=tuple(kept.of_class(one) for one in kept.classes.get(pool.name, [])),
        )
