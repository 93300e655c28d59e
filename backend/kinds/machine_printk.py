"""The kernel's messages over a console's screen: turned down, thought of as long, put back."""

from __future__ import annotations

import re
from typing import Any, Iterable, Tuple

from backend.kind import (
    Action,
    Answer,
    Asker,
    Body,
    Column,
    Command,
    CommandWrite,
    Kind,
    Nothing,
    Plan,
    Reason,
    Risk,
)
from backend.kinds.machine import OfMachine
from backend.known import Known
from backend.plan import HERE
from backend.tone import WELL, Look, Tone

KERNEL_CONSOLE = "kernel-console"
# What the level is turned down to: only what is worse than an error is shown.
QUIET = 1
# What `quiet` on the kernel's command line sets, and what holds where nothing was ever read.
USUAL = 4


def console_of_proc(text: str) -> Iterable[Body]:
    """Parse printk and cmdline of /proc, one line each."""
    printk, parameters = text.splitlines()[:2]
    level, _message, _least, built_in = (int(word) for word in printk.split())
    said = re.findall(r"(?:^|\s)loglevel=(\d)(?:\s|$)", parameters)
    usual = int(said[-1]) if said else USUAL if "quiet" in parameters.split() else built_in
    return [{"level": level, "usual": usual}]


class KernelConsole(OfMachine):
    """Messages more urgent than ``level`` fall onto the console; ``usual`` is the boot's level."""

    level: int
    usual: int = USUAL

    @property
    def is_quiet(self) -> bool:
        """Whether it was turned down."""
        return self.level <= QUIET < self.usual


def _reminder(known: Known) -> str:
    rows = known.rows(KERNEL_CONSOLE)
    return "KERNEL QUIET" if rows and rows[0].is_quiet else ""


def _level(level: int, words: str) -> Plan:
    argv = ("dmesg", "-n", str(level))
    return Plan.of(CommandWrite(argv=argv, machine=HERE, sentence=words))


def _quiet(_row: Any, _form: Nothing, _known: Known) -> Plan:
    return _level(QUIET, "let no message of the kernel's fall over the screen; dmesg keeps all")


def _usual(_row: Any, _form: Nothing, known: Known) -> Plan:
    rows = known.rows(KERNEL_CONSOLE)
    usual = rows[0].usual if rows else USUAL
    words = f"let the kernel's urgent messages onto the console again (level {usual}, as at boot)"
    return _level(usual, words)


def _harmless(_row: Any, _form: Any, _known: Known) -> Risk:
    return Risk.HARMLESS


def _is_root(_row: Any, _form: Any, known: Known) -> Tuple[Reason, ...]:
    answer = Answer.PASSES if known.place.is_root else Answer.CANT_TELL
    words = "only root may; where it is refused: sudo -E stx-tui"
    return (Reason(check="one may", answer=answer, words=words, asker=Asker.OURS),)


QUIETER: Action[Any] = Action(
    name="quiet",
    key="K",
    words="quiet the kernel",
    plan=_quiet,
    risk=_harmless,
    reasons=_is_root,
    needs=(KERNEL_CONSOLE,),
    on_kind=True,
    undone_by="loud",
)
LOUDER: Action[Any] = Action(
    name="loud",
    key="U",
    words="let the kernel speak",
    plan=_usual,
    risk=_harmless,
    reasons=_is_root,
    needs=(KERNEL_CONSOLE,),
    on_kind=True,
)


def _says(row: KernelConsole) -> str:
    if row.is_quiet:
        return "turned down: none falls over this screen; dmesg has them"
    return f"those more urgent than level {row.level} fall over a console's screen"


CONSOLE: Kind[KernelConsole] = Kind(
    name=KERNEL_CONSOLE,
    singular="kernel-console-level",
    model=KernelConsole,
    # Of this machine alone: it is looked at as long as there is a console, and asks nobody else.
    read=Command(argv=("cat", "/proc/sys/kernel/printk", "/proc/cmdline"), parse=console_of_proc),
    id=lambda row: f"{row.machine}/console",
    label=lambda _row: "console",
    columns=(
        Column(heading="LEVEL", value=lambda row: row.level, right=True),
        Column(heading="USUAL", value=lambda row: row.usual, right=True),
        Column(heading="SAYS", value=_says, most=70),
    ),
    look=lambda row, _known: Look(tone=Tone.WARN) if row.is_quiet else WELL,
    reminder=_reminder,
    actions=(QUIETER, LOUDER),
    aliases=("printk",),
    is_inventory=False,
    every_s=60.0,
)
