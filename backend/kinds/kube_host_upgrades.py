"""What each host runs of Kubernetes, and bringing it to the next version: what is in its way."""

from __future__ import annotations

from typing import Any, Dict, Optional, Tuple

from backend.figure import Jump, Line, Lines
from backend.kind import (
    Action,
    Column,
    Consequence,
    Form,
    Json,
    Kind,
    Plan,
    Reason,
    Rest,
    RestWrite,
    Risk,
    Row,
    Rung,
)
from backend.kinds.addressing import numbered_host
from backend.kinds.host_site import is_simplex
from backend.kinds.inventory import NOISE
from backend.kinds.kube_steps import (
    CONTROL_PLANE,
    CONTROL_PLANE_AFTER,
    KUBELET,
    KUBELET_AFTER,
    SECOND_AFTER,
    SERVICE,
    upgrade_of,
    verdict,
)
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone

EVERY_S = 60.0


class KubeHostUpgrade(Row):
    """The versions of Kubernetes on one host, and how its upgrade stands."""

    uuid: str
    host_id: Optional[int] = None
    control_plane_version: Optional[str] = None
    kubelet_version: Optional[str] = None
    target_version: Optional[str] = None
    status: Optional[str] = None

    def called(self, known: Known) -> str:
        """Return the name of its host, by the number that sysinv tells."""
        return numbered_host(self.host_id, known) or self.uuid


def _host(row: KubeHostUpgrade, known: Known) -> Optional[str]:
    return numbered_host(row.host_id, known)


def _the_host(row: KubeHostUpgrade, known: Known) -> Any:
    return next((host for host in known.rows("hosts") if host.id == row.host_id), None)


def _plan(part: str, path: str) -> Any:
    def plan(row: KubeHostUpgrade, _form: Form, known: Known) -> Plan:
        host = _the_host(row, known)
        ref, name = (host.uuid, host.name) if host else (str(row.host_id), str(row.host_id))
        body: Dict[str, Json] = {"force": False}
        return Plan.of(
            RestWrite(
                service=SERVICE,
                method="POST",
                path=f"/ihosts/{ref}/{path}",
                body=body,
                command=("system", "kube-host-upgrade", name, part),
                sentence=f"Upgrade the {part} of {name}.",
            )
        )

    return plan


def _is_serving(row: KubeHostUpgrade, known: Known) -> Reason:
    return _stands(row, known, "operational", ("unlocked", "enabled"))


def _stands(
    row: KubeHostUpgrade, known: Known, field: str, wanted: Tuple[str, str], then: str = ""
) -> Reason:
    """Return whether its host is administratively, and by ``field``, as wanted."""
    check, host = f"the host is {' and '.join(wanted)}", _the_host(row, known)
    if host is None:
        return Reason.cant_tell(check, "the hosts were not read")
    stands = (host.administrative, getattr(host, field))
    if stands == wanted:
        return Reason.passes(check)
    words = f"{host.name} is {'/'.join(stands)}{then}"
    return Reason.no(check, words, Jump(kind="hosts", id=host.uuid))


def _in_state(known: Known, states: Tuple[str, ...]) -> Reason:
    check, upgrade = f"the upgrade is {' or '.join(states)}", upgrade_of(known)
    if upgrade is None:
        return Reason.no("an upgrade is under way", "none is", Jump(kind="kube-upgrade"))
    if upgrade.state in states:
        return Reason.passes(check)
    jump = Jump(kind="kube-upgrade", id=upgrade.uuid)
    return Reason.no(check, f"it is {upgrade.state}", jump)


def _runs_already(row: KubeHostUpgrade, known: Known, version: Optional[str]) -> Reason:
    check, upgrade = "it does not run it already", upgrade_of(known)
    if upgrade is not None and version == upgrade.to_version:
        return Reason.no(check, f"{_host(row, known)} runs {version}")
    return Reason.passes(check)


def _control_plane_reasons(row: KubeHostUpgrade, _form: Form, known: Known) -> Tuple[Reason, ...]:
    others = () if is_simplex(known) else SECOND_AFTER
    return (
        _in_state(known, (*CONTROL_PLANE_AFTER, *others)),
        _runs_already(row, known, row.control_plane_version),
        _is_serving(row, known),
    )


def _kubelet_reasons(row: KubeHostUpgrade, _form: Form, known: Known) -> Tuple[Reason, ...]:
    simple = ("upgraded-first-master",) if is_simplex(known) else ()
    return (
        _in_state(known, (*simple, *KUBELET_AFTER)),
        _runs_already(row, known, row.kubelet_version),
        _controllers_first(row, known),
        _out_or_one(row, known),
    )


def _controllers_first(row: KubeHostUpgrade, known: Known) -> Reason:
    check, host, upgrade = "controllers before workers", _the_host(row, known), upgrade_of(known)
    if host is None or host.is_controller or upgrade is None:
        return Reason.passes(check)
    for one in known.rows("kube-host-upgrades"):
        other = _the_host(one, known)
        is_behind = one.kubelet_version != upgrade.to_version
        if other is not None and other.is_controller and is_behind:
            jump = Jump(kind="kube-host-upgrades", id=one.uuid)
            return Reason.no(check, f"{other.name} runs {one.kubelet_version}", jump)
    return Reason.passes(check)


def _out_or_one(row: KubeHostUpgrade, known: Known) -> Reason:
    """A kubelet restarts: the host is to be locked first, but where there is only one."""
    if is_simplex(known):
        return _is_serving(row, known)
    return _stands(row, known, "availability", ("locked", "online"), ": lock it first")


def _ladder(field: str, status: str) -> Any:
    def ladder(_row: Any, _known: Known) -> Tuple[Rung[KubeHostUpgrade], ...]:
        def runs(row: Optional[KubeHostUpgrade], known: Known) -> bool:
            upgrade = upgrade_of(known)
            new = upgrade.to_version if upgrade is not None else None
            return row is not None and getattr(row, field) == new

        def taken(row: Optional[KubeHostUpgrade], known: Known) -> bool:
            return runs(row, known) or bool(row and row.status == status)

        return (
            Rung(name="accepted by sysinv", reached=taken, says=status),
            Rung(name="runs the new version", reached=runs),
        )

    return ladder


def _failed(row: Optional[KubeHostUpgrade], _known: Known) -> str:
    status = (row.status or "") if row is not None else ""
    return f"sysinv says {status}" if status.endswith("failed") else ""


def _api_stops(_row: Any, _form: Form, _known: Known) -> Tuple[Consequence, ...]:
    return (Consequence(words="its API server restarts: Kubernetes does not answer for a moment"),)


def _risk(_row: Any, _form: Form, _known: Known) -> Risk:
    return Risk.DISRUPTIVE


_NEEDS = ("kube-upgrade", "hosts", "system")
_LOOKS = (*_NEEDS, "kube-versions")
_CONTROL_PLANE: Action[KubeHostUpgrade] = Action(
    name="upgrade-control-plane",
    key="C",
    words="upgrade control plane",
    plan=_plan("control-plane", "kube_upgrade_control_plane"),
    risk=_risk,
    reasons=_control_plane_reasons,
    consequences=_api_stops,
    hidden=lambda row, _known: row.control_plane_version in {None, "N/A"},
    ladder=_ladder("control_plane_version", "upgrading-control-plane"),
    failed=_failed,
    needs=_NEEDS,
    title=lambda row, known: row.called(known),
)
_KUBELET: Action[KubeHostUpgrade] = Action(
    name="upgrade-kubelet",
    key="U",
    words="upgrade kubelet",
    plan=_plan("kubelet", "kube_upgrade_kubelet"),
    risk=_risk,
    reasons=_kubelet_reasons,
    ladder=_ladder("kubelet_version", "upgrading-kubelet"),
    failed=_failed,
    needs=_NEEDS,
    title=lambda row, known: row.called(known),
)


# --- what is next on it ------------------------------------------------------------------------

_REASONS = {CONTROL_PLANE: _control_plane_reasons, KUBELET: _kubelet_reasons}


def next_part(row: KubeHostUpgrade, known: Known) -> str:
    """Return which part of a host is to be upgraded next, "" where nothing is left to do."""
    upgrade = upgrade_of(known)
    if upgrade is None:
        return ""
    if row.control_plane_version not in {None, "N/A", upgrade.to_version}:
        return CONTROL_PLANE
    return KUBELET if row.kubelet_version != upgrade.to_version else ""


def blockers(row: KubeHostUpgrade, known: Known) -> Tuple[Reason, ...]:
    """Return what stands in the way of a host's next part, in the order of the checks."""
    part = next_part(row, known)
    found = _REASONS[part](row, Form(), known) if part else ()
    return tuple(one for one in found if one.blocks)


def _runs(version: Optional[str]) -> Optional[str]:
    """Return a version that is run, None of a host that runs none: sysinv says N/A."""
    return None if version == "N/A" else version


def _next(row: KubeHostUpgrade, known: Known) -> Optional[str]:
    if upgrade_of(known) is None:
        return None
    part, first = next_part(row, known), next(iter(blockers(row, known)), None)
    if not part:
        return "done"
    if (row.status or "") in {"upgrading-control-plane", "upgrading-kubelet"}:
        return f"wait: {part}"
    return f"{part}, but {first.words}" if first else f"{part}, now"


def _strip(row: KubeHostUpgrade, known: Known) -> Lines:
    if upgrade_of(known) is None:
        return Lines(lines=(Line(heading="NEXT", text="no upgrade of Kubernetes is under way"),))
    lines = [Line(heading="NEXT", text=_next(row, known) or "")]
    for one in blockers(row, known):
        text = f"{one.check}: {one.words}"
        lines.append(Line(heading="IN THE WAY", text=text, tone=Tone.WARN, jump=one.jump))
    return Lines(lines=tuple(lines))


def _upgrade_look(row: KubeHostUpgrade, _known: Known) -> Look:
    status = row.status or ""
    if status.endswith("-failed"):
        return Look(tone=Tone.BAD, mark=Mark.BAD, notes=(status,))
    if status and not status.startswith("upgraded"):
        return Look(tone=Tone.BUSY, mark=Mark.BUSY, notes=(status,))
    return WELL


KUBE_HOST_UPGRADES: Kind[KubeHostUpgrade] = Kind(
    name="kube-host-upgrades",
    singular="kube-host-upgrade",
    model=KubeHostUpgrade,
    read=Rest(service="sysinv", path="/kube_host_upgrades", items="kube_host_upgrades"),
    needs=_LOOKS,
    label=lambda row: f"host {row.host_id}",
    called=KubeHostUpgrade.called,
    columns=(
        Column(heading="HOST", joined=_host, most=20),
        Column(heading="CONTROL PLANE", value=lambda row: _runs(row.control_plane_version)),
        Column(heading="KUBELET", value=lambda row: _runs(row.kubelet_version)),
        Column(heading="NEXT", joined=_next, most=52),
        Column(heading="STATUS", value=lambda row: row.status, most=32),
        Column(heading="TARGET", value=lambda row: row.target_version, wide=True),
    ),
    look=_upgrade_look,
    strip=_strip,
    verdict=verdict,
    sort=lambda row, known: _host(row, known) or "",
    state_fields=("status",),
    actions=(_CONTROL_PLANE, _KUBELET),
    aliases=("kube_host_upgrades",),
    noise=NOISE,
    every_s=EVERY_S,
)
