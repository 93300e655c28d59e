"""A new root CA for Kubernetes: the phases in which hosts and pods come to trust it."""

from __future__ import annotations

from typing import Optional

from backend.figure import Line, Lines, States
from backend.kind import Column, Kind, Rest, Row, Tab
from backend.kinds.inventory import NOISE, look_of
from backend.kinds.rootca_acts import (
    COMPLETED,
    GENERATED,
    PHASES,
    ROOTCA_ACTIONS,
    SERVICE,
    STARTED,
    done,
    next_words,
    runs,
)
from backend.known import Known
from backend.tone import Tone, Verdict

EVERY_S = 15.0


class RootCaUpdate(Row):
    """The change of Kubernetes' root certificate authority under way; there is at most one."""

    uuid: str
    state: Optional[str] = None
    from_rootca_cert: Optional[str] = None
    to_rootca_cert: Optional[str] = None


# --- how it looks ------------------------------------------------------------------------------


def states(row: RootCaUpdate, _known: Known) -> States:
    """Return the phases in their order, and where it stands."""
    both = [name for who, phase in PHASES for name in (runs(who, phase), done(who, phase))]
    way = (STARTED, GENERATED, *both, COMPLETED)
    state = row.state or ""
    current = state.removesuffix("-failed")
    tone = Tone.BAD if current != state else Tone.BUSY
    return States(states=way, edges=tuple(zip(way, way[1:])), current=current, tone=tone)


def _strip(row: RootCaUpdate, _known: Known) -> Lines:
    back = "there is none: an abort leaves what was done, and its alarm 900.009"
    return Lines(
        lines=(Line(heading="NEXT", text=next_words(row)), Line(heading="BACK", text=back))
    )


def verdict(known: Known) -> Verdict:
    """Return how far it is."""
    reading = known.reading("kube-rootca-updates")
    if not reading.rows:
        if reading.was_read:
            return Verdict(word="WELL", text="Kubernetes' root CA is not being changed.")
        words = reading.error.words if reading.error else "it was not read yet."
        return Verdict(word="CANNOT" if reading.error else "READING", text=words, tone=Tone.PLAIN)
    row = reading.rows[0]
    is_bad = (row.state or "").endswith(("-failed", "aborted"))
    word, tone = ("NOT WELL", Tone.BAD) if is_bad else ("UPDATING", Tone.BUSY)
    return Verdict(
        word=word, text=f"root CA: {row.state}.", more=f"NEXT {next_words(row)}", tone=tone
    )


ROOTCA_UPDATES: Kind[RootCaUpdate] = Kind(
    name="kube-rootca-updates",
    singular="kube-rootca-update",
    model=RootCaUpdate,
    read=Rest(service=SERVICE, path="/kube_rootca_update", items="kube_rootca_updates"),
    label=lambda row: row.state or row.uuid,
    columns=(
        Column(heading="STATE", value=lambda row: row.state, most=40),
        Column(heading="FROM", value=lambda row: row.from_rootca_cert, most=24),
        Column(heading="TO", value=lambda row: row.to_rootca_cert, most=24),
    ),
    look=lambda row, _known: look_of(row.state, (COMPLETED,)),
    strip=_strip,
    verdict=verdict,
    tabs=(Tab(key="o", title="States", figure=states),),
    state_fields=("state",),
    actions=ROOTCA_ACTIONS,
    aliases=("kube_rootca_update", "rootca"),
    noise=NOISE,
    every_s=EVERY_S,
)
