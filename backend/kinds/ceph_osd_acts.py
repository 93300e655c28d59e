"""OSDs taken out and in, marked down, weighed anew: Ceph is asked first whether it can bear that.

What ``ok-to-stop`` refuses, or could not say, can only be done as destructive.
"""

from __future__ import annotations

from typing import Any, Callable, Optional, Tuple

from pydantic import Field

from backend.kind import (
    Action,
    CephCommand,
    CephWrite,
    Consequence,
    Form,
    Json,
    Plan,
    Reason,
    Risk,
    Step,
)
from backend.kinds.edits import check, warn
from backend.kinds.host_fresh import why_stale
from backend.known import Known
from backend.reason import Answer, Asker
from backend.tone import Tone

# How long an OSD may take to be seen as it was asked, in seconds.
_WAIT_S = 30.0


def safety_of(row: Any, known: Known) -> Optional[Any]:
    """Return what Ceph says of stopping and destroying an OSD; None where it did not answer now.

    What it said before is nothing to go by: an OSD that failed since makes a no of its yes.
    """
    reading = known.reading("osd-safety", of=row.uuid)
    if why_stale("osd-safety", reading, known):
        return None
    return next(iter(reading.rows), None)


def _risk(row: Any, _form: Any, known: Known) -> Risk:
    """Grade by what Ceph says: what it refuses, or does not answer, wants the name typed."""
    safety = safety_of(row, known)
    is_ok = safety is not None and safety.ok_to_stop
    return Risk.DISRUPTIVE if is_ok or not row.is_up else Risk.DESTRUCTIVE


def _moves(_row: Any, _form: Any, _known: Known) -> Risk:
    return Risk.DISRUPTIVE


def _asked(row: Any, known: Known) -> Tuple[Reason, ...]:
    """Return what Ceph says, which never blocks: its no makes the act destructive."""
    safety = safety_of(row, known)
    if safety is None:
        return (_cannot("ceph osd ok-to-stop", "Ceph did not answer it: taken for a no"),)
    if safety.ok_to_stop:
        return (check("ceph osd ok-to-stop", "", Asker.OURS),)
    if safety.ok_to_stop is None:
        return (_cannot("ceph osd ok-to-stop", f"{safety.stop_says}: taken for a no"),)
    return (_cannot("ceph osd ok-to-stop", f"REFUSED: {safety.stop_says or 'it gave no reason'}"),)


def _cannot(name: str, words: str) -> Reason:
    return Reason(check=name, answer=Answer.CANT_TELL, words=words, asker=Asker.OURS)


def _refused(row: Any, known: Known) -> Tuple[Consequence, ...]:
    safety = safety_of(row, known)
    if safety is None or safety.ok_to_stop is not False:
        return ()
    words = f"Ceph says NO: {safety.stop_says or 'data may be lost or stop'}"
    return (Consequence(words=words, tone=Tone.BAD),)


def _plan(
    verb: str, sentence: str, is_so: Callable[[Any, Any], bool], *, more: Any = None
) -> Callable[[Any, Any, Known], Plan]:
    def plan(row: Any, form: Any, _known: Known) -> Plan:
        fields: dict[str, Json] = {"ids": [str(row.id)]} if more is None else more(row, form)
        write = CephWrite(CephCommand.of(f"osd {verb}", **fields), sentence.format(row.name))

        def took(known: Known) -> bool:
            now = known.row("ceph-osds", row.uuid)
            return now is not None and is_so(now, form)

        return Plan(steps=(Step(write, took=took, wait_s=_WAIT_S),))

    return plan


def _still_in(row: Any, known: Known) -> int:
    return sum(1 for one in known.rows("ceph-osds") if one.is_in and one.id != row.id)


# --- out and in --------------------------------------------------------------------------------


def _out_reasons(row: Any, _form: Any, known: Known) -> Tuple[Reason, ...]:
    last = "" if _still_in(row, known) or not known.has("ceph-osds") else "no other OSD is in"
    return (
        check("it is in", "" if row.is_in else "it is out already", Asker.OURS),
        check("another OSD is in", last, Asker.OURS),
        *_asked(row, known),
    )


def _after_out(row: Any, _form: Any, known: Known) -> Tuple[Consequence, ...]:
    groups = "its placement groups" if row.pgs is None else f"{row.pgs} placement groups"
    flags = {one.name for one in known.rows("ceph-flags") if one.is_set}
    held = sorted(flags & {"norebalance", "nobackfill", "norecover"})
    stays = (warn(f"{' '.join(held)} stands: nothing moves until it is unset"),) if held else ()
    return (
        *_refused(row, known),
        warn(f"Ceph moves {groups} to other OSDs: they slow down until that is done"),
        *stays,
        Consequence(words="pull it when ceph osd safe-to-destroy says yes, and not before"),
    )


# --- reweight ----------------------------------------------------------------------------------


class Reweight(Form):
    """How much of its share an OSD takes."""

    weight: float = Field(
        ge=0, le=1, examples=[0.9], description="0 is none (as out), 1 all of its share"
    )


def _weight_args(row: Any, form: Reweight) -> dict[str, Json]:
    return {"id": row.id, "weight": form.weight}


def _weighs(row: Any, form: Reweight) -> bool:
    # Ceph keeps it in 65,536ths.
    return row.reweight is not None and abs(row.reweight - form.weight) < 0.001


def _weight_risk(row: Any, form: Any, known: Known) -> Risk:
    return _risk(row, form, known) if form.weight == 0 else Risk.DISRUPTIVE


def _weight_reasons(row: Any, form: Reweight, known: Known) -> Tuple[Reason, ...]:
    same = "it weighs that already" if _weighs(row, form) else ""
    more = _asked(row, known) if form.weight == 0 else ()
    return (check("something changes", same, Asker.OURS), *more)


OSD_ACTIONS: Tuple[Action[Any], ...] = (
    Action(
        name="out",
        key="O",
        words="Take out",
        plan=_plan("out", "move all data off {}", lambda now, _form: not now.is_in),
        risk=_risk,
        reasons=_out_reasons,
        consequences=_after_out,
        hidden=lambda row, _known: not row.is_in,
        needs=("ceph-osds", "ceph-flags"),
        own_needs=("osd-safety",),
        undone_by="in",
    ),
    Action(
        name="in",
        key="I",
        words="Take in",
        plan=_plan("in", "let data onto {} again", lambda now, _form: now.is_in),
        risk=_moves,
        reasons=lambda row, _form, _known: (
            check("it is out", "it is in already" if row.is_in else "", Asker.OURS),
        ),
        consequences=lambda row, _form, _known: (
            warn("Ceph moves data onto it"),
            *(() if row.is_up else (warn("it is down: nothing moves before it is up"),)),
        ),
        hidden=lambda row, _known: bool(row.is_in),
    ),
    Action(
        name="down",
        key="D",
        words="Mark down",
        # One that lives says so, and is up again within seconds: the command's word is enough.
        plan=_plan("down", "mark {} down", lambda _now, _form: True),
        risk=_risk,
        reasons=lambda row, _form, known: (
            check("it is up", "" if row.is_up else "it is down already", Asker.OURS),
            *_asked(row, known),
        ),
        consequences=lambda row, _form, known: (
            *_refused(row, known),
            warn("its clients go elsewhere, and wait while they do"),
            Consequence(words="where its daemon lives it comes up again by itself"),
        ),
        hidden=lambda row, _known: not row.is_up,
        needs=("ceph-osds",),
        own_needs=("osd-safety",),
    ),
    Action(
        name="reweight",
        key="R",
        words="Reweight",
        plan=_plan("reweight", "change the share of {}", _weighs, more=_weight_args),
        risk=_weight_risk,
        form=Reweight,
        reasons=_weight_reasons,
        consequences=lambda *_: (warn("Ceph moves data to suit the new share"),),
        needs=("ceph-osds",),
        own_needs=("osd-safety",),
    ),
)
