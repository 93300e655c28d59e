"""The licence of the platform, where one is installed: its end is read out of its own text."""

from __future__ import annotations

import re
from typing import Optional

from backend.kind import Column, Kind, Rest, Row
from backend.kinds.certificate_acts import LICENCE_ACTIONS
from backend.kinds.certificates import days_to, ends_look
from backend.known import Known
from backend.tone import WELL, Look, Mark
from backend.units import day, written_ms

# A date after a word for the end, or as licence managers write it in a feature's line.
_END = re.compile(
    r"expir\w*(?:\W+date)?\W{1,20}(?P<iso>\d{4}-\d{2}-\d{2})"
    r"|(?:expir\w*\W{1,20}|^(?:FEATURE|INCREMENT)(?:\s+\S+){3}\s+)(?P<word>\d{1,2}-[a-z]{3}-\d{4})",
    re.IGNORECASE | re.MULTILINE,
)
_FOR_EVER = re.compile(r"^(?:FEATURE|INCREMENT)\b.*\bpermanent\b", re.IGNORECASE | re.MULTILINE)


class Licence(Row):
    """The text of the licence, or why there is none."""

    content: str = ""
    error: str = ""

    @property
    def expires_ms(self) -> Optional[int]:
        """When its first feature ends, as epoch ms (UTC); None where its text names no end."""
        ends = [end for end in map(_instant, _END.finditer(self.content)) if end is not None]
        return min(ends, default=None)

    @property
    def says(self) -> str:
        """What is known of its end, in words."""
        if self.error or not self.content.strip():
            return self.error or "none is installed"
        if self.expires_ms is not None:
            return f"to {day(self.expires_ms)}"
        return "permanent" if self.is_for_ever else "its text names no end"

    @property
    def is_for_ever(self) -> bool:
        """Whether its text says that it has no end."""
        return self.expires_ms is None and bool(_FOR_EVER.search(self.content))


def _instant(found: re.Match[str]) -> Optional[int]:
    return written_ms(found["iso"] or found["word"], "%Y-%m-%d" if found["iso"] else "%d-%b-%Y")


def _look(row: Licence, known: Known) -> Look:
    if row.error:
        return Look(mark=Mark.OUT, notes=(row.error,))
    if not row.content or row.is_for_ever:
        return WELL
    if row.expires_ms is None:
        return Look(mark=Mark.UNKNOWN, notes=(f"when it ends is not known: {row.says}",))
    return ends_look(days_to(row.expires_ms, known))


LICENCE: Kind[Licence] = Kind(
    name="licence",
    singular="licence",
    model=Licence,
    read=Rest(service="sysinv", path="/license/get_license_file"),
    id=lambda _row: "licence",
    columns=(
        Column(heading="LICENCE", value=lambda row: row.says, most=70),
        Column(
            heading="DAYS", joined=lambda row, known: days_to(row.expires_ms, known), right=True
        ),
    ),
    look=_look,
    actions=LICENCE_ACTIONS,
    aliases=("license", "license-show"),
    # What it says is for the one who paid for it.
    secret=frozenset({"content"}),
    every_s=300.0,
)
