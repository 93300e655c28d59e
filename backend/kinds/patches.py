"""Patches: the platform's software, its orchestration, and which host runs what; its area."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Optional

from backend.area import Contents
from backend.kind import Body, Column, Derived, Kind, Row
from backend.kinds.deploy_hosts import DEPLOY_HOSTS
from backend.kinds.deploy_states import deploy_of
from backend.kinds.deploy_states import verdict as deploy_verdict
from backend.kinds.deploys import DEPLOY
from backend.kinds.kube_upgrade import KUBE_UPGRADE
from backend.kinds.kube_versions import KUBE_HOST_UPGRADES, KUBE_VERSIONS
from backend.kinds.obstacles import OBSTACLES, STOPS
from backend.kinds.releases import RELEASES
from backend.kinds.rootca import ROOTCA_UPDATES
from backend.kinds.strategies import STRATEGIES
from backend.kinds.strategies import verdict as strategy_verdict
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone, Verdict

EVERY_S = 30.0


class Versions(Row):
    """What one host runs, of every layer that was read; None where that was not."""

    uuid: str
    host: str
    release: Optional[str] = None
    kernel: Optional[str] = None
    running_kernel: Optional[str] = None
    control_plane: Optional[str] = None
    kubelet: Optional[str] = None


_LAYERS = ("release", "kernel", "running_kernel", "control_plane", "kubelet")


def _versions(known: Known) -> Iterable[Body]:
    """Return one body a host, of what is known of it."""
    kernels = {row.hostname: row for row in known.rows("kernels")}
    kubes = {row.host_id: row for row in known.rows("kube-host-upgrades")}
    found: List[Dict[str, Any]] = []
    for host in known.rows("hosts"):
        kernel, kube = kernels.get(host.hostname), kubes.get(host.id)
        found.append(
            {
                "uuid": host.uuid,
                "host": host.name,
                "personality": host.personality,
                "release": host.sw_version,
                "kernel": kernel and kernel.kernel_provisioned,
                "running_kernel": kernel and kernel.kernel_running,
                "control_plane": kube and kube.control_plane_version,
                "kubelet": kube and kube.kubelet_version,
            }
        )
    return found


def odd(row: Versions, known: Known) -> List[str]:
    """Return in what a host differs from its peers, or from what it was told to run."""
    peers = [one for one in known.rows("versions") if one.uuid != row.uuid and _like(one, row)]
    found = []
    if row.kernel and row.running_kernel and row.kernel != row.running_kernel:
        found.append(f"runs the {row.running_kernel} kernel, {row.kernel} from its next unlock on")
    for layer in _LAYERS:
        mine = getattr(row, layer)
        others = {getattr(peer, layer) for peer in peers} - {None}
        if mine is not None and others and mine not in others and layer != "running_kernel":
            theirs = ", ".join(sorted(others))
            found.append(f"{layer.replace('_', ' ')} {mine}, its peers {theirs}")
    return found


def _like(one: Versions, other: Versions) -> bool:
    return bool(one.body.get("personality") == other.body.get("personality"))


def _look(row: Versions, known: Known) -> Look:
    notes = odd(row, known)
    if not notes:
        return WELL
    is_on_way = deploy_of(known) is not None or bool(known.rows("kube-upgrade"))
    mark = Mark.BUSY if is_on_way else Mark.BAD
    return Look(tone=Tone.BUSY if is_on_way else Tone.WARN, mark=mark, notes=tuple(notes))


VERSIONS: Kind[Versions] = Kind(
    name="versions",
    singular="version",
    model=Versions,
    read=Derived(rows=_versions),
    label=lambda row: row.host,
    columns=(
        Column(heading="HOST", value=lambda row: row.host, most=20),
        Column(heading="RELEASE", value=lambda row: row.release),
        Column(heading="KERNEL", value=lambda row: row.kernel),
        Column(heading="RUNNING", value=lambda row: row.running_kernel),
        Column(heading="CONTROL PLANE", value=lambda row: row.control_plane),
        Column(heading="KUBELET", value=lambda row: row.kubelet),
    ),
    look=_look,
    state_fields=_LAYERS,
    needs=("hosts", "kernels", "kube-host-upgrades", "deploy", "kube-upgrade"),
    every_s=EVERY_S,
)


def headline(known: Known) -> Verdict:
    """Return what is under way: a strategy before the deploy it does, else the deploy."""
    strategy = strategy_verdict(known)
    if strategy.tone in {Tone.BUSY, Tone.BAD}:
        return strategy
    deploy = deploy_verdict(known)
    if deploy.word != "WELL":
        return deploy
    shelf = [one.release_id for one in known.rows("releases") if one.state == "available"]
    more = f"on the shelf: {', '.join(shelf)}" if shelf else ""
    in_way = sum(row.weight == STOPS for row in known.rows("obstacles"))
    if in_way:
        more = f"{more}   {in_way} in the way: obstacles".strip()
    runs = {host.sw_version for host in known.rows("hosts") if host.sw_version}
    text = f"all hosts run {runs.pop()}." if len(runs) == 1 else deploy.text
    return Verdict(word="WELL", text=text, more=more)


PATCHES = Contents(
    kinds=(
        RELEASES,
        OBSTACLES,
        DEPLOY,
        DEPLOY_HOSTS,
        STRATEGIES,
        VERSIONS,
        KUBE_UPGRADE,
        KUBE_HOST_UPGRADES,
        KUBE_VERSIONS,
        ROOTCA_UPDATES,
    ),
    headline=headline,
)
