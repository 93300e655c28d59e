"""The way through storage from one thing: down to the disks it is on, and up to all that is on it.

What stands on OSDs stands on all of its tier; from a claim that is down to each of them.
"""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Set, Tuple

from backend.figure import Jump, Node, Tree
from backend.tone import Tone
from backend.units import mib

# How many OSDs of a tier are told by name; the others are counted.
SHOWN = 12


def walk(row: Any, rows: Tuple[Any, ...]) -> Tree:
    """Return the way down to what a line of the map stands on, and all that stands on it."""
    by_id = {one.uuid: one for one in rows}
    below = _below(row, by_id)
    nodes: List[Node] = []
    edges: List[Tuple[str, str]] = []
    if below[0].uuid.startswith(("tiers/", "roots/")):
        nodes += _osds(below[0], rows, by_id)
        edges += [(node.id, below[0].uuid) for node in nodes]
    kept, joins = _above(row, rows)
    for one in (*below[:-1], *kept):
        nodes.append(_node(one))
        if one.under and (one is row or one.under in {node.id for node in nodes}):
            edges.append((one.under, one.uuid))
    edges += [(osd, tier) for osd, tier in joins if tier in by_id]
    return Tree(nodes=tuple(nodes), edges=tuple(edges))


def _below(row: Any, by_id: Dict[str, Any]) -> List[Any]:
    """Return what it stands on, the lowest first, and itself."""
    found: List[Any] = [row]
    while found[0].under in by_id and by_id[found[0].under] not in found:
        found.insert(0, by_id[found[0].under])
    return found


def _above(row: Any, rows: Tuple[Any, ...]) -> Tuple[List[Any], List[Tuple[str, str]]]:
    """Return it with all that stands on it, through its tier; and which OSD joins which tier."""
    # A line that joins none stands on a line before it; tiers come after all OSDs.
    names: Set[str] = {row.uuid}
    kept: List[Any] = [row]
    joins: List[Tuple[str, str]] = [(row.uuid, row.joins)] if row.joins else []
    wanted = {row.joins} - {""}
    for one in rows:
        if one.uuid not in names and (one.under in names or one.uuid in wanted):
            names.add(one.uuid)
            kept.append(one)
            if one.joins:
                wanted.add(one.joins)
                joins.append((one.uuid, one.joins))
    return kept, joins


def _osds(tier: Any, rows: Tuple[Any, ...], by_id: Dict[str, Any]) -> Iterator[Node]:
    """Yield the OSDs of a tier, each with the disk and the host that it is on."""
    mine = [one for one in rows if one.joins == tier.uuid]
    for one in mine[:SHOWN]:
        way = [step.text for step in _below(one, by_id)[-2::-1]]
        yield Node(
            id=one.uuid,
            text=f"{f'{one.text} {one.note}'.rstrip()}, on {' of '.join(way)}",
            tone=Tone(one.tone),
            jump=Jump(kind=one.of, id=one.row),
        )
    if len(mine) > SHOWN:
        words = f"and {len(mine) - SHOWN} more OSDs"
        yield Node(id=f"more/{tier.uuid}", text=words, jump=Jump(kind="ceph-osds"))
    elif not mine:
        # Of many hosts those that are well are one line each, without their disks.
        words = f"its OSDs: {tier.note}"
        yield Node(id=f"all/{tier.uuid}", text=words, jump=Jump(kind="ceph-osds"))


def _node(one: Any) -> Node:
    room = f" {mib(one.size)}" if one.size is not None else ""
    note = f"  {one.note}" if one.note else ""
    jump = Jump(kind=one.of, id=one.row)
    return Node(id=one.uuid, text=f"{one.text}{room}{note}", tone=Tone(one.tone), jump=jump)
