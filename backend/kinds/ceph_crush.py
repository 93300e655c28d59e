"""CRUSH: where Ceph may put what - its tree of places, and the rules that choose among them."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Mapping, Optional, Tuple

from backend.ceph import Answers
from backend.kind import Body, Ceph, CephCommand, Column, Kind
from backend.kinds.ceph import SLOW_S, OfCeph, mapping, objects, said
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone
from backend.units import counted

# --- rules -------------------------------------------------------------------------------------


class Rule(OfCeph):
    """A rule: from which root (``default``, ``default~ssd``) copies are taken, and what parts them.

    ``apart`` is the sort of place of which each copy gets another: ``host``, ``osd``.
    """

    id: int
    name: str
    takes: str = ""
    apart: str = ""


def rule_rows(told: Answers) -> Iterable[Body]:
    """Make rows of ``osd crush rule dump``."""
    for one in objects(said(told, "osd crush rule dump")):
        steps = objects(one.get("steps"))
        takes = (str(step.get("item_name") or "") for step in steps if step.get("op") == "take")
        apart = (str(step.get("type") or "") for step in steps
                 if str(step.get("op")).startswith("choose"))  # fmt: skip
        yield {
            "uuid": str(one["rule_id"]),
            "id": int(one["rule_id"]),
            "name": str(one.get("rule_name") or one["rule_id"]),
            "takes": next(takes, ""),
            "apart": next(apart, ""),
        }


def _pools_of(row: Rule, known: Known) -> Optional[str]:
    names = [pool.name for pool in known.rows("ceph-pools") if pool.rule == row.id]
    return " ".join(names) or None


def _rule_look(row: Rule, known: Known) -> Look:
    hosts = {osd.host for osd in known.rows("ceph-osds")}
    if row.apart == "osd" and len(hosts) > 1 and _pools_of(row, known):
        words = "copies may come to lie on one host: it dies with all of them"
        return Look(tone=Tone.WARN, mark=Mark.BAD, notes=(words,))
    return WELL


RULES: Kind[Rule] = Kind(
    name="ceph-rules",
    singular="ceph-rule",
    model=Rule,
    read=Ceph(commands=(CephCommand.of("osd crush rule dump"),), rows=rule_rows),
    label=lambda row: row.name,
    columns=(
        Column(heading="RULE", value=lambda row: row.name, most=32),
        Column(heading="TAKES", value=lambda row: row.takes or None, most=32),
        Column(heading="COPIES APART BY", value=lambda row: row.apart or None),
        Column(heading="POOLS", joined=_pools_of, most=44),
    ),
    look=_rule_look,
    sort=lambda row, _known: row.id,
    needs=("ceph-pools", "ceph-osds"),
    aliases=("crush-rules",),
    every_s=60.0,
)

# --- the tree ----------------------------------------------------------------------------------


class CrushNode(OfCeph):
    """A place of the tree: a root, a rack, a host, an OSD; ``weight`` in TiB by custom."""

    id: int
    name: str
    type: str = ""
    depth: int = 0
    weight: float = 0.0
    reweight: Optional[float] = None
    # Of an OSD whether it is up; of a place how many of its OSDs are, and of how many.
    up: int = 0
    osds: int = 0
    device_class: str = ""


def tree_rows(told: Answers) -> Iterable[Body]:
    """Make rows of ``osd tree`` in the order in which it is read, each below what it is in."""
    tree = mapping(said(told, "osd tree"))
    nodes = {int(one["id"]): one for one in objects(tree.get("nodes"))}
    inner = {int(child) for one in nodes.values() for child in one.get("children") or ()}
    stack = [(number, 0) for number in nodes if number not in inner][::-1]
    seen: Dict[int, int] = {}
    while stack:
        number, depth = stack.pop()
        if number in seen or number not in nodes:
            continue
        seen[number] = depth
        one = nodes[number]
        stack += [
            (int(child), depth + 1) for child in sorted(one.get("children") or (), reverse=True)
        ]
        yield {**_node(one, _under(number, nodes)), "depth": depth}
    for stray in objects(tree.get("stray")):
        yield {**_node(stray, [stray]), "depth": 0}


def _under(number: int, nodes: Mapping[int, Mapping[str, Any]]) -> List[Mapping[str, Any]]:
    """Return the OSDs of a place; itself, where it is one."""
    found: List[Mapping[str, Any]] = []
    todo, seen = [number], set()
    while todo:
        at = todo.pop()
        if at in nodes and at not in seen:
            seen.add(at)
            todo += map(int, nodes[at].get("children") or ())
            if nodes[at].get("type") == "osd":
                found.append(nodes[at])
    return found


def _node(one: Mapping[str, Any], osds: List[Mapping[str, Any]]) -> Body:
    return {
        "uuid": str(one["name"]),
        "id": int(one["id"]),
        "name": str(one["name"]),
        "type": str(one.get("type") or ""),
        "weight": round(sum(float(osd.get("crush_weight") or 0) for osd in osds), 5),
        "reweight": one.get("reweight"),
        "up": sum(1 for osd in osds if osd.get("status") == "up"),
        "osds": len(osds),
        "device_class": str(one.get("device_class") or ""),
    }


def _node_look(row: CrushNode, _known: Known) -> Look:
    if row.up < row.osds:
        down = f"{row.osds - row.up} of its {counted(row.osds, 'OSD')} down"
        words = "it is down" if row.type == "osd" else down
        tone = Tone.BAD if not row.up and row.type != "osd" else Tone.WARN
        return Look(tone=tone, mark=Mark.BAD, notes=(words,))
    if row.type != "osd" and not row.osds and row.depth:
        return Look(tone=Tone.PLAIN, mark=Mark.OUT, notes=("no OSD is in it",))
    return WELL


CRUSH: Kind[CrushNode] = Kind(
    name="crush-tree",
    singular="crush-place",
    model=CrushNode,
    read=Ceph(commands=(CephCommand.of("osd tree"),), rows=tree_rows),
    label=lambda row: row.name,
    columns=(
        Column(heading="PLACE", value=lambda row: f"{'  ' * row.depth}{row.name}", most=44),
        Column(heading="IS", value=lambda row: row.type),
        Column(heading="CLASS", value=lambda row: row.device_class or None),
        Column(heading="WEIGHT", value=lambda row: f"{row.weight:.5f}", right=True),
        Column(heading="REWEIGHT", value=lambda row: row.reweight, right=True),
        Column(heading="OSDS UP", value=lambda row: f"{row.up}/{row.osds}", right=True),
    ),
    look=_node_look,
    state_fields=("up",),
    aliases=("crush", "osd-tree"),
    every_s=SLOW_S,
)

CRUSH_KINDS: Tuple[Kind[Any], ...] = (CRUSH, RULES)
