"""What may refuse a swact; force-swact the service does not check at all, so here we do."""

from __future__ import annotations

from typing import Optional, Tuple

from backend.figure import Jump
from backend.kinds.host import Host
from backend.kinds.host_check import AnyCheck, Check, ServersOwn, verbs
from backend.kinds.host_checks import (
    filesystem_at_rest,
    first_row,
    list_of,
    no_root_ca_update,
    standing,
    storage_ready,
)
from backend.kinds.host_site import is_simplex, other_controller
from backend.known import Known

SWACT = verbs("swact")
FORCED = verbs("force-swact")
SWACTS = SWACT | FORCED


def _partner(host: Host, known: Known) -> Optional[Jump]:
    peer = other_controller(host, known)
    return Jump(kind="hosts", id=peer.uuid) if peer is not None else None


def _no_controller(host: Host, _known: Known) -> str:
    return "" if host.is_controller else f"{host.name} is no controller"


def _locked(host: Host, _known: Known) -> str:
    return f"{host.name} is locked: nothing runs on it to hand over" if host.is_locked else ""


def _simplex(_host: Host, known: Known) -> str:
    return "on simplex there is no other controller" if is_simplex(known) else ""


def _inactive(host: Host, _known: Known) -> str:
    return "" if host.is_active else "it is not the active controller"


def _alone(host: Host, known: Known) -> str:
    return "" if other_controller(host, known) is not None else "there is no other controller"


def _partner_away(host: Host, known: Known) -> str:
    peer = other_controller(host, known)
    if peer is None or peer.is_enabled or peer.worker_lags:
        return ""
    return f"{peer.name} is {peer.administrative}/{peer.oper}/{peer.avail}: nothing could take over"


def _partner_degraded(host: Host, known: Known) -> str:
    peer = other_controller(host, known)
    return f"{peer.name} is degraded" if peer is not None and peer.avail == "degraded" else ""


def _partner_worker(host: Host, known: Known) -> str:
    peer = other_controller(host, known)
    if peer is None or not peer.worker_lags:
        return ""
    return f"the worker function of {peer.name} is {peer.subfunction_oper}"


def _partner_config(host: Host, known: Known) -> str:
    peer = other_controller(host, known)
    if peer is None or not peer.config_target or peer.config_target == peer.config_applied:
        return ""
    return f"{peer.name} runs an old configuration: lock and unlock it first"


def _partner_busy(host: Host, known: Known) -> str:
    peer = other_controller(host, known)
    if peer is None:
        return ""
    deed = next(iter(known.running("hosts", peer.uuid)), None)
    if deed is not None:
        return f"{deed.action} of {peer.name} is under way"
    return f"{peer.name} is busy: {peer.doing}" if peer.doing else ""


def _applying(_host: Host, known: Known) -> str:
    busy = [app for app in known.rows("applications") if app.status == "applying"]
    return f"application {busy[0].name} is being applied" if busy else ""


def _image(host: Host, known: Known) -> str:
    pair = [host, other_controller(host, known)]
    busy = [h for h in pair if h is not None and h.device_image_update == "in-progress"]
    return f"device images are being written on {busy[0].name}" if busy else ""


def _deploy(_host: Host, known: Known) -> str:
    found = standing(known, "900.023", "900.005")
    return f"{found}: in some of its stages the service refuses" if found else ""


def _out_of_sync(host: Host, known: Known) -> str:
    peer = other_controller(host, known)
    if peer is None:
        return ""
    mine = [row for row in known.rows("service-groups") if row.node_name == peer.hostname]
    bad = [r for r in mine if "data" in (r.condition or "") or r.status in ("failed", "degraded")]
    if not bad:
        return ""
    said = " ".join(word for word in (bad[0].status, bad[0].condition) if word)
    return f"{bad[0].service_group_name} on {peer.name} is {said}"


SWACT_CHECKS: Tuple[AnyCheck, ...] = (
    Check(
        name="a controller", foretells="check_swact", fails=_no_controller, verbs=SWACT, ours=FORCED
    ),
    Check(name="unlocked", foretells="check_swact", fails=_locked, verbs=SWACT, ours=FORCED),
    Check(
        name="not simplex",
        foretells="check_swact",
        fails=_simplex,
        verbs=SWACT,
        ours=FORCED,
        needs=("system",),
    ),
    Check(name="the active controller", fails=_inactive, ours=SWACTS),
    Check(name="there is another controller", fails=_alone, ours=SWACTS),
    Check(
        name="the other is enabled",
        foretells="check_swact",
        fails=_partner_away,
        verbs=SWACT,
        ours=FORCED,
        jump=_partner,
    ),
    Check(
        name="the other is not degraded",
        foretells="check_swact",
        fails=_partner_degraded,
        verbs=SWACT,
        ours=FORCED,
        soft=FORCED,
        jump=_partner,
    ),
    Check(
        name="the other's worker function is enabled",
        foretells="check_swact",
        fails=_partner_worker,
        verbs=SWACT,
        ours=FORCED,
        soft=FORCED,
        jump=_partner,
    ),
    Check(
        name="the other has its configuration",
        foretells="check_swact",
        fails=_partner_config,
        verbs=SWACT,
        ours=FORCED,
        soft=FORCED,
        jump=_partner,
    ),
    Check(name="nothing under way on the other", fails=_partner_busy, ours=SWACTS, jump=_partner),
    Check(
        name="its data is in sync",
        fails=_out_of_sync,
        ours=SWACTS,
        needs=("service-groups",),
        jump=list_of("service-groups"),
    ),
    filesystem_at_rest(
        "no filesystem being resized", SWACT, FORCED, words=("resizing",), foretells="check_swact"
    ),
    Check(
        name="no application being applied",
        foretells="check_swact",
        fails=_applying,
        verbs=SWACT,
        ours=FORCED,
        soft=FORCED,
        needs=("applications",),
        jump=first_row("applications", lambda app: app.status == "applying"),
    ),
    no_root_ca_update(SWACT, FORCED, "_semantic_check_swact_kube_rootca_update"),
    storage_ready("the other's storage backends", SWACT, FORCED),
    Check(
        name="no device image update",
        foretells="_check_swact_device_image_update",
        fails=_image,
        verbs=SWACT,
        ours=FORCED,
    ),
    Check(
        name="no deploy that forbids it",
        foretells="_semantic_check_swact_upgrade",
        fails=_deploy,
        verbs=SWACT,
        ours=FORCED,
        soft=SWACTS,
        needs=("alarms",),
    ),
    ServersOwn(
        name="SM",
        foretells="check_swact",
        words="whether every service can move to the other",
        verbs=SWACT,
    ),
)
