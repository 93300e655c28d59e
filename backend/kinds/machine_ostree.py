"""OSTree on a machine: what it can boot, and its branches."""

from __future__ import annotations

import re
from typing import Any, Iterable, Tuple

from backend.figure import Jump, Line, Lines
from backend.kind import Body, Column, Command, Kind, Reach
from backend.kinds.machine import MACHINE, MACHINES, OfMachine
from backend.kinds.machine_ostree_acts import DEPLOYMENT_ACTIONS, REF_ACTIONS
from backend.kinds.machine_ostree_changes import CHANGES
from backend.kinds.machine_ostree_log import ABSENT, COMMITS, COMPARISONS, EVERY_S
from backend.kinds.machine_ostree_signatures import SIGNATURES
from backend.kinds.machine_ostree_status import STATUS, deployments_of_ostree
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone

# --- what it can boot --------------------------------------------------------------------------


class Deployment(OfMachine):
    """A tree that this machine can boot; ``index`` is its turn: 0 is what the next boot brings."""

    stateroot: str
    commit: str
    serial: int
    index: int = 0
    is_booted: bool
    note: str = ""
    origin: str = ""
    version: str = ""
    pinned: bool = False
    open: str = ""

    @property
    def stands(self) -> str:
        """What it is to the next boot."""
        said = "runs" if self.is_booted else self.note or ("next" if self.index == 0 else "kept")
        return f"{said}, pinned" if self.pinned else said


def _deployment_look(row: Deployment, _known: Known) -> Look:
    if row.open:
        words = f"its /usr was unlocked ({row.open}): what runs is not what was committed"
        return Look(tone=Tone.WARN, mark=Mark.BAD, notes=(words,))
    if row.note == "pending":
        return Look(tone=Tone.BUSY, mark=Mark.BUSY, notes=("comes with the next boot",))
    return WELL if row.is_booted else Look(mark=Mark.OUT)


def _deployment_strip(row: Deployment, _known: Known) -> Lines:
    commit = Jump(kind="ostree-commits", id=f"{row.machine}/{row.commit}")
    boots = "the next boot brings it" if row.index == 0 else f"number {row.index} of those to boot"
    lines = [
        Line(heading="COMMIT", text=row.commit, jump=commit),
        Line(heading="BOOTS", text="it runs, and " + boots if row.is_booted else boots),
    ]
    if row.pinned:
        lines.append(Line(heading="PINNED", text="no deploy and no cleanup takes it away"))
    return Lines(lines=tuple(lines))


OSTREE: Kind[Deployment] = Kind(
    name="ostree-deployments",
    singular="ostree-deployment",
    model=Deployment,
    read=Command(argv=STATUS, parse=deployments_of_ostree, absent=ABSENT),
    parent=MACHINES,
    reach=Reach.PER_PARENT,
    needs=(MACHINES,),
    id=lambda row: f"{row.machine}/{row.stateroot}/{row.commit}.{row.serial}",
    label=lambda row: row.commit[:12],
    columns=(
        MACHINE,
        Column(heading="COMMIT", value=lambda row: row.commit[:12]),
        Column(heading="STANDS", value=lambda row: row.stands),
        Column(heading="VERSION", value=lambda row: row.version, most=20),
        Column(heading="STATEROOT", value=lambda row: row.stateroot),
        Column(heading="ORIGIN", value=lambda row: row.origin, most=28),
    ),
    look=_deployment_look,
    strip=_deployment_strip,
    sort=lambda row, _known: (row.machine, row.index),
    state_fields=("is_booted", "note", "pinned"),
    actions=DEPLOYMENT_ACTIONS,
    tab="o OSTree",
    aliases=("ostree-status", "ostree"),
    is_inventory=False,
    every_s=EVERY_S,
)

# --- its branches ------------------------------------------------------------------------------


def refs_of_ostree(text: str) -> Iterable[Body]:
    """Parse ``ostree refs --list``; those that OSTree keeps for its deployments are left out."""
    refs = (line.strip() for line in text.splitlines())
    return [{"ref": ref} for ref in refs if ref and not re.match(r"ostree/\d+/\d+/\d+$", ref)]


class Ref(OfMachine):
    """A branch of the repository of a machine."""

    ref: str


REFS: Kind[Ref] = Kind(
    name="ostree-refs",
    singular="ostree-ref",
    model=Ref,
    read=Command(argv=("ostree", "refs", "--list"), parse=refs_of_ostree, absent=ABSENT),
    parent=MACHINES,
    reach=Reach.PER_PARENT,
    needs=(MACHINES,),
    id=lambda row: f"{row.machine}/{row.ref}",
    label=lambda row: row.ref,
    columns=(MACHINE, Column(heading="BRANCH", value=lambda row: row.ref, most=60)),
    actions=REF_ACTIONS,
    tab="R Branches",
    is_inventory=False,
    every_s=EVERY_S,
)

OSTREE_OF_MACHINE: Tuple[Kind[Any], ...] = (
    OSTREE,
    REFS,
    COMMITS,
    COMPARISONS,
    SIGNATURES,
    *CHANGES,
)
