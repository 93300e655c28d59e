"""What differs between two commits of an OSTree: their files, and their packages."""

from __future__ import annotations

from typing import Any, Dict, Iterable, Tuple

from backend.kind import Body, Column, Command, Kind, Reach
from backend.kinds.machine import MACHINES, OfMachine
from backend.plan import OF_ONE, OF_OTHER, PAGE

_CHANGES = {"A": "new", "D": "gone", "M": "changed"}
# The full names of the two, whatever they were called.
_BOTH = (("ostree", "rev-parse", OF_ONE), ("ostree", "rev-parse", OF_OTHER))
_PARENT = "ostree-comparisons"
DEADLINE_S = 60.0


def files_of_ostree(text: str) -> Iterable[Body]:
    """Parse ``ostree rev-parse`` of both, then ``ostree diff``: a file a line."""
    commit, against, lines = text.split(PAGE, 2)
    both = {"commit": commit.strip(), "against": against.strip()}
    found = (line.split(None, 1) for line in filter(str.strip, lines.splitlines()))
    return [
        {**both, "change": _CHANGES.get(letter, letter), "path": path} for letter, path in found
    ]


class ChangedFile(OfMachine):
    """A file that is not in a commit as it is in the one it is compared with."""

    commit: str
    against: str
    path: str
    change: str


FILES: Kind[ChangedFile] = Kind(
    name="ostree-files",
    singular="ostree-file",
    model=ChangedFile,
    read=Command(
        argv=_BOTH[0],
        then=(_BOTH[1], ("ostree", "diff", OF_OTHER, OF_ONE)),
        parse=files_of_ostree,
        deadline_s=DEADLINE_S,
        most_bytes=16 * 1024 * 1024,
    ),
    parent=_PARENT,
    reach=Reach.PER_PARENT,
    needs=(MACHINES,),
    id=lambda row: f"{row.machine}/{row.commit}/{row.against}{row.path}",
    label=lambda row: row.path,
    columns=(
        Column(heading="CHANGE", value=lambda row: row.change),
        Column(heading="PATH", value=lambda row: row.path, most=100),
    ),
    sort=lambda row, _known: row.path,
    tab="f Files",
    is_inventory=False,
    every_s=3600.0,
)

# Where a tree that was made an OSTree keeps what dpkg knows.
_STATUS = "/usr/share/dpkg/database/status"


def package_changes(text: str) -> Iterable[Body]:
    """Parse ``ostree rev-parse`` of both, then dpkg's state in the one and in the other."""
    commit, against, now, was = text.split(PAGE)
    before, after = _versions(was), _versions(now)
    both = {"commit": commit.strip(), "against": against.strip()}
    return [
        {**both, "name": name, "was": before.get(name, ""), "now": after.get(name, "")}
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    ]


def _versions(text: str) -> Dict[str, str]:
    """Return the version of each package that is installed, by its name and architecture."""
    # Loaded when two commits are compared: no first screen pays for it.
    from debian.deb822 import Packages

    found: Dict[str, str] = {}
    for said in Packages.iter_paragraphs(text.splitlines(), use_apt_pkg=False):
        if said.get("Status", "").split()[-1:] in ([], ["installed"]):
            name = f"{said['Package']}:{said.get('Architecture', '')}".rstrip(":")
            found[name] = said["Version"]
    return found


class ChangedPackage(OfMachine):
    """A package that is not in a commit as it is in the one compared with ("": not at all)."""

    commit: str
    against: str
    name: str
    was: str = ""
    now: str = ""


CHANGED_PACKAGES: Kind[ChangedPackage] = Kind(
    name="ostree-packages",
    singular="ostree-package",
    model=ChangedPackage,
    read=Command(
        argv=_BOTH[0],
        then=(_BOTH[1], ("ostree", "cat", OF_ONE, _STATUS), ("ostree", "cat", OF_OTHER, _STATUS)),
        parse=package_changes,
        deadline_s=DEADLINE_S,
        most_bytes=16 * 1024 * 1024,
    ),
    parent=_PARENT,
    reach=Reach.PER_PARENT,
    needs=(MACHINES,),
    id=lambda row: f"{row.machine}/{row.commit}/{row.against}/{row.name}",
    label=lambda row: row.name,
    columns=(
        Column(heading="PACKAGE", value=lambda row: row.name, most=36),
        Column(heading="THERE", value=lambda row: row.was or None, most=32),
        Column(heading="IN COMMIT", value=lambda row: row.now or None, most=32),
    ),
    sort=lambda row, _known: row.name,
    tab="P Packages",
    is_inventory=False,
    every_s=3600.0,
)

CHANGES: Tuple[Kind[Any], ...] = (FILES, CHANGED_PACKAGES)
