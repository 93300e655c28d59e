"""What can be done with a change of Kubernetes' root CA, phase by phase."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional, Tuple

from pydantic import Field

from backend.figure import Jump
from backend.kind import Action, Consequence, Form, Json, Plan, Reason, RestWrite, Risk, Rung
from backend.kinds.fresh_checks import looked_up
from backend.kinds.obstacles import ACT_NEEDS, in_the_way
from backend.kinds.rootca_phases import (
    ABORTED,
    COMPLETED,
    OF_HOSTS,
    ORDER,
    SERVICE,
    STARTED,
    done,
    next_phase,
    next_words,
    runs,
)
from backend.known import Known
from backend.tone import Tone

# --- what can be done --------------------------------------------------------------------------


class StartForm(Form):
    """Whether alarms are to be let through."""

    force: bool = Field(default=False, description="go on although alarms stand")


class CertForm(Form):
    """What the new certificate says."""

    expiry_date: Optional[str] = Field(
        default=None, pattern=r"^\d{4}-\d{2}-\d{2}$", description="its last day, YYYY-MM-DD"
    )
    subject: Optional[str] = Field(
        default=None, pattern=r"CN=\S", description="as C=CA O=Company CN=kubernetes"
    )


class HostForm(Form):
    """Which host is next."""

    host: str = Field(examples=["controller-0"], description="host")


def _post(path: str, body: Json, command: Tuple[str, ...], sentence: str) -> Plan:
    return Plan.of(
        RestWrite(
            service=SERVICE,
            method="POST",
            path=path,
            body=body,
            command=("system", *command),
            sentence=sentence,
        )
    )


def _start(_row: None, form: StartForm, _known: Known) -> Plan:
    force = ("--force",) if form.force else ()
    words = "Begin to change Kubernetes' root CA; nothing that runs changes yet."
    path = f"/kube_rootca_update?force={form.force}"
    return _post(path, {}, ("kube-rootca-update-start", *force), words)


def _generate(_row: Any, form: CertForm, _known: Known) -> Plan:
    given = (("--expiry-date", form.expiry_date), ("--subject", form.subject))
    words = [word for key, value in given if value for word in (key, value)]
    body: Dict[str, Json] = {"expiry_date": form.expiry_date, "subject": form.subject}
    command = ("kube-rootca-update-generate-cert", *words)
    return _post("/kube_rootca_update/generate_cert", body, command, "Make the new root CA.")


def _host_plan(row: Any, form: HostForm, known: Known) -> Plan:
    _, phase = next_phase(row.state) or ("host", "trust-both-cas")
    found = next((one.uuid for one in known.rows("hosts") if one.name == form.host), form.host)
    command = ("kube-rootca-host-update", form.host, f"--phase={phase}")
    words = f"{phase} on {form.host}."
    return _post(f"/ihosts/{found}/kube_update_ca", {"phase": phase}, command, words)


def _pods_plan(row: Any, _form: Form, _known: Known) -> Plan:
    _, phase = next_phase(row.state) or ("pods", "trust-both-cas")
    command = ("kube-rootca-pods-update", f"--phase={phase}")
    words = f"{phase} for all pods: they are restarted."
    return _post("/kube_rootca_update/pods", {"phase": phase}, command, words)


def _to(state: str, command: str, sentence: str) -> Any:
    def plan(_row: Any, _form: Form, _known: Known) -> Plan:
        body: Json = [{"op": "replace", "path": "/state", "value": state}]
        return Plan.of(
            RestWrite(
                service=SERVICE,
                method="PATCH",
                path="/kube_rootca_update",
                body=body,
                command=("system", command),
                sentence=sentence,
            )
        )

    return plan


def _host_reasons(row: Any, form: HostForm, known: Known) -> Tuple[Reason, ...]:
    """Ask what sysinv asks of a host in a phase: one at a time, and each of them once."""
    found = _turn_of("host")(row, form, known)
    phase = (next_phase(row.state) or ("", ""))[1]
    states = {one.hostname: one.state for one in known.rows(OF_HOSTS)}
    at_it = [name for name, state in states.items() if state == runs("host", phase)]
    again = states.get(form.host) == done("host", phase)
    return (
        *found,
        looked_up("no host is at it", f"{at_it[0]} is" if at_it else "", known, OF_HOSTS),
        looked_up(
            "it is not through this phase",
            f"{form.host} is through {phase}" if again else "",
            known,
            OF_HOSTS,
        ),
    )


def _turn_of(who: str) -> Any:
    def reasons(row: Any, _form: Form, _known: Known) -> Tuple[Reason, ...]:
        check = f"it is the turn of the {'hosts' if who == 'host' else who}"
        found = next_phase(row.state)
        if found is not None and found[0] == who:
            return (Reason.passes(check),)
        return (Reason.no(check, f"it is {row.state}: {next_words(row)}"),)

    return reasons


def _in(*wanted: str) -> Any:
    def reasons(row: Any, _form: Form, _known: Known) -> Tuple[Reason, ...]:
        check = f"it is {' or '.join(wanted)}"
        found = row.state in wanted
        return (Reason.passes(check) if found else Reason.no(check, f"it is {row.state}"),)

    return reasons


def _start_reasons(_row: None, _form: Form, known: Known) -> Tuple[Reason, ...]:
    check = "no other change of the root CA"
    rows = [row for row in known.rows("kube-rootca-updates") if row.state != ABORTED]
    words = f"one is {rows[0].state}" if rows else ""
    jump = Jump(kind="kube-rootca-updates", id=rows[0].uuid) if rows else None
    other = looked_up(check, words, known, "kube-rootca-updates", jump=jump)
    return (other, *in_the_way(known, "kubernetes"))


def _hosts(row: Any, known: Known) -> Mapping[str, Tuple[str, ...]]:
    """Return the hosts that the phase has not been through yet."""
    through = done("host", (next_phase(row.state) or ("", ""))[1])
    gone = {one.hostname for one in known.rows(OF_HOSTS) if one.state == through}
    hosts = (one.name for one in known.rows("hosts") if one.personality in ("controller", "worker"))
    return {"host": tuple(name for name in hosts if name not in gone)}


def _ladder(_row: Any, _known: Known) -> Tuple[Rung[Any], ...]:
    def gone_on(row: Optional[Any], known: Known) -> bool:
        before = next((d.before.get("state") for d in known.running("kube-rootca-updates")), "")
        state = (row.state or "") if row is not None else ""
        return bool(state) and state != before and not state.startswith("updating-")

    def under_way(row: Optional[Any], known: Known) -> bool:
        return gone_on(row, known) or bool(row and (row.state or "").startswith("updating-"))

    return (
        Rung(name="accepted by sysinv", says="updating", reached=under_way),
        Rung(name="done", says="updated", reached=gone_on),
    )


def _host_ladder(_row: Any, _known: Known) -> Tuple[Rung[Any], ...]:
    """Follow the one host: the phase as a whole goes on until the last of them is through."""

    def state(known: Known) -> Tuple[str, str]:
        deeds = known.running("kube-rootca-updates")
        deed = next((one for one in deeds if one.action == "host-update"), None)
        phase = next_phase(deed.before.get("state")) if deed is not None else None
        if deed is None or phase is None:
            return "", ""
        found = known.row(OF_HOSTS, deed.form.get("host", ""))
        return (found.state or "") if found is not None else "", phase[1]

    def taken(_row: Optional[Any], known: Known) -> bool:
        now, phase = state(known)
        return bool(phase) and now in (runs("host", phase), done("host", phase))

    def through(_row: Optional[Any], known: Known) -> bool:
        now, phase = state(known)
        return bool(phase) and now == done("host", phase)

    return (
        Rung(name="accepted by sysinv", says="updating", reached=taken),
        Rung(name="the host is through", says="updated", reached=through),
    )


def _failed(row: Optional[Any], _known: Known) -> str:
    state = (row.state or "") if row is not None else ""
    return f"sysinv says {state}: its log is sysinv.log" if state.endswith("-failed") else ""


def _restarts(_row: Any, _form: Form, _known: Known) -> Tuple[Consequence, ...]:
    words = "every pod of the site is restarted, one deployment after the other"
    return (Consequence(words=words, tone=Tone.WARN),)


def _risk(risk: Risk) -> Any:
    return lambda _row, _form, _known: risk


_NEEDS = ("kube-rootca-updates", "hosts")
ROOTCA_ACTIONS: Tuple[Action[Any], ...] = (
    Action(
        name="start",
        key="S",
        words="start a change of the root CA",
        plan=_start,
        form=StartForm,
        risk=_risk(Risk.DISRUPTIVE),
        reasons=_start_reasons,
        needs=("kube-rootca-updates", *ACT_NEEDS),
        on_kind=True,
        aliases=("kube-rootca-update-start",),
    ),
    Action(
        name="generate",
        key="E",
        words="make the certificate of",
        plan=_generate,
        form=CertForm,
        risk=_risk(Risk.DISRUPTIVE),
        reasons=_in(STARTED),
        ladder=_ladder,
        needs=_NEEDS,
    ),
    Action(
        name="host-update",
        key="U",
        words="bring to the next host",
        plan=_host_plan,
        form=HostForm,
        choices=_hosts,
        risk=_risk(Risk.DISRUPTIVE),
        reasons=_host_reasons,
        ladder=_host_ladder,
        failed=_failed,
        needs=(*_NEEDS, OF_HOSTS),
    ),
    Action(
        name="pods-update",
        key="P",
        words="bring to the pods",
        plan=_pods_plan,
        risk=_risk(Risk.DISRUPTIVE),
        reasons=_turn_of("pods"),
        consequences=_restarts,
        ladder=_ladder,
        failed=_failed,
        needs=_NEEDS,
    ),
    Action(
        name="complete",
        key="C",
        words="complete",
        plan=_to(COMPLETED, "kube-rootca-update-complete", "The old root CA is trusted no more."),
        risk=_risk(Risk.DISRUPTIVE),
        reasons=_in(ORDER[-2]),
        needs=_NEEDS,
    ),
    Action(
        name="abort",
        key="X",
        words="abort",
        plan=_to(ABORTED, "kube-rootca-update-abort", "Give it up where it stands: no way back."),
        risk=_risk(Risk.DESTRUCTIVE),
        reasons=lambda row, _form, _known: (
            Reason.no("it is not aborted", "it is")
            if row.state == ABORTED
            else Reason.passes("it is not aborted"),
        ),
        needs=_NEEDS,
    ),
)
