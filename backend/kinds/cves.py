"""CVEs that concern what is installed, from files that were carried in, and how old those are."""

from __future__ import annotations

from typing import Any, FrozenSet, List, Mapping, Optional, Tuple

from backend.cves import is_before, shipped
from backend.figure import Jump, Line, Lines
from backend.kind import Column, Kind, LocalRead, Row
from backend.kinds.once import once_each
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone, Verdict
from backend.units import DAY_MS, counted, day, span

FILES, NAME = "cve-files", "cves"
# From when on what was carried in is said to be old, in days.
OLD_DAYS, VERY_OLD_DAYS = 30, 365
# What Debian says of a CVE that is none for most.
NO_HARM = frozenset({"unimportant", "end-of-life"})
EVERY_S = 5.0


class CveFile(Row):
    """A file that was taken: its format, how many entries, of when it is, in epoch ms."""

    format: str
    path: str = ""
    entries: int = 0
    told_ms: int = 0
    imported_ms: int = 0


def _age(row: CveFile, known: Known) -> int:
    return max(known.now_ms - row.told_ms, 0)


def _file_look(row: CveFile, known: Known) -> Look:
    days = _age(row, known) // DAY_MS
    if days >= VERY_OLD_DAYS:
        words = f"{days} days old: what became known since then is missing"
        return Look(tone=Tone.BAD, mark=Mark.BAD, notes=(words,))
    if days >= OLD_DAYS:
        return Look(tone=Tone.WARN, mark=Mark.BAD, notes=(f"{days} days old",))
    return WELL


CVE_FILES: Kind[CveFile] = Kind(
    name=FILES,
    singular="cve-file",
    model=CveFile,
    read=LocalRead(table=FILES),
    id=lambda row: row.format,
    columns=(
        Column(heading="FORMAT", value=lambda row: row.format),
        Column(heading="ENTRIES", value=lambda row: row.entries, right=True),
        Column(heading="OF", value=lambda row: day(row.told_ms)),
        Column(heading="AGE", joined=lambda row, known: span(_age(row, known)), right=True),
        Column(heading="TAKEN", value=lambda row: day(row.imported_ms)),
        Column(heading="FILE", value=lambda row: row.path, most=48),
    ),
    look=_file_look,
    is_inventory=False,
    every_s=EVERY_S,
)


class Cve(Row):
    """A CVE of a package in one version, and the machines that have it."""

    uuid: str
    cve: str
    package: str
    version: str
    fixed: str = ""
    urgency: str = ""
    summary: str = ""
    release: str = ""
    machines: List[str] = []


@once_each
def _shelf(releases: Tuple[Any, ...]) -> Tuple[Tuple[str, Mapping[str, str], FrozenSet[str]], ...]:
    """Return of each release on the shelf: its id, what it ships, and which CVEs it names.

    Every row is sorted by it: of thousands of rows no name of a file is read again.
    """
    return tuple(
        (str(one.release_id), shipped(one.packages), frozenset(one.cves))
        for one in releases
        if one.state in {"available", "deploying"}
    )


def fixed_by(row: Cve, known: Known) -> Optional[str]:
    """Return the release on the shelf that brings a version without it, or names it as fixed."""
    for release_id, ships, names in _shelf(known.rows("releases")):
        brings = ships.get(row.package, "")
        is_newer = bool(row.fixed and brings) and not is_before(brings, row.fixed)
        if is_newer or row.cve in names:
            return release_id
    return None


@once_each
def _called(machines: Tuple[Any, ...]) -> Mapping[str, str]:
    return {one.uuid: str(one.name) for one in machines}


def _names(row: Cve, known: Known) -> Tuple[str, ...]:
    names = _called(known.rows("machines"))
    return tuple(names.get(machine, machine) for machine in row.machines)


def _rank(row: Cve) -> int:
    """Return its turn by Debian's urgency, where one is told: what is no harm comes last."""
    if row.urgency in NO_HARM:
        return 3
    return {"high": 0, "high**": 0, "medium": 1, "medium**": 1}.get(row.urgency, 2)


def _look(row: Cve, known: Known) -> Look:
    if row.urgency in NO_HARM:
        return Look()
    return Look(tone=Tone.WARN, mark=Mark.BAD if fixed_by(row, known) else Mark.NONE)


def _strip(row: Cve, known: Known) -> Lines:
    release = fixed_by(row, known)
    on_shelf = release or "no release on the shelf brings it"
    jump = Jump(kind="releases", id=release) if release else None
    urgency = f"{row.urgency}: " if row.urgency else ""
    lines = [
        Line(heading="WHAT", text=urgency + (row.summary or "its file says nothing of it")),
        Line(heading="FIXED", text=f"in {row.fixed}" if row.fixed else "in no version yet"),
        Line(heading="BY", text=on_shelf, jump=jump),
        Line(heading="ON", text=", ".join(_names(row, known))),
        Line(heading="DATA", text=ages(known)),
    ]
    return Lines(lines=tuple(lines))


def _sentence(row: Cve, known: Known) -> Verdict:
    """Return whom it concerns and what would mend it, in one sentence with the age of the data."""
    release = fixed_by(row, known)
    mends = f"{release} on the shelf fixes it" if release else "no release on the shelf fixes it"
    text = f"{row.cve} concerns {row.package} {row.version} on {counted(len(row.machines), 'host')}"
    is_harmless = row.urgency in NO_HARM
    return Verdict(
        word=row.urgency.upper() if is_harmless else "WARN",
        text=f"{text}; {mends}.",
        more=f"data: {ages(known)}",
        tone=Tone.PLAIN if is_harmless else Tone.WARN,
    )


def ages(known: Known) -> str:
    """Return how old each file is that was taken."""
    rows = sorted(known.rows(FILES), key=lambda row: row.format)
    return ", ".join(f"{row.format} {span(_age(row, known))} old" for row in rows)


def verdict(known: Known) -> Verdict:
    """Return how many concern us, how many the shelf would fix, and how old the data is."""
    reading, files = known.reading(NAME), known.rows(FILES)
    if not files:
        words = "no CVE data was imported: stx-tui cves import FILE, as carried in on a medium"
        return Verdict(word="UNKNOWN", text=words, tone=Tone.PLAIN)
    if not known.has("packages"):
        words = "which packages are installed was not read yet."
        return Verdict(word="READING", text=words, more=f"data: {ages(known)}", tone=Tone.PLAIN)
    if not reading.was_read:
        why = "they were not looked up yet." if reading.error is None else reading.error.words
        word = "READING" if reading.error is None else "CANNOT"
        return Verdict(word=word, text=why, more=f"data: {ages(known)}", tone=Tone.PLAIN)
    rows = reading.rows
    old = max(_age(row, known) for row in files) // DAY_MS
    many = len({row.cve for row in rows})
    text = (
        f"{many} CVE{'' if many == 1 else 's'} concern{'s' if many == 1 else ''} what is installed."
    )
    high = len({row.cve for row in rows if _rank(row) == 0})
    text = f"{text}  {high} high." if high else text
    here = sum(fixed_by(row, known) is not None for row in rows)
    shelf = f"   the shelf would fix {here} of {len(rows)}" if here else ""
    more = f"data: {ages(known)}{shelf}"
    if old >= OLD_DAYS:
        word = "OLD DATA" if old >= VERY_OLD_DAYS else "WARN"
        return Verdict(
            word=word, text=f"the data is up to {old} days old.  {text}", more=more, tone=Tone.WARN
        )
    return Verdict(
        word="WARN" if rows else "WELL", text=text, more=more, tone=Tone.WARN if rows else Tone.GOOD
    )


CVES: Kind[Cve] = Kind(
    name=NAME,
    singular="cve",
    model=Cve,
    read=LocalRead(table=NAME),
    label=lambda row: f"{row.cve} {row.package}",
    columns=(
        Column(heading="CVE", value=lambda row: row.cve),
        Column(heading="PACKAGE", value=lambda row: row.package, most=20),
        Column(heading="INSTALLED", value=lambda row: row.version, most=20),
        Column(heading="FIXED IN", value=lambda row: row.fixed or None, most=20),
        Column(heading="SHELF", joined=fixed_by, most=20),
        Column(heading="ON", joined=lambda row, known: " ".join(_names(row, known)), most=32),
        Column(heading="URGENCY", value=lambda row: row.urgency or None, wide=True),
        Column(heading="WHAT", value=lambda row: row.summary or None, most=60, wide=True),
    ),
    look=_look,
    strip=_strip,
    sentence=_sentence,
    sort=lambda row, known: (fixed_by(row, known) is None, _rank(row), row.package, row.cve),
    verdict=verdict,
    needs=("packages", "machines", "releases", FILES),
    aliases=("vulnerabilities",),
    is_inventory=False,
    every_s=EVERY_S,
)
