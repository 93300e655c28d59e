"""The map: each line a thing, below it what stands on it; Enter goes to the thing itself."""

from __future__ import annotations

from typing import Dict, Iterable, Iterator, Optional, Tuple

from backend.figure import Jump, Line, Lines, Tree
from backend.kind import Body, Column, Derived, Kind, Row, Tab
from backend.kinds.ceph_flags import flags_set
from backend.kinds.host_fresh import why_stale
from backend.kinds.storage_branch import Branch, taken_of
from backend.kinds.storage_pair import peer_words, side_by_side
from backend.kinds.storage_tree import host_branch, tree
from backend.kinds.storage_verdict import NEEDS as VERDICT_NEEDS
from backend.kinds.storage_verdict import status_of, verdict
from backend.kinds.storage_walk import SHOWN, walk
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone
from backend.units import mib

MADE_OF = (
    *("hosts", "disks", "partitions", "physical-volumes", "volume-groups", "filesystems", "osds"),
    *("alarms", "ceph-osds", "ceph-pools", "ceph-rules", "ceph-devices", "tiers"),
    *("storage-classes", "volumes", "claims", "pods"),
)
NEEDS = tuple(dict.fromkeys((*MADE_OF, *VERDICT_NEEDS)))
_BAR = 8


class Place(Row):
    """One line of the map; sizes in MiB. ``under`` is the line that it stands on."""

    uuid: str
    text: str
    of: str
    row: str
    under: str = ""
    depth: int = 0
    size: Optional[int] = None
    free: Optional[int] = None
    note: str = ""
    # The same in a sentence, where the note is a short one.
    says: str = ""
    tone: str = Tone.PLAIN.value
    # The line of the tier that draws on it, where it is an OSD.
    joins: str = ""

    @property
    def percent(self) -> Optional[int]:
        """How much of it is taken, None where nobody says."""
        return taken_of(self.size, self.free)

    @property
    def bar(self) -> Optional[str]:
        """The same, drawn."""
        if self.percent is None:
            return None
        full = round(_BAR * self.percent / 100)
        return f"[{'#' * full}{'.' * (_BAR - full)}]"


def _rows(known: Known) -> Iterable[Body]:
    seen: Dict[str, int] = {}
    for branch in tree(known):
        yield from _lines(branch, "", 0, seen)


def _lines(branch: Branch, under: str, depth: int, seen: Dict[str, int]) -> Iterator[Body]:
    # A group on two disks stands on both: the second time it is another line.
    seen[branch.id] = seen.get(branch.id, 0) + 1
    uuid = branch.id if seen[branch.id] == 1 else f"{branch.id}#{seen[branch.id]}"
    yield {
        "uuid": uuid,
        "text": branch.text,
        "of": branch.kind,
        "row": branch.row,
        "under": under,
        "depth": depth,
        "size": branch.mib,
        "free": branch.free_mib,
        "note": branch.note,
        "says": branch.says,
        "tone": branch.tone.value,
        "joins": branch.joins,
    }
    for one in branch.below:
        yield from _lines(one, uuid, depth + 1, seen)


def _look(row: Place, _known: Known) -> Look:
    tone = Tone(row.tone)
    if tone in (Tone.BAD, Tone.WARN):
        return Look(tone=tone, mark=Mark.BAD)
    return WELL


def _walk(row: Place, known: Known) -> Tree:
    """Return the way from a line, down and up; of a host that is folded here, all there is."""
    rows: Tuple[Place, ...] = known.rows("storage-map")
    if row.of == "hosts":
        whole = host_branch(row.row, known)
        mine = () if whole is None else tuple(map(Place.model_validate, _lines(whole, "", 0, {})))
        there = {one.uuid for one in mine}
        rows = (*mine, *(one for one in rows if one.uuid not in there))
        row = mine[0] if mine else row
    else:
        rows = (*_folded(rows, known), *rows)
    return walk(row, rows)


def _folded(rows: Tuple[Place, ...], known: Known) -> Iterator[Place]:
    """Yield what is folded here of the hosts that have OSDs, where they are not too many."""
    hosts = tuple(dict.fromkeys(osd.host_uuid for osd in known.rows("osds")))
    there = {one.uuid for one in rows}
    for uuid in hosts if len(hosts) <= SHOWN else ():
        whole = host_branch(uuid, known)
        lines = () if whole is None else _lines(whole, "", 0, {})
        yield from (Place.model_validate(one) for one in lines if one["uuid"] not in there)


def _summary(known: Known) -> Lines:
    """Return Ceph on two lines: its health, quorum, groups and flags; what recovers."""
    status = status_of(known)
    if status is None:
        error = known.reading("ceph").error
        words = "not asked: only what sysinv keeps is shown" if error is None else error.words
        return Lines(lines=(Line(heading="ceph", text=words),))
    flags = " ".join(flags_set(known))
    parts = (
        status.health,
        f"mon {len(status.quorum)}/{status.monitors}",
        f"osd {status.osds_up}/{status.osds} up {status.osds_in} in",
        f"pg {status.clean}/{status.pgs} clean",
        f"{flags.upper()} SET" if flags else "",
    )
    tone = Tone.PLAIN if status.health == "HEALTH_OK" else Tone.WARN
    stale = why_stale("Ceph", known.reading("ceph"), known)
    second = Line(heading="recovery", text=status.recovery or "nothing to recover")
    if stale:
        second = Line(heading="old", text=stale, tone=Tone.WARN)
    return Lines(
        lines=(Line(heading="ceph", text=" | ".join(filter(None, parts)), tone=tone), second)
    )


def _strip(row: Place, known: Known) -> Lines:
    """Return a line in words; where there is room beside the rows, both hosts side by side."""
    free = f", {mib(row.free)} free" if row.free is not None else ""
    told = (("what", f"{row.of}: {row.text}   (v: what it stands on, what stands on it)"),
            ("is", row.says or row.note),
            ("room", f"{mib(row.size)}{free}" if row.size is not None else ""),
            ("peer", peer_words(row, known) if row.of == "hosts" else ""))  # fmt: skip
    lines = tuple(Line(heading=head, text=text) for head, text in told if text)
    pair = side_by_side(row, known).lines if known.rows("hosts") else ()
    return Lines(lines=(*lines, Line(rule=True), *pair) if pair else lines)


STORAGE_MAP: Kind[Place] = Kind(
    name="storage-map",
    singular="place",
    model=Place,
    read=Derived(rows=_rows, partly=True, made_of=MADE_OF),
    label=lambda row: row.text,
    columns=(
        Column(heading="WHAT", value=lambda row: f"{' ' * row.depth}{row.text}", most=44),
        Column(heading="SIZE", value=lambda row: None if row.size is None else mib(row.size),
               right=True),
        Column(heading="TAKEN", value=lambda row: row.bar),
        Column(heading="%", value=lambda row: row.percent, right=True),
        Column(heading="IS", value=lambda row: row.note or None, most=40),
    ),
    look=_look,
    strip=_strip,
    summary=_summary,
    verdict=verdict,
    tabs=(
        Tab(key="m", title="Map", figure=_walk),
        Tab(key="p", title="Pair", figure=side_by_side),
    ),
    jump=lambda row, _known: Jump(kind=row.of, id=row.row),
    aliases=("map",),
    needs=NEEDS,
    noise=frozenset({"free", "size"}),
    is_inventory=False,
    every_s=10.0,
)  # fmt: skip
