"""Is it well with the hosts? One sentence of what matters most, and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import List, Optional, Sequence, Tuple

from backend.kinds.alarms import Alarm, severity_counts
from backend.kinds.host import Host
from backend.kinds.host_looks import Progress, progress
from backend.kinds.host_site import controllers, hosts, is_duplex, is_simplex
from backend.kinds.host_tasks import gave_up
from backend.kinds.once import once
from backend.known import Known
from backend.tone import Tone, Verdict
from backend.units import span, stopwatch

# What fits beside the longest first word in 80 columns.
ROOM = 68

NO_STANDBY = "No standby: a swact and every strategy are refused until it is back."
NO_SITE = "There is no other controller: the site is down until it is back."


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be, in words; the first found leads the sentence."""

    words: str
    tone: Tone
    more: str = ""


def verdict(known: Known) -> Verdict:
    """Return the answer for all hosts: failed before coming up before no standby and so on."""
    reading = known.reading("hosts")
    if not reading.was_read:
        if reading.error is not None:
            return Verdict(word="CANNOT", text=f"see: {reading.error.words}", tone=Tone.BAD)
        return Verdict(word="READING", text="the hosts were not read yet.", tone=Tone.PLAIN)
    found = _findings(known)
    more = next((one.more for one in found if one.more), "") or _stale(known)
    if not found:
        return Verdict(word="WELL", text=_all_well(known), more=more, tone=Tone.GOOD)
    is_bad = any(one.tone is Tone.BAD or one.more for one in found)
    tone = Tone.BAD if is_bad else Tone.WARN
    word = "NOT WELL" if is_bad else "WARN"
    return Verdict(word=word, text=_joined([one.words for one in found]), more=more, tone=tone)


def _findings(known: Known) -> List[Finding]:
    """Return all that is not well, what matters most first."""
    found = [
        _failed(known),
        *_coming(known),
        _no_standby(known),
        _degraded(known),
        _critical(known),
        _locked(known),
        _old_config(known),
        _new(known),
    ]
    return [finding for finding in found if finding is not None]


def is_failed(host: Host) -> bool:
    """Whether a host that should serve does not, and maintenance is not bringing it up."""
    if host.is_locked or host.is_discovered:
        return gave_up(host.doing) or host.installing == "failed"
    if host.avail == "failed" or gave_up(host.doing):
        return True
    return host.oper != "enabled" and not is_coming(host)


def is_coming(host: Host) -> bool:
    """Whether maintenance is bringing an unlocked host up."""
    if host.is_locked or gave_up(host.doing) or host.avail == "failed":
        return False
    return host.oper != "enabled" and (bool(host.doing) or host.availability == "intest")


@dataclass(frozen=True)
class Sorted:
    """The hosts there is something to say of; one may be in several of these."""

    failed: Sequence[Host]
    coming: Sequence[Host]
    locked: Sequence[Host]
    degraded: Sequence[Host]
    old: Sequence[Host]
    new: Sequence[Host]


@once
def _sorted(rows: Tuple[Host, ...]) -> Sorted:
    """Go once through all hosts of a reading: it may have ten thousand, most of them at ease."""
    uneasy = [host for host in rows if not host.is_at_ease]
    serving = [host for host in uneasy if host.is_enabled]
    return Sorted(
        failed=[host for host in uneasy if is_failed(host)],
        coming=[host for host in uneasy if is_coming(host)],
        locked=[h for h in uneasy if h.is_locked and not h.is_discovered and not is_failed(h)],
        degraded=[host for host in serving if host.avail == "degraded"],
        old=[host for host in serving if host.is_old_config],
        new=[host for host in uneasy if host.is_discovered],
    )


def _idle(some: Sequence[Host], known: Known) -> Sequence[Host]:
    """Leave out those that something is done to: of them that is said."""
    acted = {deed.row_id for deed in known.running("hosts")}
    return [h for h in some if h.uuid not in acted] if acted else some


def _failed(known: Known) -> Optional[Finding]:
    bad = _idle(_sorted(hosts(known)).failed, known)
    if not bad:
        return None
    if len(bad) == 1 and bad[0].worker_lags:
        words = f"{bad[0].name} is enabled, and its worker function is not."
    elif len(bad) == 1 and bad[0].avail == "offline":
        words = f"{bad[0].name} is unlocked and offline."
    else:
        words = f"{_names(bad)} {'has' if len(bad) == 1 else 'have'} failed."
    return Finding(words=words, tone=Tone.BAD, more=_consequence(bad, known))


def _coming(known: Known) -> Sequence[Finding]:
    acted = (known.row("hosts", deed.row_id) for deed in known.running("hosts"))
    busy = [host for host in acted if host is not None and progress(host, known) is not None]
    return [
        Finding(
            words=_coming_words(host, progress(host, known)),
            tone=Tone.WARN,
            more=_consequence([host], known),
        )
        for host in (*busy, *_idle(_sorted(hosts(known)).coming, known))
    ]


def _coming_words(host: Host, running: Optional[Progress]) -> str:
    if running is None:
        return f"{host.name} is coming up ({host.doing or host.avail})."
    doing = VERBS.get(running.deed.action, f"{running.deed.action} under way")
    about = f" of about {stopwatch(running.usual_ms)}" if running.usual_ms else ""
    return f"{host.name} {doing}, {stopwatch(running.gone_ms)}{about}."


VERBS = {
    "unlock": "is coming up",
    "force-unlock": "is coming up",
    "lock": "is being locked",
    "force-lock": "is being locked by force",
    "force-unsafe-lock": "is being locked by force",
    "swact": "hands its services over",
    "force-swact": "hands its services over",
    "reboot": "reboots",
    "reset": "is being reset",
    "reinstall": "is being reinstalled",
    "power-on": "is being switched on",
    "power-off": "is being switched off",
    "delete": "is being deleted",
}


def _no_standby(known: Known) -> Optional[Finding]:
    if not is_duplex(known):
        return None
    pair = controllers(known)
    away = [host for host in pair if not host.is_enabled]
    if len(pair) >= 2 and not away:
        return None
    if not away:
        return Finding(words="There is one controller.", tone=Tone.WARN, more=NO_STANDBY)
    spoken = [h for h in away if is_failed(h) or is_coming(h) or progress(h, known) is not None]
    if len(spoken) == len(away):
        return None
    return Finding(words=f"{_names(away)} is locked.", tone=Tone.WARN, more=NO_STANDBY)


def _consequence(some: Sequence[Host], known: Known) -> str:
    """Return what follows for the site when these hosts do not serve."""
    if not any(host.is_controller and not host.is_enabled for host in some):
        return ""
    if is_simplex(known):
        return NO_SITE
    return NO_STANDBY if is_duplex(known) else ""


def _degraded(known: Known) -> Optional[Finding]:
    ill = _sorted(hosts(known)).degraded
    if not ill:
        return None
    return Finding(words=f"{_names(ill)} {_is(ill)} degraded.", tone=Tone.WARN)


def _critical(known: Known) -> Optional[Finding]:
    number = _criticals(known.rows("alarms"))
    if not number:
        return None
    return Finding(words=f"{number} critical alarm{'s' * (number > 1)}.", tone=Tone.BAD)


@once
def _criticals(rows: Tuple[Alarm, ...]) -> int:
    return severity_counts(rows).get("critical", 0)


def _locked(known: Known) -> Optional[Finding]:
    duplex = is_duplex(known)
    idle = _idle(_sorted(hosts(known)).locked, known)
    out = [host for host in idle if not (duplex and host.is_controller)]
    return Finding(words=f"{_names(out)} {_is(out)} locked.", tone=Tone.WARN) if out else None


def _old_config(known: Known) -> Optional[Finding]:
    old = _sorted(hosts(known)).old
    if not old:
        return None
    verb = "runs" if len(old) == 1 else "run"
    return Finding(words=f"{_names(old)} {verb} an old configuration.", tone=Tone.WARN)


def _new(known: Known) -> Optional[Finding]:
    new = _sorted(hosts(known)).new
    if not new:
        return None
    words = f"{len(new)} new host{'s' * (len(new) > 1)} to classify."
    return Finding(words=words, tone=Tone.WARN)


def _all_well(known: Known) -> str:
    rows = hosts(known)
    if not rows:
        return "there is no host."
    if not known.has("alarms"):
        return f"{_number(rows)} unlocked, enabled, available. Alarms were not read."
    alarms = len(known.rows("alarms"))
    spoken = f"{alarms} alarm{'s' * (alarms > 1)}, none critical" if alarms else "no alarm"
    return f"{_number(rows)} unlocked, enabled, available; {spoken}."


def _number(rows: Sequence[Host]) -> str:
    return "the host is" if len(rows) == 1 else f"all {len(rows)} hosts are"


def _stale(known: Known) -> str:
    reading = known.reading("hosts")
    if reading.error is None:
        return ""
    return f"As it was {span(known.now_ms - reading.at_ms)} ago: {reading.error.words}"


def _names(some: Sequence[Host]) -> str:
    if len(some) > 2:
        return f"{some[0].name} and {len(some) - 1} others"
    return " and ".join(host.name for host in some)


def _is(some: Sequence[Host]) -> str:
    return "is" if len(some) == 1 else "are"


def _joined(sentences: Sequence[str]) -> str:
    """Return as many sentences as there is room for, the first in any case."""
    text = sentences[0]
    for sentence in sentences[1:]:
        if len(text) + 1 + len(sentence) <= ROOM:
            text = f"{text} {sentence}"
    return text
