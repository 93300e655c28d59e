"""What every change of something on a host has in common: whose it is, and what must be so."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, FrozenSet, Mapping, Optional, Tuple

from backend.figure import Jump
from backend.kind import (
    Answer,
    Asker,
    Consequence,
    Form,
    Json,
    Plan,
    Reason,
    RestWrite,
    Risk,
)
from backend.kinds.edits import SERVICE, check, text_of
from backend.kinds.host import Host
from backend.kinds.host_fresh import why_stale
from backend.kinds.host_site import children, is_simplex, one_sits_on, reading_of
from backend.known import Known
from backend.tone import Tone

# The networks by which people and the other hosts reach a host.
WAYS_IN = ("oam", "mgmt", "admin", "cluster-host", "pxeboot")


def host_of(row: Any, known: Known) -> Optional[Host]:
    """Return the host that a row is on, None where hosts were not read."""
    host: Optional[Host] = known.row("hosts", row.parent_id(known))
    return host


def called(host: Optional[Host], row: Any = None) -> str:
    """Return what the vendor's client takes for a host; of a row whose host is unknown, its id."""
    if host is not None:
        return host.hostname or str(host.id or host.uuid)
    return str(getattr(row, "host_uuid", "") or getattr(row, "forihostid", "") or "-")


def said_as(*words: str) -> Dict[str, Any]:
    """Return what the service calls a field of a form in its refusals, to go beside it."""
    return {"called": list(words)}


def send(
    method: str,
    path: str,
    body: Json,
    command: Tuple[str, ...],
    sentence: str,
    *,
    secret: FrozenSet[str] = frozenset(),
) -> Plan:
    """Return the plan of one request to sysinv."""
    return Plan.of(
        RestWrite(
            service=SERVICE,
            method=method,
            path=path,
            body=body,
            command=command,
            sentence=sentence,
            secret=secret,
        )
    )


def news(form: Form, now: Mapping[str, str]) -> Dict[str, str]:
    """Return what was given and is not so now; ``none`` is the same as nothing there."""
    return {
        name: value
        for name, value in text_of(form).items()
        if value != now.get(name, "") and not (value == "none" and not now.get(name))
    }


def something(fields: Mapping[str, Any]) -> Reason:
    """Check that anything changes."""
    words = "" if fields else "nothing differs"
    return replace(check("something changes", words, Asker.OURS), of_form=True)


def locked(host: Optional[Host], *, unless: bool = False) -> Reason:
    """Check that the host is locked; ``unless`` says that the service does not ask for it here."""
    name = "the host is locked"
    if host is None:
        return Reason(check=name, answer=Answer.CANT_TELL, words="hosts not read", asker=Asker.OURS)
    words = "" if host.is_locked or unless else f"{host.name} is unlocked: lock it first"
    return check(name, words, jump=Jump(kind="hosts", id=host.uuid))


def locked_unless_simplex(host: Optional[Host], known: Known) -> Reason:
    """Check that the host is locked, as for what a simplex controller may never do unlocked."""
    if host is not None and is_simplex(known) and not host.is_aio:
        return locked(host, unless=True)
    return locked(host)


def works(host: Optional[Host]) -> Reason:
    """Check that the host runs applications: only there are cores and pages given to them."""
    if host is None:
        return Reason(check="it is a worker", answer=Answer.CANT_TELL, words="hosts not read")
    words = "" if host.is_worker else f"{host.name} has no worker function"
    return check("it is a worker", words)


def at_unlock(what: str) -> Consequence:
    """Return that a change counts only from the next unlock on."""
    return Consequence(words=f"{what} from the next unlock on")


def kin(known: Known, kind: str, host: Optional[Host]) -> Tuple[Any, ...]:
    """Return the rows of ``kind`` on a host, () where they were not read."""
    return (children(known, kind, host) or ()) if host is not None else ()


def was_read(known: Known, kind: str, host: Optional[Host]) -> bool:
    """Whether no rows of ``kind`` on a host means that there are none."""
    return host is not None and children(known, kind, host) is not None


def asked(
    name: str, words: str, kind: str, host: Optional[Host], known: Known, *more: str
) -> Reason:
    """Return a check on rows of ``kind`` (and ``more``) of a host: it passes where all were read.

    What old rows say against it stands; that they say nothing does not tell of now.
    """
    kinds = (kind, *more)
    why = [f"{one} not read" for one in kinds if not was_read(known, one, host)]
    if not (why or words) and host is not None:
        why = [why_stale(one, reading_of(known, one, host), known) for one in kinds]
    said = "; ".join(filter(None, why))
    if said:
        return Reason(check=name, answer=Answer.CANT_TELL, words=said, asker=Asker.OURS)
    return check(name, words)


# --- the way one came --------------------------------------------------------------------------


def carried(host: Optional[Host], ifname: str, known: Known) -> Tuple[str, ...]:
    """Return the types of the networks on an interface and on all that stands on it."""
    names = {ifname}
    rows = kin(known, "interfaces", host)
    for _ in rows:
        names |= {row.ifname for row in rows if row.ifname and names & set(row.uses)}
    nets = kin(known, "interface-networks", host)
    types = dict.fromkeys(n.network_type for n in nets if n.ifname in names and n.network_type)
    return tuple(types)


def way_in(host: Optional[Host], ifname: str, known: Known) -> Tuple[Consequence, ...]:
    """Warn where the way that people come by runs over an interface of this host."""
    if host is None:
        return ()
    types = [one for one in carried(host, ifname, known) if one in WAYS_IN]
    if not types:
        return ()
    over = f"{' and '.join(types)} of {host.name} run over {ifname}"
    if one_sits_on(host, known):
        way = "THIS SESSION may end with it" if known.place.by_ssh else "you sit on it"
        return (Consequence(words=f"{over}: {way}", tone=Tone.BAD),)
    if host.is_controller and "oam" in types:
        words = f"{over}: this console may reach the cloud that way"
        return (Consequence(words=words, tone=Tone.BAD),)
    return (Consequence(words=over, tone=Tone.WARN),)


def risk_of_way(row: Any, form: Any, known: Known) -> Risk:
    """Grade by what runs over it: the way one came by wants more than a yes."""
    del form
    said = way_in(host_of(row, known), row.ifname or "", known)
    return Risk.DESTRUCTIVE if any(one.tone is Tone.BAD for one in said) else Risk.DISRUPTIVE
