"""``stx-tui cves``: known vulnerabilities taken from files, and looked up, without a network."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from backend.clean import clean
from backend.cve_import import find, imported, take
from backend.units import DAY_MS, day, system_ms

OLD_DAYS = 365


def run(arguments: argparse.Namespace) -> int:
    """Take files, or print what is known of a CVE or a package."""
    if arguments.act == "import":
        for file in arguments.words:
            _take(Path(file))
        return 0
    for word in arguments.words:
        found = find(word)
        if not found:
            print(f"stx-tui: nothing is known of {clean(word)!r}", file=sys.stderr)
        for one in found:
            fixed = f"fixed in {one.fixed}" if one.fixed else one.status
            of = " ".join(filter(None, (one.package, one.exact, one.release)))
            print(clean(f"{one.cve}  {of}  {fixed}  {one.urgency}  {one.summary}".rstrip()))
    _ages()
    return 0


def _take(file: Path) -> None:
    shown = -1

    def told(gone: int, of: int) -> None:
        nonlocal shown
        percent = gone * 100 // max(of, 1)
        if sys.stderr.isatty() and percent != shown:
            shown = percent
            print(f"\r{file.name}: {percent} %", end="", file=sys.stderr)

    made = take(file, system_ms(), told)
    if shown >= 0:
        print(file=sys.stderr)
    print(clean(f"{file.name}: {made.format}, {made.entries} entries, of {day(made.told_ms)}"))
    _old(made.format, made.told_ms)


def _ages() -> None:
    for one in imported():
        said = f"{one.format}: {one.entries} entries of {day(one.told_ms)}"
        print(clean(said), file=sys.stderr)
        _old(one.format, one.told_ms)


def _old(form: str, told_ms: int) -> None:
    days = (system_ms() - told_ms) // DAY_MS
    if days >= OLD_DAYS:
        words = f"stx-tui: the data of {form} is {days} days old: what is newer is missing"
        print(clean(words), file=sys.stderr)
