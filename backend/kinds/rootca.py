"""A new root CA for Kubernetes: the phases in which hosts and pods come to trust it."""

from __future__ import annotations

from typing import Optional

from backend.figure import Jump, Line, Lines, States
from backend.kind import Column, Kind, Rest, Row, Tab
from backend.kinds.inventory import NOISE, look_of
from backend.kinds.rootca_acts import ROOTCA_ACTIONS
from backend.kinds.rootca_phases import (
    COMPLETED,
    GENERATED,
    OF_HOSTS,
    PHASES,
    SERVICE,
    STARTED,
    done,
    next_phase,
    next_words,
    runs,
)
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone, Verdict

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


def _strip(row: RootCaUpdate, known: Known) -> Lines:
    back = "there is none: an abort leaves what was done, and its alarm 900.009"
    lines = [Line(heading="NEXT", text=next_words(row))]
    found = next_phase(row.state)
    if found is not None and found[0] == "host":
        hosts = known.rows(OF_HOSTS)
        left = [one.hostname for one in hosts if one.state != done(*found)]
        through = f"{len(hosts) - len(left)} of {len(hosts)} are through"
        words = f"{through}; left: {', '.join(left)}" if left else through
        lines += [Line(heading="HOSTS", text=words)] if hosts else []
    return Lines(lines=(*lines, Line(heading="BACK", text=back)))


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


# --- host by host ------------------------------------------------------------------------------


class RootCaHost(Row):
    """How far one host is with the change of the root CA; None: no phase has been there yet."""

    hostname: str
    personality: Optional[str] = None
    state: Optional[str] = None
    effective_rootca_cert: Optional[str] = None
    target_rootca_cert: Optional[str] = None


def _host_look(row: RootCaHost, _known: Known) -> Look:
    state = row.state or ""
    if state.endswith("-failed"):
        return Look(tone=Tone.BAD, mark=Mark.BAD, notes=(f"{state}: do it again",))
    if state.startswith("updating-"):
        return Look(tone=Tone.BUSY, mark=Mark.BUSY, notes=(state,))
    return WELL if state else Look(mark=Mark.OUT)


ROOTCA_HOSTS: Kind[RootCaHost] = Kind(
    name=OF_HOSTS,
    singular="kube-rootca-host",
    model=RootCaHost,
    read=Rest(
        service=SERVICE,
        path="/kube_rootca_update/hosts",
        items="kube_host_updates",
        absent=("No update in progress",),
    ),
    id=lambda row: row.hostname,
    columns=(
        Column(heading="HOST", value=lambda row: row.hostname, most=20),
        Column(heading="STATE", value=lambda row: row.state, most=40),
        Column(heading="NOW", value=lambda row: row.effective_rootca_cert, most=24),
        Column(heading="TO", value=lambda row: row.target_rootca_cert, most=24),
        Column(heading="PERSONALITY", value=lambda row: row.personality, wide=True),
    ),
    look=_host_look,
    state_fields=("state",),
    jump=lambda _row, _known: Jump(kind="kube-rootca-updates"),
    aliases=("kube-rootca-host-update-list",),
    noise=NOISE,
    # Where nothing is under way sysinv refuses to tell.
    is_inventory=False,
    every_s=EVERY_S,
)
