"""What differs in a commit of an OSTree from the commit before it: its files, its packages."""

from __future__ import annotations

import re
from typing import Any, Dict, Iterable, Tuple

from backend.kind import Body, Column, Command, Kind, Reach
from backend.kinds.machine import MACHINES, OfMachine
from backend.plan import PAGE

_CHANGES = {"A": "new", "D": "gone", "M": "changed"}


def files_of_ostree(text: str) -> Iterable[Body]:
    """Parse ``ostree rev-parse`` and ``ostree diff``: whose it is, then a file a line."""
    commit, _, lines = text.partition(PAGE)
    found = (line.split(None, 1) for line in filter(str.strip, lines.splitlines()))
    return [
        {"commit": commit.strip(), "change": _CHANGES.get(letter, letter), "path": path}
        for letter, path in found
    ]


class ChangedFile(OfMachine):
    """A file that is not in a commit as it was in the one before it."""

    commit: str
    path: str
    change: str


FILES: Kind[ChangedFile] = Kind(
    name="ostree-files",
    singular="ostree-file",
    model=ChangedFile,
    read=Command(
        argv=("ostree", "rev-parse", "{of}"),
        then=(("ostree", "diff", "{of}^", "{of}"),),
        parse=files_of_ostree,
        deadline_s=60.0,
    ),
    parent="ostree-commits",
    reach=Reach.PER_PARENT,
    needs=(MACHINES,),
    id=lambda row: f"{row.machine}/{row.commit}{row.path}",
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
    """Parse ``ostree rev-parse`` and dpkg's state in the commit before and in this one."""
    commit, was, now = text.split(PAGE)
    before, after = _versions(was), _versions(now)
    return [
        {
            "commit": commit.strip(),
            "name": name,
            "was": before.get(name, ""),
            "now": after.get(name, ""),
        }
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    ]


def _versions(text: str) -> Dict[str, str]:
    found: Dict[str, str] = {}
    for stanza in text.split("\n\n"):
        said = dict(re.findall(r"^(Package|Version|Architecture): *(.*)$", stanza, re.MULTILINE))
        if "Package" in said:
            found[f"{said['Package']}:{said.get('Architecture', '')}".rstrip(":")] = said.get(
                "Version", ""
            )
    return found


class ChangedPackage(OfMachine):
    """A package that is not in a commit as it was in the one before it ("": not at all)."""

    commit: str
    name: str
    was: str = ""
    now: str = ""


CHANGED_PACKAGES: Kind[ChangedPackage] = Kind(
    name="ostree-packages",
    singular="ostree-package",
    model=ChangedPackage,
    read=Command(
        argv=("ostree", "rev-parse", "{of}"),
        then=(("ostree", "cat", "{of}^", _STATUS), ("ostree", "cat", "{of}", _STATUS)),
        parse=package_changes,
        deadline_s=60.0,
        most_bytes=16 * 1024 * 1024,
    ),
    parent="ostree-commits",
    reach=Reach.PER_PARENT,
    needs=(MACHINES,),
    id=lambda row: f"{row.machine}/{row.commit}/{row.name}",
    label=lambda row: row.name,
    columns=(
        Column(heading="PACKAGE", value=lambda row: row.name, most=36),
        Column(heading="BEFORE", value=lambda row: row.was or None, most=32),
        Column(heading="NOW", value=lambda row: row.now or None, most=32),
    ),
    sort=lambda row, _known: row.name,
    tab="P Packages",
    is_inventory=False,
    every_s=3600.0,
)

CHANGES: Tuple[Kind[Any], ...] = (FILES, CHANGED_PACKAGES)
