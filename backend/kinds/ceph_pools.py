"""What Ceph keeps data in: pools, with their copies, their room and their quota."""

from __future__ import annotations

from typing import Any, Iterable, List, Mapping, Optional, Tuple

from pydantic import Field

from backend.ceph import Answers
from backend.figure import Line, Lines
from backend.kind import (
    Action,
    Body,
    Ceph,
    CephCommand,
    CephWrite,
    Column,
    Consequence,
    Form,
    Kind,
    Plan,
    Reason,
    Step,
    Tab,
)
from backend.kinds.ceph import SLOW_S, OfCeph, mapping, objects, said
from backend.kinds.edits import check, disruptive, warn
from backend.kinds.machine import size
from backend.known import Known
from backend.reason import Asker
from backend.tone import WELL, Look, Mark, Tone

GIB = 1024**3
NEAR_FULL, FULL = 85, 95


class Pool(OfCeph):
    """A pool; bytes. ``free`` is what can still be written to it, its copies reckoned in."""

    id: int
    name: str
    applications: List[str] = Field(default_factory=list)
    copies: Optional[int] = None
    least: Optional[int] = None
    is_erasure: bool = False
    rule: Optional[int] = None
    pgs: Optional[int] = None
    pgs_wanted: Optional[int] = None
    autoscale: str = ""
    stored: int = 0
    used: int = 0
    free: Optional[int] = None
    objects: int = 0
    quota_bytes: int = 0
    quota_objects: int = 0

    @property
    def percent(self) -> Optional[int]:
        """How full it is: of its quota where it has one, else of what it could take."""
        whole = self.quota_bytes or (self.stored + self.free if self.free is not None else 0)
        return round(100 * self.stored / whole) if whole else None

    @property
    def kept(self) -> str:
        """How its data is kept: ``2 (1)`` are two copies, one of which is enough to write."""
        if self.is_erasure:
            return f"EC {self.copies}"
        return f"{self.copies} ({self.least})"


def pool_rows(told: Answers) -> Iterable[Body]:
    """Make rows of ``osd pool ls detail``, with ``df`` and what the autoscaler would do."""
    used = {one["name"]: mapping(one.get("stats"))
            for one in objects(mapping(said(told, "df")).get("pools"))}  # fmt: skip
    wanted = {one["pool_name"]: one for one in objects(said(told, "osd pool autoscale-status"))}
    for one in objects(said(told, "osd pool ls")):
        name = str(one["pool_name"])
        yield {
            "uuid": name,
            "id": int(one.get("pool_id") or one.get("pool") or 0),
            "name": name,
            "applications": sorted(mapping(one.get("application_metadata"))),
            "copies": one.get("size"),
            "least": one.get("min_size"),
            "is_erasure": one.get("type") == 3,
            "rule": one.get("crush_rule"),
            "pgs": one.get("pg_num"),
            "pgs_wanted": mapping(wanted.get(name)).get("pg_num_final"),
            "autoscale": str(one.get("pg_autoscale_mode") or ""),
            "quota_bytes": int(one.get("quota_max_bytes") or 0),
            "quota_objects": int(one.get("quota_max_objects") or 0),
            **_usage(used.get(name, {})),
        }


def _usage(stats: Mapping[str, Any]) -> Body:
    return {
        "stored": int(stats.get("stored") or 0),
        "used": int(stats.get("bytes_used") or 0),
        "free": stats.get("max_avail"),
        "objects": int(stats.get("objects") or 0),
    }


def _pool_look(row: Pool, _known: Known) -> Look:
    percent = row.percent or 0
    if percent >= NEAR_FULL:
        tone = Tone.BAD if percent >= FULL else Tone.WARN
        of = "quota" if row.quota_bytes else "room"
        return Look(tone=tone, mark=Mark.BAD, notes=(f"{percent} % of its {of} is used",))
    if row.copies == 1:
        words = "it keeps ONE copy: a dead disk loses data"
        return Look(tone=Tone.WARN, mark=Mark.BAD, notes=(words,))
    return WELL


def _pool_lines(row: Pool, _known: Known) -> Lines:
    quota = f"{size(row.quota_bytes)}" if row.quota_bytes else "none"
    told = (
        ("for", ", ".join(row.applications) or "nobody said"),
        ("copies", f"{row.kept}, by rule {row.rule}"),
        ("holds", f"{size(row.stored)} in {row.objects} objects, {size(row.used)} on disks"),
        ("room", f"{size(row.free)} more" if row.free is not None else ""),
        ("quota", quota),
        ("groups", f"{row.pgs}, autoscale {row.autoscale or '-'}, it would be {row.pgs_wanted}"
                   if row.pgs_wanted else f"{row.pgs}"),
    )  # fmt: skip
    lines = [Line(heading=head, text=text) for head, text in told if text]
    return Lines(lines=tuple(lines))


class Quota(Form):
    """How much may be written to a pool."""

    gib: int = Field(ge=0, examples=[100], title="GiB", description="0 is no limit")


def _quota(row: Pool, form: Quota, _known: Known) -> Plan:
    count = form.gib * GIB
    ask = CephCommand.of("osd pool set-quota", pool=row.name, field="max_bytes", val=str(count))
    write = CephWrite(ask, f"let {row.name} hold {f'{form.gib} GiB' if form.gib else 'any amount'}")

    def took(known: Known) -> bool:
        now = known.row("ceph-pools", row.uuid)
        return now is not None and now.quota_bytes == count

    return Plan(steps=(Step(write, took=took),))


def _quota_reasons(row: Pool, form: Quota, _known: Known) -> Tuple[Reason, ...]:
    same = "it is so already" if row.quota_bytes == form.gib * GIB else ""
    return (check("something changes", same, Asker.OURS),)


def _after_quota(row: Pool, form: Quota, _known: Known) -> Tuple[Consequence, ...]:
    if form.gib and form.gib * GIB <= row.stored:
        words = f"it holds {size(row.stored)} already: NOTHING can be written to it any more"
        return (Consequence(words=words, tone=Tone.BAD),)
    return (warn("sysinv keeps quotas of its own for its pools, and may set it again"),)


_POOL_ACTIONS: Tuple[Action[Any], ...] = (
    Action(
        name="quota",
        key="Q",
        words="Set quota",
        plan=_quota,
        risk=disruptive,
        form=Quota,
        reasons=_quota_reasons,
        consequences=_after_quota,
        aliases=("set-quota",),
    ),
)

POOLS: Kind[Pool] = Kind(
    name="ceph-pools",
    singular="ceph-pool",
    model=Pool,
    read=Ceph(
        commands=(
            CephCommand.of("osd pool ls", detail="detail"),
            CephCommand.of("df", detail="detail"),
        ),
        extras=(CephCommand.of("osd pool autoscale-status"),),
        rows=pool_rows,
    ),
    label=lambda row: row.name,
    columns=(
        Column(heading="POOL", value=lambda row: row.name, most=32),
        Column(heading="FOR", value=lambda row: " ".join(row.applications) or None, most=20),
        Column(heading="COPIES", value=lambda row: row.kept, right=True),
        Column(heading="HOLDS", value=lambda row: size(row.stored), right=True),
        Column(heading="ROOM", value=lambda row: size(row.free), right=True),
        Column(heading="USED", value=lambda row: None if row.percent is None else f"{row.percent}%",
               right=True),
        Column(heading="QUOTA", value=lambda row: size(row.quota_bytes or None), right=True),
        Column(heading="PGS", value=lambda row: row.pgs, right=True),
        Column(heading="AUTOSCALE", value=lambda row: row.autoscale, wide=True),
        Column(heading="OBJECTS", value=lambda row: row.objects, right=True, wide=True),
    ),
    look=_pool_look,
    strip=_pool_lines,
    tabs=(Tab(key="o", title="Overview", figure=_pool_lines),),
    sort=lambda row, _known: (-row.used, row.name),
    actions=_POOL_ACTIONS,
    aliases=("pools",),
    noise=frozenset({"stored", "used", "free", "objects"}),
    every_s=SLOW_S,
)  # fmt: skip
