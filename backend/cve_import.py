"""Files of known vulnerabilities that a site carries in, taken into a file of our own."""

from __future__ import annotations

from pathlib import Path
from typing import Callable, List, Tuple

from backend.cves import Entry
from backend.folders import cve_file
from backend.sources.cve_store import CveStore, Imported

__all__ = ["Imported", "find", "imported", "take"]


def take(file: Path, now_ms: int, told: Callable[[int, int], None]) -> Imported:
    """Take a file in the place of the last one of its format; ``told`` hears bytes of how many.

    Raises ``Missing`` or ``NotReadable`` where the file is bad, ``StoreError`` where ours is; what
    was known stays then.
    """
    return CveStore(cve_file()).take(file, now_ms, told)


def imported() -> Tuple[Imported, ...]:
    """Return which files were taken."""
    return CveStore(cve_file()).files()


def find(word: str) -> List[Entry]:
    """Return what is known of a CVE or a package that begins with ``word``.

    Raises ``NotConfigured`` where nothing was imported.
    """
    return CveStore(cve_file()).find(word)
