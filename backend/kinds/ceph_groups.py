"""Placement groups that are not as they should be, and for how long."""

from __future__ import annotations

from typing import Iterable, List, Optional, Tuple

from pydantic import Field

from backend.ceph import Answers
from backend.kind import Body, Ceph, CephCommand, Column, Kind
from backend.kinds.ceph import SLOW_S, OfCeph, mapping, moment, objects, said
from backend.kinds.ceph_status import is_bad_state
from backend.known import Known
from backend.tone import Look, Mark, Tone
from backend.units import span

# What Ceph writes for no OSD.
_NONE = 2**31 - 1


class Group(OfCeph):
    """A placement group that is not as it should be for a minute and more."""

    pgid: str
    state: str
    up: List[int] = Field(default_factory=list)
    acting: List[int] = Field(default_factory=list)
    since_ms: Optional[int] = None
    objects: int = 0
    unfound: int = 0

    @property
    def pool_id(self) -> int:
        """The pool it is of."""
        return int(self.pgid.partition(".")[0])


def group_rows(told: Answers) -> Iterable[Body]:
    """Make rows of ``pg dump_stuck``: Ceph 14 answers a list, newer ones an object with it."""
    found = said(told, "pg dump_stuck")
    if isinstance(found, dict):
        found = found.get("stuck_pg_stats")
    for one in objects(found):
        stats = mapping(one.get("stat_sum"))
        yield {
            "uuid": str(one["pgid"]),
            "pgid": str(one["pgid"]),
            "state": str(one["state"]),
            "up": list(one.get("up") or ()),
            "acting": list(one.get("acting") or ()),
            "since_ms": moment(one.get("last_change")),
            "objects": int(stats.get("num_objects") or 0),
            "unfound": int(stats.get("num_objects_unfound") or 0),
        }


def _pool_of(row: Group, known: Known) -> Optional[str]:
    pools = known.rows("ceph-pools")
    return next((pool.name for pool in pools if pool.id == row.pool_id), None)


def _group_look(row: Group, known: Known) -> Look:
    if is_bad_state(row.state):
        words = "its data cannot be read or written"
        notes = (words,) if "active" not in row.state else _copies(row, known)
        return Look(tone=Tone.BAD, mark=Mark.BAD, notes=notes)
    moving = "recovering" in row.state or "backfill" in row.state
    mark = Mark.BUSY if moving else Mark.BAD
    tone = Tone.BUSY if moving else Tone.WARN
    return Look(tone=tone, mark=mark, notes=_copies(row, known))


def _copies(row: Group, known: Known) -> Tuple[str, ...]:
    """Say how many of its copies are there; what its state is stands beside it."""
    pool = next((one for one in known.rows("ceph-pools") if one.id == row.pool_id), None)
    there = sum(1 for number in row.acting if number < _NONE)
    if pool is None or not pool.copies or there >= pool.copies:
        return ()
    return (f"{there} of {pool.copies} copies are there",)


def _since(row: Group, known: Known) -> Optional[str]:
    return None if row.since_ms is None else span(known.now_ms - row.since_ms)


def _osds(numbers: List[int]) -> str:
    return " ".join("-" if n >= _NONE else str(n) for n in numbers)


GROUPS: Kind[Group] = Kind(
    name="ceph-pgs",
    singular="ceph-pg",
    model=Group,
    read=Ceph(
        commands=(
            CephCommand.of(
                "pg dump_stuck",
                stuckops=["inactive", "unclean", "stale", "undersized", "degraded"],
            ),
        ),
        rows=group_rows,
    ),
    label=lambda row: row.pgid,
    columns=(
        Column(heading="PG", value=lambda row: row.pgid),
        Column(heading="POOL", joined=_pool_of, most=24),
        Column(heading="STATE", value=lambda row: row.state, most=44),
        Column(heading="FOR", joined=_since, right=True),
        Column(heading="ON OSDS", value=lambda row: _osds(row.acting)),
        Column(heading="OUGHT", value=lambda row: _osds(row.up)),
        Column(heading="OBJECTS", value=lambda row: row.objects, right=True),
    ),
    look=_group_look,
    sort=lambda row, _known: (not is_bad_state(row.state), row.pgid),
    state_fields=("state",),
    needs=("ceph-pools",),
    aliases=("pgs", "placement-groups", "stuck-pgs"),
    is_inventory=False,
    every_s=SLOW_S,
)
