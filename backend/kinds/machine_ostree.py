"""OSTree on a machine: what it can boot, its branches, and the commits of each."""

from __future__ import annotations

import re
from typing import Any, Dict, Iterable, List, Optional, Tuple

from backend.figure import Jump, Line, Lines
from backend.kind import Body, Column, Command, Kind, Reach, Tab
from backend.kinds.machine import MACHINE, MACHINES, OfMachine
from backend.kinds.machine_ostree_acts import COMMIT_ACTIONS, DEPLOYMENT_ACTIONS, REF_ACTIONS
from backend.kinds.machine_ostree_changes import CHANGES
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone

EVERY_S = 60.0
# Where there is no repository there is nothing to tell.
_ABSENT = ("loading sysroot", "No deployments", "opening repo", "opendir(/sysroot/ostree/repo)")

# --- what it can boot --------------------------------------------------------------------------

_DEPLOYED = re.compile(r"^([* ]) (\S+) ([0-9a-f]{64})\.(\d+)(?: \((.+)\))?\s*$")
_SAYS = {"origin refspec": "origin", "Version": "version", "Pinned": "pinned", "Unlocked": "open"}


def deployments_of_ostree(text: str) -> Iterable[Body]:
    """Parse ``ostree admin status``: a line a deployment, what it says of itself indented below."""
    found: List[Dict[str, Any]] = []
    for line in filter(str.strip, text.splitlines()):
        head = _DEPLOYED.match(line)
        if head:
            mark, stateroot, commit, serial, note = head.groups()
            found.append({"stateroot": stateroot, "commit": commit, "serial": int(serial)})
            found[-1].update(index=len(found) - 1, is_booted=mark == "*", note=note or "")
        elif found:
            key, _, value = line.strip().partition(": ")
            if key in _SAYS:
                found[-1][_SAYS[key]] = value
    if not found:
        raise ValueError("no deployment")
    return [{**one, "pinned": one.get("pinned") == "yes"} for one in found]


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
    read=Command(argv=("ostree", "admin", "status"), parse=deployments_of_ostree, absent=_ABSENT),
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

# --- its branches, and the log of each ---------------------------------------------------------


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
    read=Command(argv=("ostree", "refs", "--list"), parse=refs_of_ostree, absent=_ABSENT),
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

_FIELDS = {"Parent": "parent", "Date": "date", "Version": "version"}


def commits_of_ostree(text: str) -> Iterable[Body]:
    """Parse ``ostree log``: a block a commit, newest first, its subject indented."""
    found: List[Dict[str, Any]] = []
    for line in text.splitlines():
        key, _, value = line.partition(":")
        if line.startswith("commit "):
            found.append({"commit": line.split()[1], "age": len(found)})
        elif found and key in _FIELDS:
            found[-1][_FIELDS[key]] = value.strip()
        elif found and line.startswith("    ") and line.strip():
            found[-1].setdefault("subject", line.strip())
    if not found:
        raise ValueError("no commit")
    return found


class Commit(OfMachine):
    """A commit of a branch; ``age`` counts from the newest, 0."""

    commit: str
    age: int = 0
    parent: str = ""
    date: str = ""
    version: str = ""
    subject: str = ""


def _deployed(row: Commit, known: Known) -> Optional[str]:
    """Return how the deployments of its machine stand to a commit."""
    rows = [*known.rows("ostree-deployments", row.machine), *known.rows("ostree-deployments")]
    return next(
        (o.stands for o in rows if (o.machine, o.commit) == (row.machine, row.commit)), None
    )


COMMITS: Kind[Commit] = Kind(
    name="ostree-commits",
    singular="ostree-commit",
    model=Commit,
    read=Command(argv=("ostree", "log", "{of}"), parse=commits_of_ostree, absent=_ABSENT),
    parent="ostree-refs",
    reach=Reach.PER_PARENT,
    needs=(MACHINES, "ostree-deployments"),
    id=lambda row: f"{row.machine}/{row.commit}",
    label=lambda row: row.commit[:12],
    columns=(
        MACHINE,
        Column(heading="COMMIT", value=lambda row: row.commit[:12]),
        Column(heading="VERSION", value=lambda row: row.version or None, most=20),
        Column(heading="DATE", value=lambda row: row.date[:16]),
        Column(heading="STANDS", joined=_deployed),
        Column(heading="SUBJECT", value=lambda row: row.subject or None, most=40),
    ),
    sort=lambda row, _known: (row.machine, row.age),
    tabs=(
        Tab(
            key="f",
            title="Files",
            kind="ostree-files",
            related=lambda row, other: row.commit == other.commit,
        ),
    ),
    actions=COMMIT_ACTIONS,
    tab="L Log",
    aliases=("ostree-log",),
    is_inventory=False,
    every_s=EVERY_S,
)

OSTREE_OF_MACHINE: Tuple[Kind[Any], ...] = (OSTREE, REFS, COMMITS, *CHANGES)
