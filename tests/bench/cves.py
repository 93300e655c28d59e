"""What 60 MB of CVEs cost: ``python -m tests.bench.cves``, beside the goals.

A security tracker of 40,000 entries is written in Debian's shape, imported in a process of its own
(its memory is measured), and matched with 2,000 packages of 50 machines; then keys are typed.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, List, Sequence

from backend.kinds.cves import CVES
from backend.kinds.machine_software import Package
from backend.known import Known
from backend.place import Place
from backend.sources.cve_store import CveStore
from backend.sources.cves import Cves
from stx_tui.panes.rows import Rows
from tests.backend.kinds.site import reading

ENTRIES, PACKAGES, HOSTS, MEGABYTES = 40_000, 2_000, 50, 60
RELEASES = ("bullseye", "bookworm", "trixie", "forky", "sid")

IMPORT = """
import resource, sys, time
from pathlib import Path
from backend.sources.cve_store import CveStore
began = time.monotonic()
CveStore(Path(sys.argv[1])).take(Path(sys.argv[2]), 0, lambda gone, of: None)
took = time.monotonic() - began
print(took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def tracker() -> Dict[str, Any]:
    """Return a tracker of so many CVEs of so many packages, of the wanted size."""
    dice = random.Random(7)
    text = "An attacker may do what nobody foresaw, in a way that takes long to tell. " * 10
    found: Dict[str, Any] = {}
    for number in range(ENTRIES):
        releases = {
            name: {
                "status": dice.choice(("resolved", "resolved", "open")),
                "repositories": {name: "1.0-1", f"{name}-security": "1.0-1+deb11u1"},
                "fixed_version": f"{dice.randrange(1, 9)}.{dice.randrange(20)}-1+deb11u1",
                "urgency": "not yet assigned",
            }
            for name in RELEASES
        }
        said = {"description": text, "scope": "remote", "releases": releases}
        package = f"package-{number % (PACKAGES * 2)}"
        found.setdefault(package, {})[f"CVE-2026-{number:05}"] = said
    return found


def installed() -> List[Dict[str, Any]]:
    """Return the packages of all machines; most have the same version."""
    dice = random.Random(8)
    rows = []
    for host in range(HOSTS):
        for number in range(PACKAGES):
            version = f"{number % 9}.{number % 20}-1+deb11u{dice.choice((1, 1, 1, 2))}"
            body = {"machine": f"worker-{host}", "name": f"package-{number}", "version": version}
            rows.append({**body, "status": "ii"})
    return rows


def row(what: str, value: str, goal: str) -> None:
    print(f"{what:<56}{value:>12}   goal {goal}")


def screen(known: Known, bodies: Sequence[Dict[str, Any]]) -> None:
    """Print what the list costs on a screen, beside two releases on the shelf, and a key there."""
    shelf = [
        {
            "release_id": f"starlingx-25.09.{number}",
            "state": "available",
            "packages": [f"package-{at}_9.{number}-1+deb11u1_amd64.deb" for at in range(300)],
        }
        for number in (2, 3)
    ]
    found = {"cves": reading("cves", bodies), "releases": reading("releases", shelf)}
    known = replace(known, readings={**known.readings, **{(k, ""): v for k, v in found.items()}})
    table, began = Rows(CVES), time.monotonic()
    table.show(found["cves"], known)
    row(f"sort {len(bodies):,} rows for a screen", f"{(time.monotonic() - began):.2f} s", "1 s")
    table.search("c")
    while table.work(1.0):
        pass
    times = []
    for needle in ("cv", "cve-2026-123", "package-77", "worker-7", "starlingx-25.09.3"):
        began = time.monotonic()
        table.search(needle)
        times.append((time.monotonic() - began) * 1000)
    row("a key of its filter, worst of 5", f"{max(times):.1f} ms", "50 ms")


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        file, ours = Path(folder) / "tracker.json", Path(folder) / "cves.db"
        file.write_text(json.dumps(tracker()), encoding="utf-8")
        size = file.stat().st_size / 1e6
        argv = (sys.executable, "-c", IMPORT, str(ours), str(file))
        took, memory = subprocess.run(
            argv, check=True, capture_output=True, text=True
        ).stdout.split()
        row(f"import of {size:.0f} MB, {ENTRIES:,} entries", f"{float(took):.1f} s", "60 s")
        row("its memory", f"{memory} MB", "400 MB")
        place = Place(hostname="here", user="admin", terminal="pts/0")
        packages = reading("packages", installed())
        assert isinstance(packages.rows[0], Package)
        known = Known(cloud="c", now_ms=0, place=place, readings={("packages", ""): packages})
        cves = Cves(ours)
        began, used = time.monotonic(), time.process_time()
        rows = cves.rows("cves", known)
        took_s = time.monotonic() - began
        what = f"match with {PACKAGES:,} packages of {HOSTS} hosts ({len(rows):,} found)"
        row(what, f"{took_s:.2f} s", "2 s")
        row("of these on a processor", f"{time.process_time() - used:.2f} s", "2 s")
        screen(known, rows)
        store, times = CveStore(ours), []
        for word in ("C", "CVE-2026-1", "CVE-2026-12345", "p", "package-77", "nothing"):
            began = time.monotonic()
            store.find(word)
            times.append((time.monotonic() - began) * 1000)
        row("search, worst of 6 keys", f"{max(times):.1f} ms", "50 ms")


if __name__ == "__main__":
    main()
