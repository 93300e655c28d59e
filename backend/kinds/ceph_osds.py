"""Ceph's OSDs as Ceph sees them: where each stands, up, in, how full, how slow, on which disk."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Mapping, Optional

from pydantic import Field

from backend.ceph import Answers
from backend.figure import Line, Lines
from backend.kind import Body, Ceph, CephCommand, Column, Kind, Tab
from backend.kinds.ceph import EVERY_S, OfCeph, mapping, objects, said
from backend.kinds.ceph_osd_acts import OSD_ACTIONS
from backend.kinds.machine import size
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone
from backend.units import span

NEAR_FULL, FULL, SLOW_MS = 85, 95, 500


class CephOsd(OfCeph):
    """One OSD; sizes in bytes, latencies in ms. ``usage`` is None while no manager tells it."""

    id: int
    host: str = ""
    device_class: str = ""
    weight: Optional[float] = None
    reweight: Optional[float] = None
    is_up: bool = False
    is_in: bool = False
    state: List[str] = Field(default_factory=list)
    size: Optional[int] = None
    used: Optional[int] = None
    percent: Optional[float] = None
    pgs: Optional[int] = None
    commit_ms: Optional[int] = None
    apply_ms: Optional[int] = None
    # Where in the tree it stands, from the root: ``default/rack1/controller-0``.
    place: str = ""
    # The disks it is on, as Ceph names them: ``MODEL_SERIAL``.
    devices: List[str] = Field(default_factory=list)

    @property
    def name(self) -> str:
        """What Ceph calls it."""
        return f"osd.{self.id}"

    @property
    def status(self) -> str:
        """Whether it is up and in, in two words; what is not stands in capitals."""
        return f"{'up' if self.is_up else 'DOWN'} {'in' if self.is_in else 'OUT'}"


def osd_rows(told: Answers) -> Iterable[Body]:
    """Make rows of ``osd tree`` and ``osd dump``, with what a manager says of use and latency."""
    nodes = objects(mapping(said(told, "osd tree")).get("nodes"))
    nodes = [*nodes, *objects(mapping(said(told, "osd tree")).get("stray"))]
    places = _places(nodes)
    dump = {int(one["osd"]): one for one in objects(mapping(said(told, "osd dump")).get("osds"))}
    used = {int(one["id"]): one for one in objects(mapping(said(told, "osd df")).get("nodes"))}
    perf = mapping(said(told, "osd perf"))
    perf = mapping(perf.get("osdstats")) or perf
    slow = {int(one["id"]): one for one in objects(perf.get("osd_perf_infos"))}
    disks = _disks(objects(said(told, "device ls")))
    for node in nodes:
        if node.get("type") == "osd":
            number = int(node["id"])
            yield {
                **_standing(node, dump.get(number, {})),
                **_place(places.get(number, ())),
                **_usage(used.get(number, {}), mapping(slow.get(number, {}).get("perf_stats"))),
                "devices": disks.get(f"osd.{number}", []),
            }


def _standing(node: Mapping[str, Any], one: Mapping[str, Any]) -> Body:
    number = int(node["id"])
    is_up = bool(one["up"]) if "up" in one else node.get("status") == "up"
    is_in = bool(one["in"]) if "in" in one else bool(node.get("reweight"))
    return {
        "uuid": str(number),
        "id": number,
        "device_class": str(node.get("device_class") or ""),
        "weight": node.get("crush_weight"),
        "reweight": node.get("reweight"),
        "is_up": is_up,
        "is_in": is_in,
        "state": [str(word) for word in one.get("state") or ()],
    }


def _places(nodes: List[Mapping[str, Any]]) -> Dict[int, List[Mapping[str, Any]]]:
    """Return by OSD what it stands under, the root first."""
    above: Dict[int, Mapping[str, Any]] = {}
    for node in nodes:
        for child in node.get("children") or ():
            above[int(child)] = node
    found: Dict[int, List[Mapping[str, Any]]] = {}
    for node in nodes:
        way: List[Mapping[str, Any]] = []
        at = above.get(int(node["id"]))
        # A tree that leads back into itself is no tree: it ends where it is deeper than any.
        while at is not None and len(way) < 16:
            way.insert(0, at)
            at = above.get(int(at["id"]))
        found[int(node["id"])] = way
    return found


def _place(way: Iterable[Mapping[str, Any]]) -> Body:
    steps = list(way)
    host = next((str(one["name"]) for one in reversed(steps) if one.get("type") == "host"), "")
    return {"host": host, "place": "/".join(str(one.get("name")) for one in steps)}


def _usage(used: Mapping[str, Any], slow: Mapping[str, Any]) -> Body:
    kib = used.get("kb")
    return {
        "size": None if kib is None else int(kib) * 1024,
        "used": None if kib is None else int(used.get("kb_used") or 0) * 1024,
        "percent": used.get("utilization"),
        "pgs": used.get("pgs"),
        "commit_ms": slow.get("commit_latency_ms"),
        "apply_ms": slow.get("apply_latency_ms"),
    }


def _disks(devices: List[Mapping[str, Any]]) -> Dict[str, List[str]]:
    found: Dict[str, List[str]] = {}
    for one in devices:
        for daemon in one.get("daemons") or ():
            found.setdefault(str(daemon), []).append(str(one.get("devid") or ""))
    return found


# --- how it looks ------------------------------------------------------------------------------


def _look(row: CephOsd, known: Known) -> Look:
    since = known.since("ceph-osds", row.uuid, "is_up")
    if not row.is_up:
        words = "its data has fewer copies"
        if since is not None:
            words = f"down for {span(known.now_ms - since.ms)}: {words}"
        tone = Tone.BAD if row.is_in else Tone.WARN
        return Look(tone=tone, mark=Mark.BAD, notes=(words,))
    if not row.is_in:
        return Look(tone=Tone.WARN, mark=Mark.OUT, notes=("it is out: Ceph keeps nothing on it",))
    notes = _not_well(row)
    if notes:
        tone = Tone.BAD if (row.percent or 0) >= FULL else Tone.WARN
        return Look(tone=tone, mark=Mark.BAD, notes=tuple(notes))
    return WELL


def _not_well(row: CephOsd) -> List[str]:
    found = []
    if (row.percent or 0) >= NEAR_FULL:
        found.append(f"it is {row.percent:.0f} % full")
    if (row.apply_ms or 0) >= SLOW_MS:
        found.append(f"it takes {row.apply_ms} ms for a write")
    return found


def _overview(row: CephOsd, known: Known) -> Lines:
    told = (
        ("stands", f"{row.status}, at {row.place or 'no place of the tree'}"),
        ("disk", ", ".join(row.devices) or "Ceph does not say"),
        ("space", f"{size(row.used)} of {size(row.size)} used" if row.size else "no manager says"),
        ("weight", f"{row.weight:.4f}, reweight {row.reweight}" if row.weight is not None else ""),
        ("groups", "" if row.pgs is None else f"{row.pgs} placement groups"),
        ("latency", "" if row.apply_ms is None else f"apply {row.apply_ms} ms, commit "
                                                    f"{row.commit_ms} ms"),
    )  # fmt: skip
    lines = [Line(heading=head, text=text) for head, text in told if text]
    safety = next(iter(known.rows("osd-safety", of=row.uuid)), None)
    if safety is not None:
        lines += [Line(heading="stop it?", text=safety.stop_words),
                  Line(heading="destroy it?", text=safety.destroy_words)]  # fmt: skip
    return Lines(lines=tuple(lines))


CEPH_OSDS: Kind[CephOsd] = Kind(
    name="ceph-osds",
    singular="ceph-osd",
    model=CephOsd,
    read=Ceph(
        commands=(CephCommand.of("osd tree"), CephCommand.of("osd dump")),
        extras=(
            CephCommand.of("osd df"),
            CephCommand.of("osd perf"),
            CephCommand.of("device ls"),
        ),
        rows=osd_rows,
    ),
    label=lambda row: row.name,
    columns=(
        Column(heading="OSD", value=lambda row: row.name, order=lambda row, _known: row.id),
        Column(heading="HOST", value=lambda row: row.host, most=20),
        Column(heading="IS", value=lambda row: row.status),
        Column(heading="CLASS", value=lambda row: row.device_class),
        Column(heading="SIZE", value=lambda row: size(row.size), right=True),
        Column(
            heading="USED",
            value=lambda row: None if row.percent is None else f"{row.percent:.0f}%",
            right=True,
        ),
        Column(heading="PGS", value=lambda row: row.pgs, right=True),
        Column(heading="MS", value=lambda row: row.apply_ms, right=True),
        Column(heading="WEIGHT", value=lambda row: row.reweight, right=True),
        Column(
            heading="DISK", value=lambda row: ", ".join(row.devices) or None, most=44, wide=True
        ),
        Column(heading="CRUSH", value=lambda row: row.weight, right=True, wide=True),
        Column(heading="PLACE", value=lambda row: row.place, most=40, wide=True),
    ),
    look=_look,
    strip=_overview,
    tabs=(Tab(key="o", title="Overview", figure=_overview),),
    sort=lambda row, _known: (row.host, row.id),
    actions=OSD_ACTIONS,
    state_fields=("is_up", "is_in"),
    noise=frozenset({"used", "percent", "pgs", "commit_ms", "apply_ms"}),
    every_s=EVERY_S,
)
