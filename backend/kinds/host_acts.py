"""What can be done to a host: each action with its request, its command, its risk and its way."""

from __future__ import annotations

from typing import Any, Callable, Dict, FrozenSet, List, Optional, Tuple

from backend.kind import Action, Json, LocalWrite, Plan, RestWrite, Risk, Step
from backend.kinds.alarm_acts import NoteForm
from backend.kinds.board_acts import BOARD_ACTIONS
from backend.kinds.host import Host
from backend.kinds.host_checks import needs_of, own_needs_of, reasons_of
from backend.kinds.host_forms import (
    AddHost,
    AssignLabel,
    Classify,
    RemoveLabel,
    add_reasons,
    bmc_choices,
    classify_reasons,
    label_reasons,
    own_labels,
    personalities,
    unlabel_reasons,
)
from backend.kinds.host_ladders import LADDERS, failed
from backend.kinds.host_ptp_acts import PTP_HOST_ACTIONS
from backend.kinds.host_risks import ends_session, risk_of
from backend.kinds.host_site import children, is_simplex
from backend.kinds.host_stops import consequences_of, expects_of
from backend.kinds.host_together import together
from backend.kinds.label_acts import assign_label
from backend.known import Known
from backend.tone import Tone

SERVICE = "sysinv"
SECRET = frozenset({"bm_password"})

# What the words of what stops, and the ladders, look at beside what the checks do.
LOCK_NEEDS = ("alarms", "system", "backends", "monitors", "osds", "applications")
UNLOCK_NEEDS = (*LOCK_NEEDS, "service-groups")
SWACT_NEEDS = ("alarms", "system", "service-groups")
POWER_NEEDS = ("system", "osds")

LOCKS: FrozenSet[str] = frozenset({"lock", "force-lock", "force-unsafe-lock"})
# A simplex system has no such thing at all.
NEVER_ON_SIMPLEX: FrozenSet[str] = frozenset(
    {"swact", "force-swact", "reboot", "reset", "reinstall", "power-on", "power-off"}
)


def _name(host: Host) -> str:
    """What the vendor's client takes for a host."""
    return host.hostname or str(host.id or host.uuid)


# --- the verbs of sysinv -----------------------------------------------------------------------


def order(verb: str) -> Callable[[Any, Any, Known], Plan]:
    """Return the plan of a verb: one PATCH of the host's action."""
    command = "host-" + verb.replace("force-", "").replace("unsafe-", "")
    flags = ("--force",) * ("force" in verb) + ("--unsafe",) * ("unsafe" in verb)

    def plan(host: Host, _form: Any, _known: Known) -> Plan:
        write = RestWrite(
            service=SERVICE,
            method="PATCH",
            path=f"/ihosts/{host.uuid}",
            body=[{"op": "replace", "path": "/action", "value": verb}],
            command=("system", command, *flags, _name(host)),
            sentence=f"ask sysinv to {verb} {host.name}",
        )
        return Plan(steps=(Step(write=write, took=_moved(host)),))

    return plan


def _moved(before: Host) -> Callable[[Known], bool]:
    """Return what sees that maintenance took an order: the host is not as it was.

    Where the service does not answer just then (a swact, the own reboot) its 200 is enough.
    """

    def took(known: Known) -> bool:
        now: Optional[Host] = known.row("hosts", before.uuid)
        if now is None or known.reading("hosts").error is not None:
            return True
        return _standing(now) != _standing(before) or bool(now.doing)

    return took


def _standing(host: Host) -> Tuple[Optional[str], ...]:
    return (host.administrative, host.operational, host.availability, host.ihost_action, host.task)


def _delete(host: Host, _form: Any, _known: Known) -> Plan:
    return Plan.of(
        RestWrite(
            service=SERVICE,
            method="DELETE",
            path=f"/ihosts/{host.uuid}",
            command=("system", "host-delete", _name(host)),
            sentence=f"ask sysinv to forget {host.name}",
        )
    )


# --- adding, classifying, labelling ------------------------------------------------------------


def _add(_row: Any, form: AddHost, _known: Known) -> Plan:
    given: Dict[str, Json] = {
        name: value for name, value in form.model_dump().items() if value not in (None, "")
    }
    command: List[str] = ["system", "host-add"]
    for name, value in given.items():
        command += [f"--{name}", "PASSWORD" if name in SECRET else str(value)]
    return Plan.of(
        RestWrite(
            service=SERVICE,
            method="POST",
            path="/ihosts",
            body=given,
            command=tuple(command),
            sentence=f"tell sysinv of a new {form.personality} {form.hostname or ''}".rstrip(),
            secret=SECRET,
        )
    )


def _classify(host: Host, form: Classify, _known: Known) -> Plan:
    given = {"personality": form.personality, "hostname": form.hostname}
    fields = {name: value for name, value in given.items() if value}
    write = RestWrite(
        service=SERVICE,
        method="PATCH",
        path=f"/ihosts/{host.uuid}",
        body=[{"op": "replace", "path": f"/{name}", "value": v} for name, v in fields.items()],
        command=("system", "host-update", _name(host), *(f"{n}={v}" for n, v in fields.items())),
        sentence=f"make {host.name} a {form.personality}",
    )

    def took(known: Known) -> bool:
        now = known.row("hosts", host.uuid)
        return now is not None and now.personality == form.personality

    return Plan(steps=(Step(write=write, took=took),))


def _remove_label(host: Host, form: RemoveLabel, known: Known) -> Plan:
    rows = children(known, "labels", host) or ()
    label = next((row for row in rows if row.label_key == form.key), None)
    return Plan.of(
        RestWrite(
            service=SERVICE,
            method="DELETE",
            path=f"/labels/{label.uuid if label is not None else form.key}",
            command=("system", "host-label-remove", _name(host), form.key),
            sentence=f"take the label {form.key} off {host.name}",
        )
    )


# --- when they make no sense -------------------------------------------------------------------


def _hidden(verb: str) -> Callable[[Any, Known], bool]:
    """Return what tells that a verb makes no sense on a host here at all."""

    def hidden(host: Host, known: Known) -> bool:
        if verb in NEVER_ON_SIMPLEX and is_simplex(known):
            return True
        if verb == "delete":
            return is_simplex(known) and host.is_controller
        if "swact" in verb and not host.is_controller:
            return True
        return host.is_discovered

    return hidden


def _simplex(_row: Any, known: Known) -> bool:
    return is_simplex(known)


def _disruptive(_row: Any, _form: Any, _known: Known) -> Risk:
    return Risk.DISRUPTIVE


def _risk(verb: str) -> Callable[[Any, Any, Known], Risk]:
    """Return what grades ``verb``: by itself, and to the full where it breaks what must not be."""
    by_verb, stops = risk_of(verb), consequences_of(verb)

    def risk(host: Host, form: Any, known: Known) -> Risk:
        if any(one.tone is Tone.BAD for one in stops(host, form, known)):
            return Risk.DESTRUCTIVE
        return by_verb(host, form, known)

    return risk


def _verb(name: str, key: str, words: str, needs: Tuple[str, ...]) -> Action[Host]:
    return Action(
        name=name,
        key=key,
        words=words,
        plan=_delete if name == "delete" else order(name),
        risk=_risk(name),
        reasons=reasons_of(name),
        consequences=consequences_of(name),
        together=together,
        hidden=_hidden(name),
        needs=tuple(dict.fromkeys((*needs, *needs_of(name)))),
        own_needs=own_needs_of(name),
        ladder=LADDERS[name],
        failed=failed,
        expects=expects_of(name),
        ends_session=ends_session(name),
        undone_by="unlock" if name in LOCKS else "",
        aliases=(f"host-{name}",),
    )


def _annotate(host: Host, form: NoteForm, known: Known) -> Plan:
    """Return the note that our record keeps of a host: sysinv has no field for it."""
    values = {"note": form.note, "note_by": known.place.user, "note_ms": str(known.now_ms)}
    command = ("stx-tui", "do", "host", "annotate", host.name, "--note", form.note)
    sentence = f"put a note to {host.name} into our record"
    write = LocalWrite(
        kind="hosts", id=host.uuid, values=values, command=command, sentence=sentence
    )
    return Plan.of(write)


def _harmless(_row: Any, _form: Any, _known: Known) -> Risk:
    return Risk.HARMLESS


ACTIONS: Tuple[Action[Host], ...] = (
    _verb("lock", "L", "Lock", LOCK_NEEDS),
    _verb("unlock", "U", "Unlock", UNLOCK_NEEDS),
    _verb("swact", "S", "Swact", SWACT_NEEDS),
    Action(
        name="classify",
        key="C",
        words="Classify",
        plan=_classify,
        risk=_disruptive,
        form=Classify,
        choices=personalities,
        reasons=classify_reasons,
        hidden=lambda host, _known: not host.is_discovered,
        aliases=("host-update",),
    ),
    _verb("reboot", "R", "Reboot", POWER_NEEDS),
    _verb("reset", "T", "Reset", POWER_NEEDS),
    _verb("power-on", "P", "Power-on", POWER_NEEDS),
    _verb("power-off", "O", "Power-off", POWER_NEEDS),
    Action(
        name="label-assign",
        key="B",
        words="Assign a label to",
        plan=assign_label,
        risk=_disruptive,
        form=AssignLabel,
        reasons=label_reasons,
        hidden=lambda host, _known: host.is_discovered,
        needs=("labels",),
        aliases=("host-label-assign",),
    ),
    Action(
        name="label-remove",
        key="M",
        words="Remove a label from",
        plan=_remove_label,
        risk=_disruptive,
        form=RemoveLabel,
        choices=own_labels,
        reasons=unlabel_reasons,
        hidden=lambda host, _known: host.is_discovered,
        needs=("labels",),
        aliases=("host-label-remove",),
    ),
    Action(
        name="annotate",
        key="N",
        words="Note to",
        plan=_annotate,
        risk=_harmless,
        form=NoteForm,
        aliases=("note",),
    ),
    *BOARD_ACTIONS,
    *PTP_HOST_ACTIONS,
    _verb("force-lock", "F", "Force-lock", LOCK_NEEDS),
    _verb("force-unsafe-lock", "X", "Force-unsafe-lock", LOCK_NEEDS),
    _verb("force-unlock", "V", "Force-unlock", UNLOCK_NEEDS),
    _verb("force-swact", "W", "Force-swact", SWACT_NEEDS),
    _verb("reinstall", "I", "Reinstall", POWER_NEEDS),
    _verb("delete", "D", "Delete", (*POWER_NEEDS, "alarms")),
    Action(
        name="add",
        key="+",
        words="Add",
        plan=_add,
        risk=_disruptive,
        form=AddHost,
        choices=bmc_choices,
        reasons=add_reasons,
        hidden=_simplex,
        needs=("system",),
        on_kind=True,
        aliases=("host-add",),
    ),
)
