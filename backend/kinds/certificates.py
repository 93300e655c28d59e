"""The certificates that sysinv installed, and all the platform holds, with the days they hold."""

from __future__ import annotations

from typing import Any, Dict, Optional, Tuple

from pydantic import Field

from backend.kind import Column, Kind, Rest, Row
from backend.kinds.certificate_acts import CERTIFICATE_ACTIONS, RENEWALS
from backend.kinds.inventory import NOISE
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone
from backend.units import DAY_MS, day, instant_ms, written_ms

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
        return instant_ms(self.expiry_date)


def days_to(ms: Optional[int], known: Known) -> Optional[int]:
    """Return the whole days until an instant, negative once it is past."""
    return None if ms is None else (ms - known.now_ms) // DAY_MS


def ends_look(left: Optional[int]) -> Look:
    """Return how something stands that ends in so many days."""
    if left is None or left >= WARN_DAYS:
        return WELL
    if left < 0:
        return Look(tone=Tone.BAD, mark=Mark.BAD, notes=("it has ended",))
    tone = Tone.BAD if left < BAD_DAYS else Tone.WARN
    words = "it ends within a day" if left < 1 else f"it ends in {left} day{'s' * (left > 1)}"
    return Look(tone=tone, mark=Mark.BAD, notes=(words,))


def days_left(row: Certificate, known: Known) -> Optional[int]:
    """Return the whole days a certificate still holds, negative once it has ended."""
    return days_to(row.expires_ms, known)


def _look(row: Any, known: Known) -> Look:
    """Say how it stands; one whose end nobody knows is not called well."""
    if row.expires_ms is None:
        said = f"{row.expiry_date!r} is no date" if row.expiry_date else "it does not say"
        return Look(mark=Mark.UNKNOWN, notes=(f"when it ends is not known: {said}",))
    return ends_look(days_to(row.expires_ms, known))


def _expires(row: Any) -> Optional[str]:
    """Return when it ends; what is no date stays as it came."""
    return row.expiry_date if row.expires_ms is None else day(row.expires_ms)


def _soonest(row: Any, _known: Known) -> Tuple[bool, int]:
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
    actions=CERTIFICATE_ACTIONS,
    aliases=("certs", "os-certificates"),
    noise=NOISE,
    every_s=60.0,
)

# --- all there are, each read out of its file or secret when asked ------------------------------

_WRITTEN = "%B %d %H:%M:%S %Y"


class Held(Row):
    """A certificate that the platform or Kubernetes holds; its days were counted by the service."""

    name: str
    validity: Dict[str, Any] = Field(default_factory=dict, alias="Validity")
    renewal: Optional[str] = Field(default=None, alias="Renewal")
    subject: Optional[str] = Field(default=None, alias="Subject")
    issuer: Optional[str] = Field(default=None, alias="Issuer")
    file: Optional[str] = Field(default=None, alias="File Path")
    namespace: Optional[str] = Field(default=None, alias="Namespace")
    secret: Optional[str] = Field(default=None, alias="Secret")

    @property
    def expiry_date(self) -> Optional[str]:
        """When it ends, as the service wrote it."""
        said = self.validity.get("Not After")
        return None if said is None else str(said)

    @property
    def expires_ms(self) -> Optional[int]:
        """When it ends, as epoch ms; None where that is not said, or not as a date (in UTC)."""
        return written_ms(self.expiry_date, _WRITTEN)

    @property
    def place(self) -> Optional[str]:
        """Where it is kept: its secret, or its file."""
        return f"{self.namespace}/{self.secret}" if self.secret else self.file


def _held(name: str, path: str, *aliases: str, actions: Tuple[Any, ...] = ()) -> Kind[Held]:
    return Kind(
        name=name,
        singular=name[:-1],
        model=Held,
        read=Rest(service="sysinv", path=path, named="name"),
        id=lambda row: row.name,
        columns=(
            Column(heading="NAME", value=lambda row: row.name, most=36),
            Column(
                heading="DAYS", joined=lambda row, known: days_to(row.expires_ms, known), right=True
            ),
            Column(heading="EXPIRES", value=_expires),
            Column(heading="RENEWAL", value=lambda row: row.renewal),
            Column(heading="SUBJECT", value=lambda row: row.subject, most=32),
            Column(heading="WHERE", value=lambda row: row.place, most=60, wide=True),
            Column(heading="ISSUER", value=lambda row: row.issuer, most=48, wide=True),
        ),
        look=_look,
        sort=lambda row, known: (*_soonest(row, known), row.name),
        actions=actions,
        aliases=aliases,
        # The days left are others each day; they are counted anew from the date.
        noise=frozenset({"Residual Time"}),
        # The service opens every file and secret for it.
        every_s=300.0,
    )


PLATFORM_CERTIFICATES = _held(
    "platform-certificates",
    "/certificate/get_all_certs",
    "certificate-list",
    actions=RENEWALS,
)
K8S_CERTIFICATES = _held(
    "k8s-certificates", "/certificate/get_all_k8s_certs", "k8s-certificate-list"
)

CERTIFIED: Tuple[Kind[Any], ...] = (CERTIFICATES, PLATFORM_CERTIFICATES, K8S_CERTIFICATES)
