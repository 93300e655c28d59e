"""What ends, and when: certificates, licence, passwords and the last backup, by the days left."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple

from backend.errors import NotConfigured
from backend.figure import Jump, Line, Lines
from backend.kind import Body, Column, Derived, Kind, Row
from backend.kinds.certificates import days_to, ends_look
from backend.kinds.host_fresh import why_stale
from backend.kinds.login import LOGIN
from backend.known import Known, Reading
from backend.tone import Look, Mark, Tone, Verdict
from backend.units import DAY_MS, day, instant_ms, span

# A backup older than this is due again.
BACKUP_DAYS = 30
# The alarm that stands while one is made; its end is the backup's.
BACKING_UP = "210.001"
# Whoever never has to change it has a policy of so many days.
FOR_EVER_DAYS = 99_999


class Expiry(Row):
    """One thing that ends: when (None: nobody can tell), and what is to be said of it."""

    id: str
    name: str
    sort: str
    ends_ms: Optional[int] = None
    says: str = ""
    of_kind: str
    of_id: str = ""
    is_unknown: bool = False


def _body(sort: str, name: str, kind: str, row_id: str, **more: Any) -> Body:
    return {
        "id": f"{kind}/{row_id or name}",
        "name": name,
        "sort": sort,
        "of_kind": kind,
        "of_id": row_id,
        **more,
    }


def _ends(sort: str, name: str, kind: str, row_id: str, ends_ms: Optional[int], says: str) -> Body:
    """Return what has an end, as far as it says when."""
    if ends_ms is not None:
        return _body(sort, name, kind, row_id, ends_ms=ends_ms, says=says)
    return _body(sort, name, kind, row_id, says="it does not say when", is_unknown=True)


_RENEWS = {"Automatic": "it is to renew itself", "Manual": "renew it by hand"}


def _held(kind: str, sort: str, known: Known) -> Iterator[Body]:
    """What the platform or Kubernetes holds, each by its name."""
    for row in known.rows(kind):
        says = _RENEWS.get(row.renewal or "", row.renewal or "")
        yield _ends(sort, row.name, kind, row.name, row.expires_ms, says)


def _platform(known: Known) -> Iterator[Body]:
    """All that the platform holds; what sysinv itself installed where that cannot be read."""
    if known.has("platform-certificates"):
        yield from _held("platform-certificates", "certificate", known)
        return
    for row in known.rows("certificates"):
        name = f"{row.certtype} {row.signature or ''}".strip()
        yield _ends("certificate", name, "certificates", row.uuid, row.expires_ms, "")


def _secrets(known: Known) -> Iterator[Body]:
    yield from _held("k8s-certificates", "secret", known)


def _licence(known: Known) -> Iterator[Body]:
    for row in known.rows("licence"):
        if row.content:
            more = {"ends_ms": row.expires_ms, "says": row.says}
            is_open = row.expires_ms is None and not row.is_for_ever
            yield _body("licence", "licence", "licence", "licence", is_unknown=is_open, **more)


def _own_password(known: Known) -> Iterator[Body]:
    for row in known.rows("login"):
        ends = instant_ms(row.password_ends)
        says, is_unknown = "" if ends is not None else "no end", False
        if not row.tells_password:
            says, is_unknown = "Keystone does not say", True
        elif ends is None and row.password_ends is not None:
            says, is_unknown = f"Keystone says {row.password_ends!r}, which is no date", True
        yield _body(
            "password",
            f"{row.name} (Keystone)",
            "login",
            row.name,
            ends_ms=ends,
            says=says,
            is_unknown=is_unknown,
        )


def _users_password(known: Known) -> Iterator[Body]:
    for row in known.rows("users"):
        days, last = row.passwd_expiry_days, instant_ms(row.passwd_last_change)
        if days is not None and days >= FOR_EVER_DAYS:
            ends, says = None, "no end"
        elif days is None or last is None:
            ends, says = None, "sysinv does not say when it was changed last"
        else:
            ends, says = last + days * DAY_MS, f"{days} days after the last change"
        yield _body(
            "password",
            "sysadmin (hosts)",
            "users",
            row.uuid,
            ends_ms=ends,
            says=says,
            is_unknown=ends is None and says != "no end",
        )


def _backup(known: Known) -> Iterator[Body]:
    ends = [
        row.at_ms
        for row in known.rows("events")
        if row.event_log_id == BACKING_UP and row.state == "clear"
    ]
    if not ends:
        says = "the event log knows of none"
        yield _body("backup", "backup", "events", "", says=says, is_unknown=True)
        return
    last = max(ends)
    says = f"made {day(last)}; due {BACKUP_DAYS} days after"
    yield _body("backup", "backup", "events", "", ends_ms=last + BACKUP_DAYS * DAY_MS, says=says)


# what it is read from → what ends of it
SOURCES: Dict[str, Tuple[str, Callable[[Known], Iterator[Body]]]] = {
    "platform-certificates": ("certificate", _platform),
    "k8s-certificates": ("secret", _secrets),
    "licence": ("licence", _licence),
    "login": ("password", _own_password),
    "users": ("password", _users_password),
    "events": ("backup", _backup),
}


def rows(known: Known) -> Iterator[Body]:
    """Return what ends; of what cannot be read, in its place, that and why."""
    for kind, (sort, ends) in SOURCES.items():
        reading = known.reading(kind)
        if not reading.was_read:
            yield _body(sort, kind, kind, "", says=_why(reading), is_unknown=True)
        if reading.was_read or kind == "platform-certificates":
            yield from ends(known)


def _look(row: Expiry, known: Known) -> Look:
    if row.is_unknown:
        return Look(tone=Tone.PLAIN, mark=Mark.UNKNOWN, notes=(row.says,))
    look = ends_look(days_to(row.ends_ms, known))
    if look.notes and row.says:
        return replace(look, notes=(f"{look.notes[0]}: {row.says}",))
    return look


def _soonest(row: Expiry, _known: Known) -> Tuple[int, int, str]:
    """What ends first stands first, then what nobody can tell, then what has no end."""
    has_end = row.ends_ms is not None
    return (0 if has_end else 1 if row.is_unknown else 2, row.ends_ms or 0, row.name)


def _strip(row: Expiry, known: Known) -> Lines:
    said = [Line(text=f"{row.name}: {row.says or 'ends ' + day(row.ends_ms or 0)}")]
    reading = known.reading(row.of_kind)
    if reading.error is not None and reading.was_read:
        age = span(known.now_ms - reading.at_ms)
        said.append(Line(text=f"as of {age} ago: {reading.error}", tone=Tone.WARN))
    return Lines(lines=tuple(said))


@dataclass(frozen=True)
class _Gaps:
    """What of the sources says nothing (``away``), or nothing of now (``stale``), in words.

    ``failed`` is whether one was asked in vain; else it was not asked yet.
    """

    away: str = ""
    stale: str = ""
    failed: bool = False


def _gaps(known: Known) -> _Gaps:
    readings = [(kind, known.reading(kind)) for kind in SOURCES]
    # What is not set up is absent, not missed.
    asked = [(kind, one) for kind, one in readings if not isinstance(one.error, NotConfigured)]
    unread = [(kind, one) for kind, one in asked if not one.was_read]
    stale = (why_stale(kind, one, known) for kind, one in asked if one.was_read)
    # What has one cause is said once: a service that is away takes many with it.
    by_cause: Dict[str, List[str]] = {}
    for kind, one in sorted(unread, key=lambda pair: pair[1].error is None):
        by_cause.setdefault(_why(one), []).append(kind)
    return _Gaps(
        away="; ".join(f"{', '.join(kinds)} {why}" for why, kinds in by_cause.items()),
        stale="; ".join(filter(None, stale)),
        failed=any(one.error is not None for _, one in unread),
    )


def _why(unread: Reading[Any]) -> str:
    return f"can't be read: {unread.error}" if unread.error is not None else "not read yet"


def _verdict(known: Known) -> Verdict:
    found, gaps = known.rows("expiries"), _gaps(known)
    unknown = sum(row.is_unknown and known.has(row.of_kind) for row in found)
    untold = f"of {unknown} nobody can tell" if unknown else ""
    more = "; ".join(filter(None, (gaps.away, gaps.stale, untold)))
    first = min(found, key=lambda row: _soonest(row, known), default=None)
    if first is None or first.ends_ms is None:
        word = "" if not gaps.away else "CANNOT" if gaps.failed else "READING"
        text = gaps.away or "nothing is known to end"
        more = "; ".join(filter(None, (gaps.stale, untold)))
        return Verdict(word=word, text=text, more=more, tone=Tone.PLAIN)
    left = days_to(first.ends_ms, known) or 0
    text = f"{first.name} ends in {left} days" if left >= 0 else f"{first.name} has ended"
    tones = [_look(row, known).tone for row in found]
    for tone, word, within in ((Tone.BAD, "NOT WELL", "week"), (Tone.WARN, "WARN", "month")):
        if tone in tones:
            text = f"{tones.count(tone)} within a {within}: {text}"
            return Verdict(word=word, text=text, more=more, tone=tone)
    if gaps.away:
        word, tone = ("WARN", Tone.WARN) if gaps.failed else ("READING", Tone.PLAIN)
        more = f"of the rest the first is far: {text}"
        return Verdict(word=word, text=gaps.away, more=more, tone=tone)
    word, tone = ("WAS WELL", Tone.WARN) if gaps.stale else ("WELL", Tone.GOOD)
    return Verdict(word=word, text=f"the first is far: {text}", more=more, tone=tone)


def _jump(row: Expiry, _known: Known) -> Optional[Jump]:
    return Jump(kind=row.of_kind, id=row.of_id)


EXPIRIES: Kind[Expiry] = Kind(
    name="expiries",
    singular="expiry",
    model=Expiry,
    read=Derived(rows=rows),
    needs=(*SOURCES, "certificates"),
    id=lambda row: row.id,
    label=lambda row: row.name,
    columns=(
        Column(heading="DAYS", joined=lambda row, known: days_to(row.ends_ms, known), right=True),
        Column(heading="WHAT", value=lambda row: row.name, most=40),
        Column(heading="SORT", value=lambda row: row.sort),
        Column(heading="ENDS", value=lambda row: None if row.ends_ms is None else day(row.ends_ms)),
        Column(heading="SAYS", value=lambda row: row.says or None, most=60, wide=True),
    ),
    look=_look,
    sort=_soonest,
    strip=_strip,
    verdict=_verdict,
    jump=_jump,
    aliases=("expiry-radar", "radar"),
    every_s=60.0,
)

ENDING: Tuple[Kind[Any], ...] = (EXPIRIES, LOGIN)
