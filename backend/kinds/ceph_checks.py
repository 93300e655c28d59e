"""Ceph's own health checks, each in words, and what is muted of them."""

from __future__ import annotations

from typing import Any, Iterable, List, Mapping, Optional, Tuple

from pydantic import Field
from typing_extensions import Literal

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
from backend.kinds.ceph import EVERY_S, OfCeph, mapping, named, objects, said
from backend.kinds.ceph_words import meaning
from backend.kinds.edits import check, disruptive, harmless
from backend.known import Known
from backend.reason import Asker
from backend.tone import Look, Mark, Tone


class Check(OfCeph):
    """One health check that does not pass; ``details`` are Ceph's own lines."""

    code: str
    severity: str = ""
    message: str = ""
    count: Optional[int] = None
    muted: bool = False
    details: List[str] = Field(default_factory=list)
    # Until when it is muted; "" for ever.
    until: str = ""
    sticky: bool = False

    @property
    def means(self) -> str:
        """What it means for who stores on it."""
        return meaning(self.code, self.message).means


def check_rows(told: Answers) -> Iterable[Body]:
    """Make rows of ``health detail`` (Ceph 14 to 20), muted ones among them."""
    one = mapping(said(told, "health"))
    if "status" not in one:
        raise ValueError("no status in it")
    mutes = {str(mute["code"]): mute for mute in objects(one.get("mutes"))}
    checks = named(one.get("checks"))
    for code, found in checks.items():
        yield _row(code, found, mutes.get(code))
    for code, mute in mutes.items():
        if code not in checks:
            # What is muted and not there now would come back unheard.
            yield _row(code, {"summary": {"message": mute.get("summary")}}, mute)


def _row(code: str, found: Mapping[str, Any], mute: Optional[Mapping[str, Any]]) -> Body:
    summary = mapping(found.get("summary"))
    until = "" if mute is None else str(mute.get("ttl") or "")
    return {
        "uuid": code,
        "code": code,
        "severity": str(found.get("severity") or ""),
        "message": str(summary.get("message") or ""),
        "count": summary.get("count"),
        "muted": bool(found.get("muted")) or mute is not None,
        "details": [str(line.get("message")) for line in objects(found.get("detail"))],
        "until": "" if until.startswith("0.0") else until,
        "sticky": bool(mute and mute.get("sticky")),
    }


def _look(row: Check, _known: Known) -> Look:
    notes = tuple(row.details[:2]) or (row.message,)
    if row.muted:
        until = f" until {row.until}" if row.until else ""
        return Look(tone=Tone.PLAIN, mark=Mark.SEEN, notes=(f"muted{until}", *notes))
    tone = Tone.BAD if row.severity == "HEALTH_ERR" else Tone.WARN
    return Look(tone=tone, mark=Mark.BAD, notes=notes)


def _strip(row: Check, _known: Known) -> Lines:
    found = meaning(row.code, row.message)
    lines = [Line(heading="means", text=found.means)]
    lines += [Line(heading="do", text=found.act)] if found.act else []
    lines += [Line(heading="Ceph says", text=row.message)]
    lines += [Line(text=one) for one in row.details]
    return Lines(lines=tuple(lines))


# --- mute --------------------------------------------------------------------------------------


class Mute(Form):
    """For how long a check is not to be heard."""

    ttl: Literal["1h", "4h", "8h", "1d", "7d"] = Field(default="4h", description="for how long")
    sticky: bool = Field(default=False, description="also where it goes and comes back meanwhile")


def _muted(is_so: bool, code: str) -> Any:
    def took(known: Known) -> bool:
        row = known.row("ceph-checks", code)
        return (row is not None and row.muted) is is_so

    return took


def _mute(row: Check, form: Mute, _known: Known) -> Plan:
    more = {"sticky": True} if form.sticky else {}
    ask = CephCommand.of("health mute", code=row.code, ttl=form.ttl, **more)
    sentence = f"do not hear {row.code} for {form.ttl}"
    return Plan(steps=(Step(CephWrite(ask, sentence), took=_muted(True, row.code)),))


def _unmute(row: Check, _form: Any, _known: Known) -> Plan:
    ask = CephCommand.of("health unmute", code=row.code)
    return Plan(steps=(Step(CephWrite(ask, f"hear {row.code}"), took=_muted(False, row.code)),))


def _is_one(row: Check, _form: Any, _known: Known) -> Tuple[Reason, ...]:
    return (check("it is heard now", "it is muted already" if row.muted else "", Asker.OURS),)


def _not_heard(row: Check, _form: Any, _known: Known) -> Tuple[Consequence, ...]:
    words = f"nobody hears of it meanwhile: {row.means}"
    return (Consequence(words=words, tone=Tone.WARN),)


_ACTIONS: Tuple[Action[Any], ...] = (
    Action(
        name="mute",
        key="M",
        words="Mute",
        plan=_mute,
        risk=disruptive,
        form=Mute,
        reasons=_is_one,
        consequences=_not_heard,
        hidden=lambda row, _known: bool(row.muted),
        undone_by="unmute",
    ),
    Action(
        name="unmute",
        key="U",
        words="Hear again",
        plan=_unmute,
        risk=harmless,
        hidden=lambda row, _known: not row.muted,
    ),
)

CHECKS: Kind[Check] = Kind(
    name="ceph-checks",
    singular="ceph-check",
    model=Check,
    read=Ceph(commands=(CephCommand.of("health", detail="detail"),), rows=check_rows),
    label=lambda row: row.code,
    columns=(
        Column(heading="CHECK", value=lambda row: row.code, most=32),
        Column(heading="MEANS", value=lambda row: row.means, most=70),
        Column(heading="COUNT", value=lambda row: row.count, right=True),
        Column(heading="CEPH SAYS", value=lambda row: row.message, most=70, wide=True),
    ),
    look=_look,
    strip=_strip,
    tabs=(Tab(key="o", title="Overview", figure=_strip),),
    sort=lambda row, _known: (row.muted, row.severity != "HEALTH_ERR", row.code),
    actions=_ACTIONS,
    state_fields=("severity", "muted"),
    aliases=("health-detail", "ceph-warnings"),
    noise=frozenset({"details", "message", "count"}),
    every_s=EVERY_S,
)
