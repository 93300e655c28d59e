"""What is known of vulnerabilities, for the console: the files taken, and what concerns us."""

from __future__ import annotations

from dataclasses import asdict
from itertools import chain
from operator import is_
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

from backend.cves import Installed, findings, release_of
from backend.known import Known
from backend.mask import Body
from backend.sources.cve_store import CveStore, Imported, nothing_taken

FILES, CVES, IMAGE_PACKAGES = "cve-files", "cves", "image-packages"


class Cves:
    """Answers for our own file of CVEs; what was worked out stands until something changes."""

    def __init__(self, path: Path) -> None:
        """``path`` is where that file is, or would be."""
        self._store = CveStore(path)
        self._last: Optional[Tuple[Any, Tuple[Imported, ...], List[Body]]] = None

    def rows(self, table: str, known: Known) -> List[Body]:
        """Return the rows of a table; on a thread, for it takes a second with many machines.

        Raises ``NotConfigured`` where nothing was imported, ``StoreError`` where the file fails.
        """
        files = self._store.files()
        if table == FILES:
            return [asdict(one) for one in files]
        if not files:
            # Before packages are known too: an answer that there are none would be a false one.
            raise nothing_taken()
        # Of images what somebody looked into, and no more: their layers had to come over for it.
        inside = [one.rows for (name, _), one in known.readings.items() if name == IMAGE_PACKAGES]
        told = (known.rows("packages"), *inside)
        last = self._last
        is_same = last is not None and len(last[0]) == len(told) and all(map(is_, last[0], told))
        if last is None or not is_same or last[1] != files:
            self._last = last = (told, files, self._worked_out(told))
        return last[2]

    def _worked_out(self, told: Tuple[Tuple[Any, ...], ...]) -> List[Body]:
        found = findings(installed(tuple(chain(*told))), self._store.of_packages)
        rows: Dict[str, Body] = {}
        for one in found:
            entry = one.entry
            body = {**vars(entry), "version": one.version, "machines": one.machines}
            # Two files may tell of the same: one that knows a fix says more.
            key = f"{entry.cve}/{entry.package}/{one.version}"
            if key not in rows or (entry.fixed and not rows[key]["fixed"]):
                rows[key] = {**body, "uuid": key}
        return list(rows.values())


def installed(packages: Tuple[Any, ...]) -> List[Installed]:
    """Return what is installed on each machine, by the source that it was built of."""
    by_machine: Dict[str, List[Any]] = {}
    for row in packages:
        if row.status[1:2] == "i":
            by_machine.setdefault(row.machine, []).append(row)
    found: List[Installed] = []
    for machine, rows in by_machine.items():
        release = release_of([row.version for row in rows])
        found += [
            Installed(machine, row.source or row.name, row.source_version or row.version, release)
            for row in rows
        ]
    return found
