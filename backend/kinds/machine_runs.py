"""What runs on by itself: programs started under supervision, found again by any console."""

from __future__ import annotations

from typing import Any, Iterable, Mapping, Optional, Tuple

from backend import supervised
from backend.kind import (
    Action,
    Answer,
    Asker,
    Body,
    Column,
    Command,
    CommandWrite,
    Consequence,
    Kind,
    Plan,
    Reach,
    Reason,
)
from backend.kinds.machine import MACHINE, MACHINES, OfMachine, size, split_rows, whole
from backend.kinds.machine_start import BOOTSTRAP, disruptive
from backend.known import Known
from backend.plan import OF
from backend.tone import WELL, Look, Mark, Tone, Verdict
from backend.units import span, when

_FIELDS = ("run", "pid", "alive", "status", "bytes", "began_s", "ended_s", "last", "line")
# How much of a log is shown of a run.
_LINES = 300


def runs_of(text: str) -> Iterable[Body]:
    """Parse what ``supervised.LIST`` prints."""
    return [_run(one) for one in split_rows(text, _FIELDS, "\t")]


def _run(one: Mapping[str, str]) -> Body:
    began_s, ended_s = whole(one["began_s"]), whole(one["ended_s"])
    return {
        "run": one["run"],
        "name": one["run"].rpartition("-")[0],
        "pid": whole(one["pid"]),
        "is_running": one["alive"] == "yes",
        "status": whole(one["status"]),
        "bytes": whole(one["bytes"]) or 0,
        "began_ms": None if began_s is None else began_s * 1000,
        "ended_ms": None if ended_s is None else ended_s * 1000,
        "last": one["last"].strip(),
        "line": one["line"].strip(),
    }


class Run(OfMachine):
    """A program under supervision: ``status`` is its exit code, None where it has none (yet)."""

    run: str
    name: str
    pid: Optional[int] = None
    is_running: bool = False
    status: Optional[int] = None
    bytes: int = 0
    began_ms: Optional[int] = None
    ended_ms: Optional[int] = None
    last: str = ""
    line: str = ""

    @property
    def stands(self) -> str:
        """How it is with it."""
        if self.is_running:
            return "running"
        if self.status is None:
            return "lost"
        return "ended well" if self.status == 0 else f"failed ({self.status})"


def _run_look(row: Run, _known: Known) -> Look:
    if row.is_running:
        return Look(tone=Tone.BUSY, mark=Mark.BUSY, notes=(row.last,) if row.last else ())
    if row.status is None:
        words = "ended without a word: killed, or the machine went down; see its log"
        return Look(tone=Tone.WARN, mark=Mark.BAD, notes=(words,))
    if row.status:
        return Look(tone=Tone.BAD, mark=Mark.BAD, notes=(row.last,) if row.last else ())
    return WELL


def _for(row: Run, known: Known) -> Optional[str]:
    if row.began_ms is None:
        return None
    ended_ms = known.now_ms if row.is_running else row.ended_ms
    return None if ended_ms is None else span(ended_ms - row.began_ms)


def _runs_verdict(known: Known) -> Verdict:
    rows = sorted(known.rows("runs"), key=lambda row: -(row.began_ms or 0))
    running = [row for row in rows if row.is_running]
    if running:
        text = f"{running[0].name} runs for {_for(running[0], known)}: {running[0].last}"
        more = "it goes on without this console; Enter shows its log"
        return Verdict(word="RUNNING", text=text, more=more, tone=Tone.BUSY)
    if not rows and not known.has("runs"):
        return Verdict(word="READING", text="no machine was looked at yet.", tone=Tone.PLAIN)
    if not rows:
        return Verdict(word="", text="nothing was started under supervision", tone=Tone.PLAIN)
    word, tone = ("NOT WELL", Tone.BAD) if rows[0].status else ("WELL", Tone.GOOD)
    if rows[0].status is None:
        word, tone = "WARN", Tone.WARN
    return Verdict(word=word, text=f"the last, {rows[0].name}, {rows[0].stands}", tone=tone)


# --- ending one --------------------------------------------------------------------------------


def _stop(row: Run, _form: Any, _known: Known) -> Plan:
    words = f"end {row.run} and all it started, by SIGTERM"
    argv = ("kill", "-TERM", "--", f"-{row.pid}")
    return Plan.of(CommandWrite(argv=argv, machine=row.machine, sentence=words))


def _stop_reasons(row: Run, _form: Any, _known: Known) -> Tuple[Reason, ...]:
    answer = Answer.PASSES if row.is_running and row.pid else Answer.NO
    return (Reason(check="it runs", answer=answer, words=f"it {row.stands}", asker=Asker.OURS),)


def _stopped_halfway(row: Run, _form: Any, _known: Known) -> Tuple[Consequence, ...]:
    words = f"{row.name} stops where it is; what it did so far stays done"
    return (Consequence(words=words, tone=Tone.BAD),)


STOP: Action[Run] = Action(
    name="stop",
    key="x",
    words="end",
    plan=_stop,
    risk=disruptive,
    reasons=_stop_reasons,
    consequences=_stopped_halfway,
    needs=("runs",),
)


# --- the kinds ---------------------------------------------------------------------------------


def lines_of(text: str) -> Iterable[Body]:
    """Number the last lines of a log."""
    return [{"number": number, "text": line} for number, line in enumerate(text.splitlines(), 1)]


class RunLine(OfMachine):
    """A line that a program under supervision printed; ``number`` counts from the first shown."""

    number: int
    text: str


RUN_LINES: Kind[RunLine] = Kind(
    name="run-lines",
    singular="run-line",
    model=RunLine,
    read=Command(argv=supervised.tail(OF, _LINES), parse=lines_of),
    parent="runs",
    reach=Reach.PER_PARENT,
    id=lambda row: f"{row.machine}/{row.number}",
    label=lambda row: str(row.number),
    columns=(Column(heading="WHAT IT PRINTED LAST", value=lambda row: row.text, most=200),),
    sort=lambda row, _known: -row.number,
    tab="l Log",
    is_inventory=False,
    every_s=2.0,
)

RUNS: Kind[Run] = Kind(
    name="runs",
    singular="run",
    model=Run,
    read=Command(argv=supervised.LIST, parse=runs_of),
    parent=MACHINES,
    reach=Reach.PER_PARENT,
    needs=(MACHINES,),
    id=lambda row: f"{row.machine}/{row.run}",
    label=lambda row: row.run,
    columns=(
        MACHINE,
        Column(heading="RUN", value=lambda row: row.run, most=36),
        Column(heading="STANDS", value=lambda row: row.stands),
        Column(heading="FOR", joined=_for, right=True),
        Column(
            heading="BEGAN",
            joined=lambda row, known: when(row.began_ms, known.now_ms) if row.began_ms else None,
        ),
        Column(heading="LOG", value=lambda row: size(row.bytes), right=True),
        Column(heading="COMMAND", value=lambda row: row.line, most=80, wide=True),
    ),
    look=_run_look,
    verdict=_runs_verdict,
    sort=lambda row, _known: -(row.began_ms or 0),
    tab="R Runs",
    state_fields=("is_running", "status"),
    actions=(BOOTSTRAP, STOP),
    noise=frozenset({"bytes", "last"}),
    aliases=("supervised",),
    is_inventory=False,
    every_s=2.0,
)
RUNS_OF_MACHINE: Tuple[Kind[Any], ...] = (RUNS, RUN_LINES)
