"""Tiers: from OSDs of one speed to the pools whose rule of CRUSH takes them, and what is on those.

sysinv's tier ``storage`` is the root ``storage-tier`` of CRUSH; a rule takes a root, or one class
of disks of it (``default~ssd``), and a pool has one rule. Rook's root is ``default``: that is the
tier with the same OSDs; where there is none, the root itself stands there.
"""

from __future__ import annotations

from functools import cached_property
from operator import add
from typing import Any, Dict, Iterator, List, Mapping, Optional, Set, Tuple, cast

from backend.kinds.once import once
from backend.kinds.storage_branch import MIB, Branch
from backend.kinds.storage_claims import claims_apart, pool_branches
from backend.known import Known
from backend.tone import Tone
from backend.units import counted

# What parts a root of CRUSH from the class of disks that a rule takes of it.
CLASS = "~"


@once
def _by_root(rows: Tuple[Any, ...]) -> Mapping[Tuple[str, str], Tuple[int, int, int, int, int]]:
    """Return by root and class of Ceph's OSDs: how many, how many up, hosts, MiB and MiB free."""
    found: Dict[Tuple[str, str], List[Any]] = {}
    for row in rows:
        # A host's OSDs stand at one place, and there are few of a sort there.
        key = row.place, row.device_class
        one = found.get(key)
        if one is None:
            one = found[key] = [0, 0, 0, 0]
        one[0] += 1
        one[1] += row.is_up
        one[2] += row.size or 0
        one[3] += row.used or 0
    roots: Dict[Tuple[str, str], Tuple[int, int, int, int, int]] = {}
    for (place, sort), (count, up, size, used) in found.items():
        root = place.partition("/")[0], sort
        last = roots.get(root, (0, 0, 0, 0, 0))
        more = (count, up, 1, size // MIB, (size - used) // MIB)
        roots[root] = cast("Any", tuple(map(add, last, more)))
    return roots


class Tiers:
    """Which tier an OSD is of, which pools draw on it, and both as branches of the map."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self._tiers = known.rows("tiers")
        self._takes: Dict[int, str] = {row.id: row.takes for row in known.rows("ceph-rules")}

    def of_osd(self, tier_name: Optional[str], seen: Any) -> str:
        """Return the id of the branch of an OSD's tier, "" where nobody says which it is."""
        if seen is not None and seen.place:
            root = str(seen.place).partition("/")[0]
            roots = self._roots
            narrow = f"{root}{CLASS}{seen.device_class}"
            return self._id(narrow if narrow in roots else root)
        mine = next((one for one in self._tiers if tier_name and one.name == tier_name), None)
        return "" if mine is None else f"tiers/{mine.uuid}"

    @cached_property
    def _roots(self) -> List[str]:
        """Return what rules of pools take, and roots of OSDs that no pool draws on."""
        pools = self.known.rows("ceph-pools")
        taken = [self._takes[pool.rule] for pool in pools if self._takes.get(pool.rule)]
        whole = {root.partition(CLASS)[0] for root in taken}
        idle = [root for root, _ in _by_root(self.known.rows("ceph-osds")) if root not in whole]
        return list(dict.fromkeys((*taken, *filter(None, idle)))) if self._takes else []

    def _tier(self, root: str) -> Optional[Any]:
        """Return sysinv's tier that a root of CRUSH is: by its name, else by its OSDs (Rook's)."""
        plain = root.partition(CLASS)[0]
        named = next((one for one in self._tiers if plain == f"{one.name}-tier"), None)
        if named is not None or plain != root:
            return named
        mine = self._numbers.get(root)
        return next((one for one in self._tiers if mine and set(one.stors) == mine), None)

    @cached_property
    def _numbers(self) -> Mapping[str, Set[int]]:
        """Return the numbers of Ceph's OSDs by root; only where a tier is not told by its name."""
        found: Dict[str, Set[int]] = {}
        for row in self.known.rows("ceph-osds"):
            found.setdefault(str(row.place).partition("/")[0], set()).add(row.id)
        return found

    def _id(self, root: str) -> str:
        if root not in self._roots:
            return ""
        tier = self._tier(root)
        return f"roots/{root}" if tier is None else f"tiers/{tier.uuid}"

    def branches(self) -> Iterator[Branch]:
        """Yield each tier with the pools that draw on it; pools of which nobody says, alone."""
        roots, told = self._roots, {}
        pools = pool_branches(self.known)
        for root in roots:
            mine = tuple(branch for rule, branch in pools if self._takes.get(rule) == root)
            told[self._id(root)] = self._branch(root, mine)
        for tier in self._tiers:
            told.setdefault(f"tiers/{tier.uuid}", self._idle(tier))
        yield from told.values()
        yield from (branch for rule, branch in pools if self._takes.get(rule) not in roots)
        yield from claims_apart(self.known)

    def _idle(self, tier: Any) -> Branch:
        words = f"{counted(len(tier.stors), 'OSD')}, {tier.status or 'its state is not said'}"
        return Branch(
            id=f"tiers/{tier.uuid}", text=f"tier {tier.name}", kind="tiers", row=tier.uuid,
            note=words,
        )  # fmt: skip

    def _branch(self, root: str, pools: Tuple[Branch, ...]) -> Branch:
        tier = self._tier(root)
        plain, _, wanted = root.partition(CLASS)
        found = _by_root(self.known.rows("ceph-osds"))
        mine = [one for (at, sort), one in found.items() if at == plain and wanted in ("", sort)]
        osds, up, hosts, size, free = (sum(part) for part in zip(*mine)) if mine else (0,) * 5
        whole = f"{counted(osds, 'OSD')} on {counted(hosts, 'host')}"
        note = f"{osds - up} of {counted(osds, 'OSD')} DOWN" if osds - up else whole
        return Branch(
            id=self._id(root),
            text=f"root {root}" if tier is None else f"tier {tier.name}",
            kind="crush-tree" if tier is None else "tiers",
            row=plain if tier is None else tier.uuid,
            mib=size or None,
            free_mib=free if size else None,
            note=note,
            says=f"{whole}, {osds - up} DOWN" if osds - up else whole,
            tone=Tone.WARN if osds - up else Tone.PLAIN,
            below=pools,
        )
