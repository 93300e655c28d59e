"""The commits of a branch of an OSTree, and what each can be compared with."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Optional

from backend.kind import Body, Column, Command, Kind, Reach
from backend.kinds.machine import MACHINE, MACHINES, OfMachine
from backend.kinds.machine_ostree_acts import COMMIT_ACTIONS
from backend.known import Known
from backend.plan import OF, PAGE

EVERY_S = 60.0
# Where there is no repository there is nothing to tell.
ABSENT = ("loading sysroot", "No deployments", "opening repo", "opendir(/sysroot/ostree/repo)")

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
    read=Command(argv=("ostree", "log", "{of}"), parse=commits_of_ostree, absent=ABSENT),
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
    actions=COMMIT_ACTIONS,
    tab="L Log",
    aliases=("ostree-log",),
    is_inventory=False,
    every_s=EVERY_S,
)

# --- with what a commit can be compared --------------------------------------------------------


def comparisons_of_ostree(text: str) -> Iterable[Body]:
    """Parse ``ostree log`` and ``ostree refs --list``: each commit before it, and each branch."""
    log, refs = text.split(PAGE)
    (first, *before) = commits_of_ostree(log)
    made = [{**one, "against": one["commit"], "commit": first["commit"]} for one in before]
    branches = [ref for ref in map(str.strip, refs.splitlines()) if ref]
    made += [
        {"commit": first["commit"], "against": ref, "is_branch": True, "age": len(made) + 1}
        for ref in branches
    ]
    return made


class Comparison(OfMachine):
    """A commit and one to compare it with: ``age`` commits before it, or the newest of a branch.

    OSTree keeps a branch for each deployment (``ostree/0/1/0``): those are told too.
    """

    commit: str
    against: str
    is_branch: bool = False
    age: int = 0
    date: str = ""
    version: str = ""
    subject: str = ""

    @property
    def stands(self) -> str:
        """What it is to the commit."""
        if self.is_branch:
            return "newest of a branch"
        return "the one before" if self.age == 1 else f"{self.age} before"


def _against(row: Comparison) -> str:
    return row.against if row.is_branch else row.against[:12]


COMPARISONS: Kind[Comparison] = Kind(
    name="ostree-comparisons",
    singular="ostree-comparison",
    model=Comparison,
    read=Command(
        argv=("ostree", "log", OF),
        then=(("ostree", "refs", "--list"),),
        parse=comparisons_of_ostree,
        absent=ABSENT,
    ),
    parent="ostree-commits",
    reach=Reach.PER_PARENT,
    needs=(MACHINES,),
    # Below it two are named: which, and against which.
    id=lambda row: f"{row.machine}/{row.commit}/{row.against}",
    label=_against,
    columns=(
        Column(heading="COMMIT", value=lambda row: row.commit[:12]),
        Column(heading="AGAINST", value=_against, most=40),
        Column(heading="WHICH IS", value=lambda row: row.stands),
        Column(heading="VERSION", value=lambda row: row.version or None, most=20),
        Column(heading="DATE", value=lambda row: row.date[:16] or None),
        Column(heading="SUBJECT", value=lambda row: row.subject or None, most=40),
    ),
    sort=lambda row, _known: row.age,
    tab="f Compare with",
    aliases=("ostree-diff",),
    is_inventory=False,
    every_s=EVERY_S,
)
