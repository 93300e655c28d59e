"""USM's deploy as a state machine: which state may follow, which verb is legal, what is next."""

from __future__ import annotations

from typing import Mapping, Optional, Tuple

from backend.figure import Jump, Line, Lines, States
from backend.kind import Json, Reason, RestWrite, Row
from backend.kinds import deploy_times, sw_patch
from backend.known import Known
from backend.tone import Look, Mark, Tone, Verdict

SERVICE = "usm"
# There is at most one deploy, and no release is its key: a row of this name or none.
DEPLOY_ROW = "deploy"
HERE = Jump(kind="deploy", id=DEPLOY_ROW)
EVERY_S = 10.0

STATES = (
    *("start", "start-done", "host", "host-done", "activate", "activate-done", "completed"),
    *("start-failed", "host-failed", "activate-failed"),
    *("activate-rollback-pending", "activate-rollback", "activate-rollback-done"),
    *("activate-rollback-failed", "host-rollback", "host-rollback-done", "host-rollback-failed"),
)
# Which state may follow which, as the service's own table has it; what leads back to the same
# state is left out. A deploy that is deleted ends.
FOLLOWS: Mapping[str, Tuple[str, ...]] = {
    "start": ("start-done", "start-failed"),
    "start-done": ("host",),
    "host": ("host-done", "host-failed", "host-rollback"),
    "host-failed": ("host", "host-done", "host-rollback"),
    "host-done": ("activate", "host-rollback", "host-failed"),
    "activate": ("activate-done", "activate-failed"),
    "activate-failed": ("activate", "activate-rollback-pending"),
    "activate-done": ("completed", "activate-rollback-pending"),
    "completed": ("activate-rollback-pending",),
    "activate-rollback-pending": ("activate-rollback",),
    "activate-rollback": ("activate-rollback-done", "activate-rollback-failed"),
    "activate-rollback-failed": ("activate-rollback",),
    "activate-rollback-done": ("host-rollback",),
    "host-rollback": ("host-rollback-done", "host-rollback-failed"),
    "host-rollback-failed": ("host-rollback", "host-rollback-done"),
}
# In which states the service takes a verb. It lets an abort into ``activate`` too, from where no
# transition leads out: that one is not offered.
LEGAL: Mapping[str, Tuple[str, ...]] = {
    "host": ("start-done", "host", "host-failed"),
    "host-rollback": ("activate-rollback-done", "host-rollback", "host-rollback-failed"),
    "activate": ("host-done", "activate-failed"),
    "activate-rollback": ("activate-rollback-pending", "activate-rollback-failed"),
    "complete": ("activate-done",),
    "abort": (
        *("host", "host-failed", "host-done"),
        *("activate-failed", "activate-done", "completed"),
    ),
    "delete": ("host-rollback-done", "completed", "start-done", "start-failed"),
}
RUNS = {"start", "host", "activate", "activate-rollback", "host-rollback"}


class Deploy(Row):
    """The deploy under way, from one release to another."""

    from_release: str
    to_release: str
    state: str
    reboot_required: Optional[bool] = None
    major_release: Optional[bool] = None


def deploy_of(known: Known) -> Optional[Deploy]:
    """Return the deploy under way, None where there is none or nobody knows."""
    return known.row("deploy", DEPLOY_ROW)


def legal(state: str) -> Tuple[str, ...]:
    """Return the verbs that the service takes in that state; none in one we have never seen."""
    return tuple(verb for verb, states in LEGAL.items() if state in states)


# --- how it looks ------------------------------------------------------------------------------


def look(row: Deploy, _known: Known) -> Look:
    if row.state not in STATES:
        words = f"{row.state} is a state that this console does not know: nothing is offered"
        return Look(mark=Mark.UNKNOWN, notes=(words,))
    if row.state.endswith("-failed"):
        return Look(tone=Tone.BAD, mark=Mark.BAD, notes=(f"legal now: {_said(row.state)}",))
    if row.state in RUNS:
        return Look(tone=Tone.BUSY, mark=Mark.BUSY)
    return Look()


def _said(state: str) -> str:
    return ", ".join(f"deploy {verb}" for verb in legal(state)) or "nothing but to look again"


def _tone(state: str) -> Tone:
    if state.endswith("-failed"):
        return Tone.BAD
    return Tone.BUSY if state in RUNS else Tone.GOOD


def states(row: Deploy, _known: Known) -> States:
    """Return the picture of its states, and where it stands."""
    edges = tuple((source, to) for source, after in FOLLOWS.items() for to in after)
    return States(states=STATES, edges=edges, current=row.state, tone=_tone(row.state))


def hosts_done(known: Known) -> Tuple[int, int]:
    hosts = known.rows("deploy-hosts")
    ends = {"deployed", "rollback-deployed"}
    return sum(1 for host in hosts if host.host_state in ends), len(hosts)


def how_deployed(reboot_required: Optional[bool]) -> str:
    """Return whether hosts restart for it, in a word; "?" where nobody says."""
    return "?" if reboot_required is None else "reboot" if reboot_required else "in service"


def _next(row: Deploy, known: Known) -> str:
    """Say the one thing to do now."""
    reboot = "lock it, deploy host, unlock it" if row.reboot_required else "deploy host"
    at_it = [o.hostname for o in known.rows("deploy-hosts") if o.host_state.endswith("deploying")]
    return {
        "start": "wait: the files are being staged",
        "start-done": f"the first host: {reboot}",
        "host": f"wait: {', '.join(at_it)} is at it" if at_it else f"the next host: {reboot}",
        "host-done": "activate, when all hosts are unlocked",
        "activate": "wait: it is being activated",
        "activate-done": "complete: until delete an abort still leads back",
        "completed": "delete ends it",
        "start-failed": "delete it, mend what failed, start again",
        "host-rollback-done": "delete ends it",
        "activate-rollback-pending": "activate-rollback",
        "activate-rollback-done": "roll back each host",
    }.get(row.state, f"legal now: {_said(row.state)}")


def verdict(known: Known) -> Verdict:
    """Return what is being deployed, how far it is, and what comes next."""
    reading, row = known.reading("deploy"), deploy_of(known)
    if row is None and sw_patch.is_older(known):
        return sw_patch.verdict(known)
    if row is None:
        if not reading.was_read:
            error = reading.error
            words = error.words if error is not None else "the deploy was not read yet."
            return Verdict(word="CANNOT" if error else "READING", text=words, tone=Tone.PLAIN)
        begin = "To begin: :releases, one that is available, a, P precheck, S start."
        return Verdict(word="WELL", text="no software is being deployed.", more=begin)
    done, of = hosts_done(known)
    how = "reboot required" if row.reboot_required else how_deployed(row.reboot_required)
    text = f"{row.from_release} -> {row.to_release}, {how}.  {done} of {of} hosts done."
    text = f"{text}  {deploy_times.whole(row, known)}".rstrip()
    words = f"[{row.state}]  NEXT {_next(row, known)}"
    if row.state.endswith("-failed"):
        return Verdict(word="NOT WELL", text=f"{row.state}: {text}", more=words, tone=Tone.BAD)
    word = "ROLLING BACK" if "rollback" in row.state else "DEPLOYING"
    return Verdict(word=word, text=text, more=words, tone=Tone.BUSY)


def strip(row: Deploy, known: Known) -> Lines:
    later = [v for v in LEGAL if v not in legal(row.state) and "rollback" not in v]
    not_yet = (f"{v} needs {' or '.join(LEGAL[v])}" for v in later)
    tone = Tone.BAD if row.state.endswith("-failed") else Tone.PLAIN
    lines = [
        Line(heading="NEXT", text=_next(row, known)),
        Line(heading="NOW", text=deploy_times.here(row, known) or row.state, tone=tone),
        Line(heading="LEGAL", text=_said(row.state)),
        Line(heading="NOT YET", text="; ".join(not_yet)),
    ]
    release = next(
        (one for one in known.rows("releases") if one.sw_version == row.to_release), None
    )
    if release is not None and release.cves:
        jump = Jump(kind="releases", id=release.release_id)
        lines.append(Line(heading="FIXES", text=", ".join(release.cves), jump=jump))
    if row.major_release:
        words = "a major release: upload and delete on controller-0"
        lines.append(Line(heading="ONLY", text=words))
    return Lines(lines=tuple(lines))


def state_reason(verb: str, state: str) -> Reason:
    """Return whether the service takes ``verb`` in that state."""
    check = f"the deploy is {' or '.join(LEGAL[verb])}"
    if state in LEGAL[verb]:
        return Reason.passes(check)
    return Reason.no(check, f"it is {state}", HERE)


def usm(method: str, path: str, *command: str, body: Json = None, sentence: str) -> RestWrite:
    """Return one request to USM, and the same as ``software`` would send it."""
    return RestWrite(
        service=SERVICE,
        method=method,
        path=path,
        body=body,
        command=("software", *command),
        sentence=sentence,
    )
