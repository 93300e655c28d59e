"""The certificates that sysinv installed, each with the days it still holds."""

from __future__ import annotations

from typing import Any, Optional, Tuple

from backend.kind import Column, Kind, Rest, Row
from backend.kinds.inventory import NOISE
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone
from backend.units import DAY_MS, day, instant_ms

WARN_DAYS, BAD_DAYS = 30, 7


class Certificate(Row):
    """A certificate; its dates are None where the service never read them out of it."""

    uuid: str
    certtype: Optional[str] = None
    signature: Optional[str] = None
    subject: Optional[str] = None
    issuer: Optional[str] = None
    start_date: Optional[str] = None
    expiry_date: Optional[str] = None

    @property
    def expires_ms(self) -> Optional[int]:
        """When it ends, as epoch ms; None where that is not said, or not as a date."""
        try:
            return instant_ms(self.expiry_date)
        except ValueError:
            return None


def days_left(row: Certificate, known: Known) -> Optional[int]:
    """Return the whole days a certificate still holds, negative once it has ended."""
    return None if row.expires_ms is None else (row.expires_ms - known.now_ms) // DAY_MS


def _look(row: Certificate, known: Known) -> Look:
    left = days_left(row, known)
    if left is None or left >= WARN_DAYS:
        return WELL
    if left < 0:
        return Look(tone=Tone.BAD, mark=Mark.BAD, notes=("it has ended",))
    tone = Tone.BAD if left < BAD_DAYS else Tone.WARN
    words = "it ends within a day" if left < 1 else f"it ends in {left} day{'s' * (left > 1)}"
    return Look(tone=tone, mark=Mark.BAD, notes=(words,))


def _expires(row: Certificate) -> Optional[str]:
    """Return when it ends; what is no date stays as it came."""
    return row.expiry_date if row.expires_ms is None else day(row.expires_ms)


def _soonest(row: Certificate, _known: Known) -> Tuple[bool, int]:
    """What ends first stands first, what nobody knows last."""
    return row.expires_ms is None, row.expires_ms or 0


CERTIFICATES: Kind[Certificate] = Kind(
    name="certificates",
    singular="certificate",
    model=Certificate,
    read=Rest(service="sysinv", path="/certificate", items="certificates"),
    label=lambda row: row.signature or row.uuid,
    columns=(
        Column(heading="TYPE", value=lambda row: row.certtype),
        Column(heading="DAYS", joined=days_left, right=True),
        Column(heading="EXPIRES", value=_expires),
        Column(heading="SUBJECT", value=lambda row: row.subject, most=32),
        Column(heading="SIGNATURE", value=lambda row: row.signature, most=32),
        Column(heading="ISSUER", value=lambda row: row.issuer, most=48, wide=True),
        Column(heading="FROM", value=lambda row: row.start_date, wide=True),
    ),
    look=_look,
    sort=_soonest,
    aliases=("certs", "os-certificates"),
    noise=NOISE,
    every_s=60.0,
)

CERTIFIED: Tuple[Kind[Any], ...] = (CERTIFICATES,)
