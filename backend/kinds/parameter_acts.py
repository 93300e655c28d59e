"""Service parameters: added, changed, deleted, and handed to what reads them (apply)."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple

from pydantic import Field

from backend.kind import Action, Asker, Consequence, Form, Json, Plan, Reason, RestWrite, Step
from backend.kinds.edits import (
    SERVICE,
    add,
    changed,
    check,
    comes,
    delete,
    disruptive,
    is_news,
    patch_of,
    server_knows,
    text,
    unread,
    warn,
)
from backend.kinds.fresh_checks import looked_up
from backend.kinds.host_site import hosts
from backend.kinds.system_acts import out_of_date
from backend.known import Known

LONGEST = 255
PERSONALITIES = ("controller", "worker", "storage")
OIDC = ("oidc-issuer-url", "oidc-client-id", "oidc-username-claim", "oidc-groups-claim")

# What happens when the parameters of a service are applied.
_COMES: Dict[str, str] = {
    "kubernetes": "Kubernetes' control plane restarts with them; some wait for a lock and unlock",
    "docker": "containerd restarts: images cannot be pulled meanwhile",
    "http": "the web services restart on new ports: consoles have to look them up anew",
    "identity": "logins and their tokens go by them: yours may end",
    "platform": "controllers take them over; kernel and crash settings wait for a lock and unlock",
}


class ModifyParameter(Form):
    """Another value for a parameter."""

    value: str = Field(min_length=1, max_length=LONGEST, examples=["1"], description="the value")


class AddParameter(Form):
    """A parameter that a service knows, or with a resource one of your own."""

    service: str = Field(min_length=1, examples=["kubernetes"], description="as platform, docker")
    section: str = Field(min_length=1, examples=["config"], description="as config, maintenance")
    name: str = Field(min_length=1, examples=["pod_max_pids"], description="its name")
    value: str = Field(min_length=1, max_length=LONGEST, examples=["1"], description="its value")
    personality: Optional[str] = Field(
        default=None, description="of your own: only on hosts of this sort"
    )
    resource: Optional[str] = Field(
        default=None, max_length=LONGEST, description="of your own: the Puppet resource it sets"
    )


class ApplyParameters(Form):
    """Which parameters are handed on."""

    whole_service: bool = Field(
        default=False, description="all sections of the service, not only this one"
    )


def _called(service: str, section: str, name: str) -> str:
    return f"{service} {section} {name}"


def _modify(row: Any, form: ModifyParameter, _known: Known) -> Plan:
    write = RestWrite(
        service=SERVICE,
        method="PATCH",
        path=f"/service_parameter/{row.uuid}",
        body=patch_of({"name": text(row.name), "value": form.value}),
        command=(
            *("system", "service-parameter-modify", text(row.service), text(row.section)),
            f"{row.name}={form.value}",
        ),
        sentence=f"set {_called(row.service, row.section, row.name)} to {form.value}",
    )
    return Plan(steps=(Step(write=write, took=changed("service-parameters", row, ("value",))),))


def _add(_row: Any, form: AddParameter, _known: Known) -> Plan:
    body: Json = {
        "service": form.service,
        "section": form.section,
        "personality": form.personality,
        "resource": form.resource,
        "parameters": {form.name: form.value},
    }
    own = {"personality": form.personality, "resource": form.resource}
    flags = [word for name, value in own.items() if value for word in (f"--{name}", value)]
    pair = f"{form.name}={form.value}"
    called = _called(form.service, form.section, form.name)
    return add(
        "service-parameters",
        "/service_parameter",
        body,
        ("system", "service-parameter-add", *flags, form.service, form.section, pair),
        f"add {called}",
        lambda row: _called(row.service, row.section, row.name) == called,
    )


def _apply(row: Any, form: ApplyParameters, _known: Known) -> Plan:
    section = None if form.whole_service else text(row.section)
    body: Json = {"service": text(row.service), "section": section}
    which = ("--section", section) if section else ()
    said = f"section {section} of {row.service}" if section else f"all of {row.service}"
    write = RestWrite(
        service=SERVICE,
        method="POST",
        path="/service_parameter/apply",
        body=body,
        command=("system", "service-parameter-apply", *which, text(row.service)),
        sentence=f"apply the parameters, {said}",
    )
    return Plan.of(write)


# --- why not -----------------------------------------------------------------------------------


def _modify_reasons(row: Any, form: ModifyParameter, known: Known) -> Tuple[Reason, ...]:
    words = "PTP is set by instances (ptp-instances) today" if row.service == "ptp" else ""
    said = "the service has a rule for each parameter, and some are read-only"
    return (
        is_news(row, form, known),
        check("its service has it still", words),
        server_knows("the value is one for it", said),
    )


def _add_reasons(_row: Any, form: AddParameter, known: Known) -> Tuple[Reason, ...]:
    called = _called(form.service, form.section, form.name)
    twin = any(
        _called(row.service, row.section, row.name) == called
        and (row.personality, row.resource) == (form.personality, form.resource)
        for row in known.rows("service-parameters")
    )
    odd = form.personality and form.personality not in PERSONALITIES
    half = form.personality and not form.resource
    deprecated = "PTP is set by instances (ptp-instances)" if form.service == "ptp" else ""
    return (
        looked_up(
            "it is new",
            f"{called} is there already: change it" if twin else "",
            known,
            "service-parameters",
        ),
        check("its service has it still", deprecated),
        check("the personality is one", f"{form.personality} is none" if odd else ""),
        check("of your own, it names a resource", "it wants a resource too" if half else ""),
        server_knows("the service knows the name", "it has a list of its own"),
    )


def _delete_reasons(row: Any, _form: Any, _known: Known) -> Tuple[Reason, ...]:
    kept = row.section == "maintenance"
    words = "what maintenance reads must be there: change it instead" if kept else ""
    return (check("it may go", words),)


def _value(known: Known, service: str, section: str, name: str) -> str:
    """Return the value of a parameter, "" where there is none."""
    found = (
        text(row.value)
        for row in known.rows("service-parameters")
        if (row.service, row.section, row.name) == (service, section, name)
    )
    return next(found, "")


def _apply_reasons(row: Any, _form: Any, known: Known) -> Tuple[Reason, ...]:
    found: List[Reason] = []
    if row.service == "ptp":
        found.append(check("its service has it still", "ptp service is deprecated"))
    if row.service == "http":
        found.append(_all_enabled(known))
    if row.service == "platform":
        names = ("heartbeat_degrade_threshold", "heartbeat_failure_threshold")
        low, high = (_value(known, "platform", "maintenance", name) for name in names)
        wrong = low.isdigit() and high.isdigit() and int(low) >= int(high)
        words = f"{names[1]} ({high}) must be above {names[0]} ({low})" if wrong else ""
        found.append(check("a host degrades before it fails", words))
    if row.service == "kubernetes":
        has = [bool(_value(known, "kubernetes", "kube_apiserver", name)) for name in OIDC]
        whole = not any(has) or all(has[:3])
        words = f"{', '.join(OIDC[:3])} go together, {OIDC[3]} beside them"
        found.append(check("OIDC is whole or absent", "" if whole else words))
    said = "a service misses parameters that it must have"
    return (
        *found,
        server_knows("nothing it must have is missing", f"only the server sees if {said}"),
    )


def _all_enabled(known: Known) -> Reason:
    name = "every host is unlocked and enabled"
    if not known.has("hosts"):
        return unread(name, "hosts")
    out = [
        host.name
        for host in hosts(known)
        if (host.administrative, host.operational) != ("unlocked", "enabled")
    ]
    return check(name, f"{out[0]} is not unlocked and enabled" if out else "", Asker.SERVICE)


def _after_apply(row: Any, _form: Any, _known: Known) -> Tuple[Consequence, ...]:
    said = [warn(_COMES[row.service])] if row.service in _COMES else []
    words = "hosts that read them are out of date (250.001) until they have taken them over"
    return (*said, Consequence(words=words))


PARAMETER_ACTIONS: Tuple[Action[Any], ...] = (
    Action(
        name="modify",
        key="M",
        words="Change the parameter",
        plan=_modify,
        form=ModifyParameter,
        risk=disruptive,
        reasons=_modify_reasons,
        consequences=comes(Consequence(words="it counts once it is applied")),
        aliases=("service-parameter-modify",),
    ),
    Action(
        name="apply",
        key="A",
        words="Apply the parameters like",
        plan=_apply,
        form=ApplyParameters,
        risk=disruptive,
        reasons=_apply_reasons,
        consequences=_after_apply,
        needs=("hosts",),
        expects=out_of_date("controller"),
        aliases=("service-parameter-apply",),
    ),
    Action(
        name="delete",
        key="D",
        words="Delete the parameter",
        plan=delete(
            "service-parameters",
            "/service_parameter",
            lambda row: ("system", "service-parameter-delete", row.uuid),
            lambda row: f"delete {_called(row.service, row.section, row.name)}",
        ),
        risk=disruptive,
        reasons=_delete_reasons,
        consequences=comes(Consequence(words="the service goes by its own default, once applied")),
        aliases=("service-parameter-delete",),
    ),
    Action(
        name="add",
        key="+",
        words="Add",
        plan=_add,
        form=AddParameter,
        risk=disruptive,
        reasons=_add_reasons,
        consequences=comes(Consequence(words="it counts once it is applied")),
        on_kind=True,
        aliases=("service-parameter-add",),
    ),
)
