"""How a release looks, what is next with it, and all that it says of itself."""

from __future__ import annotations

from typing import Any, Mapping, Tuple

from backend.figure import Jump, Line, Lines
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone


def missing(row: Any, known: Known) -> Tuple[str, ...]:
    """Return what it requires and is not deployed."""
    states: Mapping[str, str] = {one.release_id: one.state for one in known.rows("releases")}
    return tuple(i for i in row.requires if states.get(i) not in {"deployed", "committed"})


def look(row: Any, _known: Known) -> Look:
    """Return how a release stands."""
    if row.state in {"upload-failed", "unavailable"}:
        return Look(tone=Tone.BAD, mark=Mark.BAD, notes=("USM says why in its software.log",))
    if row.state in {"uploading", "deploying", "removing"}:
        return Look(tone=Tone.BUSY, mark=Mark.BUSY)
    return WELL if row.state in {"deployed", "committed"} else Look()


def strip(row: Any, known: Known) -> Lines:
    """Return what is next with a release, and what it says of itself."""
    said = (
        ("NEXT", _next(row, known)),
        ("NEEDS", ", ".join(row.requires)),
        ("FIXES", ", ".join(row.cves)),
        ("WARNS", row.warnings),
        ("SW-PATCH", row.patch_state),
        ("WHAT", row.summary),
    )
    return Lines(lines=tuple(Line(heading=word, text=text) for word, text in said if text))


def _next(row: Any, known: Known) -> str:
    """Return what is to be done with it, and by which key."""
    if row.is_sw_patch:
        return ""  # its own state says what can be done: there are other verbs
    if row.state == "available":
        wanting = missing(row, known)
        if wanting:
            return f"first {', '.join(wanting)}, which it requires"
        if known.rows("deploy"):
            return "wait: another deploy is under way (:deploy)"
        return "a, P precheck; then S start. Whole, host by host: :strategies, a, 1"
    if row.state in {"deploying", "removing"}:
        return "its deploy goes on under :deploy and :deploy-hosts"
    if row.state in {"upload-failed", "unavailable"}:
        return "a, D delete it, mend what the service said, U upload it again"
    return ""


def page(row: Any, _known: Known) -> Lines:
    """Return all that the release says of itself."""
    requires = [
        Line(heading="requires", text=i, jump=Jump(kind="releases", id=i)) for i in row.requires
    ]
    said = (
        ("summary", row.summary),
        ("description", row.description),
        ("install", row.install_instructions),
        ("warnings", row.warnings),
        ("cves", "  ".join(row.cves)),
    )
    lines = [Line(heading=word, text=text) for word, text in said if text]
    packages = [Line(heading="" if n else "packages", text=p) for n, p in enumerate(row.packages)]
    return Lines(lines=(*lines, *requires, *packages))
