"""What stands in the way of a deploy, a strategy or an upgrade: all of it at once, on one list.

What the services themselves would find one after the other, each in its own report, and what the
console knows besides. The same looks are the reasons that a deploy, a strategy and an upgrade of
Kubernetes show before they are sent.
"""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Optional, Tuple

from backend.errors import NotConfigured
from backend.figure import Jump, Line, Lines
from backend.kind import Answer, Asker, Body, Column, Derived, Kind, Reason, Row
from backend.kinds.fresh_checks import untold
from backend.kinds.host_fresh import why_stale
from backend.kinds.obstacle_looks import LOOKS, Obstacle, OnesLook
from backend.known import Known
from backend.tone import Look, Mark, Tone, Verdict

EVERY_S = 30.0
NEEDS = tuple(dict.fromkeys(name for look in LOOKS for name in look.needs))
# What a cloud answers of it: where there is none, there is nothing to stand in the way of.
ASKED = tuple(name for name in NEEDS if name not in {"machines", "mounts"})
# What an act reads for it; the rest is dear: every host and Kubernetes is asked for a report.
ACT_NEEDS = ("strategies", "deploy", "kube-upgrade", "hosts", "alarms", "applications")


class ObstacleRow(Row):
    """One thing in the way: of what sort, which, why, and where it is mended."""

    id: str
    sort: str
    name: str
    why: str
    of_kind: str
    of_id: str = ""
    only: str = ""
    weight: str = "stops"
    rank: int = 0


# What is in the way, what may be, and what could not be looked at.
STOPS, MAY, UNKNOWN = "stops", "may", "unknown"


def rows(known: Known) -> Iterator[Body]:
    """Yield what stands in the way, in the order in which it is to be mended."""
    for rank, look in enumerate(LOOKS):
        for kind, words in _unread(look, known):
            told = f"{kind} can't be looked at: {words}"
            yield _body(look, rank, Obstacle(name=kind, why=told, kind=kind), UNKNOWN)
        for one in look.finds(known):
            yield _body(look, rank, one, MAY if look.is_ours else STOPS)


def _unread(look: OnesLook, known: Known) -> Iterator[Tuple[str, str]]:
    """Yield the kinds that were asked for and do not answer now; what is not here is not missed."""
    for name in look.needs:
        reading = known.reading(name)
        error = reading.error
        if error is not None and not isinstance(error, NotConfigured):
            yield name, why_stale(name, reading, known) if reading.was_read else error.words


def _body(look: OnesLook, rank: int, one: Obstacle, weight: str) -> Dict[str, Any]:
    return {
        "id": f"{look.sort}/{one.kind}/{one.id}/{one.name}",
        "sort": look.sort,
        "name": one.name,
        "why": one.why,
        "of_kind": one.kind,
        "of_id": one.id,
        "only": look.only,
        "weight": weight,
        "rank": rank,
    }


def in_the_way(known: Known, of: str, *but: str) -> Tuple[Reason, ...]:
    """Return one reason a look, for ``of`` (deploy, kubernetes); those of the sorts ``but`` apart.

    Whether it is refused is for the service to say: its own check may be told to let it pass.
    Reports and pods, which are dear to read, say what they say where they were read.
    """
    looks = (one for one in LOOKS if one.only in ("", of) and one.sort not in but)
    return tuple(_reason(one, known) for one in looks if _is_asked(one, known))


def _is_asked(look: OnesLook, known: Known) -> bool:
    return any(name in ACT_NEEDS or known.has(name) for name in look.needs)


def _reason(look: OnesLook, known: Known) -> Reason:
    found = list(look.finds(known))
    asker = Asker.OURS if look.is_ours else Asker.SERVICE
    if found:
        first = found[0]
        more = f", and {len(found) - 1} more" if len(found) > 1 else ""
        said = first.why if first.name in first.why else f"{first.name}: {first.why}"
        return Reason(
            check=look.check,
            answer=Answer.CANT_TELL,
            words=f"{said}{more}",
            jump=Jump(kind=first.kind, id=first.id),
            asker=asker,
        )
    words = untold(known, *look.needs)
    if not any(known.has(name) for name in look.needs):
        words = f"{look.needs[0]} were not read"
    if words:
        return Reason(check=look.check, answer=Answer.CANT_TELL, words=words, asker=asker)
    return Reason.passes(look.check)


# --- how it looks ------------------------------------------------------------------------------


def _look(row: ObstacleRow, _known: Known) -> Look:
    if row.weight == UNKNOWN:
        return Look(tone=Tone.PLAIN, mark=Mark.UNKNOWN, notes=(row.why,))
    tone = Tone.BAD if row.weight == STOPS else Tone.WARN
    return Look(tone=tone, mark=Mark.BAD)


def _strip(row: ObstacleRow, known: Known) -> Lines:
    lines = [Line(heading="WHY", text=row.why)]
    against = {"deploy": "a deploy alone", "kubernetes": "an upgrade of Kubernetes alone"}
    if row.only:
        lines.append(Line(heading="OF", text=against[row.only]))
    mended = f"Enter goes to {row.of_kind}"
    lines.append(Line(heading="MENDED", text=mended))
    reading = known.reading(row.of_kind)
    if reading.error is not None and reading.was_read:
        lines.append(Line(heading="OLD", text=str(reading.error), tone=Tone.WARN))
    return Lines(lines=tuple(lines))


def verdict(known: Known) -> Verdict:
    """Return how much stands in the way, and what is to be mended first."""
    reading = known.reading("obstacles")
    if not reading.was_read:
        error = reading.error
        words = error.words if error is not None else "not everything was looked at yet."
        return Verdict(word="CANNOT" if error else "READING", text=words, tone=Tone.PLAIN)
    weights: List[str] = [row.weight for row in reading.rows]
    stops, may, unknown = (weights.count(one) for one in (STOPS, MAY, UNKNOWN))
    more = f"{unknown} could not be looked at" if unknown else ""
    if stops:
        text = f"{stops} in the way, {may} may be. First: {reading.rows[0].name}"
        return Verdict(word="NOT NOW", text=text, more=more, tone=Tone.BAD)
    if may:
        text = f"nothing that is refused for sure; {may} may be in the way."
        return Verdict(word="WARN", text=text, more=more, tone=Tone.WARN)
    text = "nothing stands in the way, as far as can be seen from here."
    if unknown:
        return Verdict(word="WARN", text=text, more=more, tone=Tone.WARN)
    return Verdict(word="WELL", text=text)


def _jump(row: ObstacleRow, _known: Known) -> Optional[Jump]:
    return Jump(kind=row.of_kind, id=row.of_id)


OBSTACLES: Kind[ObstacleRow] = Kind(
    name="obstacles",
    singular="obstacle",
    model=ObstacleRow,
    read=Derived(rows=rows, made_of=ASKED),
    needs=NEEDS,
    id=lambda row: row.id,
    label=lambda row: row.name,
    columns=(
        Column(heading="SORT", value=lambda row: row.sort),
        Column(heading="WHAT", value=lambda row: row.name, most=20),
        Column(heading="WHY", value=lambda row: row.why, most=200),
        Column(heading="OF", value=lambda row: row.only or "all", wide=True),
    ),
    look=_look,
    sort=lambda row, _known: row.rank,
    strip=_strip,
    verdict=verdict,
    jump=_jump,
    state_fields=("weight",),
    aliases=("in-the-way", "blockers"),
    every_s=EVERY_S,
    is_inventory=False,
)
