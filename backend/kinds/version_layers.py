"""The layers of software of a host: what it runs of each, who told so, or why nobody did."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple

from backend.figure import Jump
from backend.kinds.hardware_server import error_words, server_of_host
from backend.kinds.host import Host
from backend.kinds.machine import MACHINES
from backend.kinds.once import once
from backend.known import Known
from backend.plan import HERE

DEPLOYMENTS, INVENTORY, IMAGE_STATES = "ostree-deployments", "inventory", "device-image-states"


@dataclass(frozen=True)
class Cell:
    """One layer of one host: its version and who told it, or why there is none.

    ``is_none`` where it is known to have none, as a storage host has no control plane; else a cell
    without a value was not asked, or did not answer.
    """

    value: Optional[str] = None
    told_by: str = ""
    why: str = ""
    jump: Optional[Jump] = None
    is_none: bool = False

    @property
    def shown(self) -> Optional[str]:
        """What stands in a table: "?" where nobody knows, None (a dash) where it has none."""
        return self.value or (None if self.is_none else "?")


@dataclass(frozen=True)
class Layer:
    """A layer: its heading, what people call it, and how it is told of a host."""

    name: str
    heading: str
    words: str
    told: Callable[[Host, Known], Cell]
    wide: bool = False


def _none(why: str) -> Cell:
    return Cell(why=why, is_none=True)


def _unread(kind: str, of: str, known: Known) -> Cell:
    """Return the cell of what is not there: the words of its error, or that nobody asked.

    Who was asked and answered has said nothing of it.
    """
    readings = (known.reading(kind, of), known.reading(kind))
    error = next((one.error for one in readings if one.error is not None), None)
    if error is not None:
        return Cell(why=error_words(error))
    if any(one.was_read for one in readings):
        return Cell(why=f"{kind} were read, and say nothing of it")
    return Cell(why="not asked yet")


# --- sysinv, USM and Kubernetes ----------------------------------------------------------------


def _release(host: Host, known: Known) -> Cell:
    part = known.row("deploy-hosts", host.name)
    if part is not None and part.software_release:
        jump = Jump(kind="deploy-hosts", id=host.name)
        return Cell(value=part.software_release, told_by="USM", jump=jump)
    if not host.sw_version:
        return Cell(why="sysinv has none of it: it was not installed yet")
    return Cell(value=host.sw_version, told_by="sysinv", jump=Jump(kind="hosts", id=host.uuid))


@once
def _kernels(known: Known) -> Mapping[str, Any]:
    rows = [
        row for (kind, _), one in known.readings.items() if kind == "kernels" for row in one.rows
    ]
    return {row.ihost_uuid: row for row in rows}


def _kernel(host: Host, known: Known) -> Cell:
    row = _kernels(known).get(host.uuid)
    if row is None or not row.kernel_provisioned:
        return _unread("kernels", host.uuid, known)
    jump = Jump(kind="kernels", id=row.ihost_uuid)
    runs, is_to = row.kernel_running or "?", row.kernel_provisioned
    said = is_to if runs == is_to else f"{runs} -> {is_to}"
    return Cell(value=said, told_by="sysinv", jump=jump)


@once
def _kube(known: Known) -> Tuple[Mapping[Any, Any], Mapping[str, Any]]:
    upgrades = {row.host_id: row for row in known.rows("kube-host-upgrades")}
    return upgrades, {row.name: row for row in known.rows("nodes")}


def _of_kubernetes(name: str) -> Callable[[Host, Known], Cell]:
    def told(host: Host, known: Known) -> Cell:
        if host.is_storage:
            return _none("a storage host runs none")
        row = _kube(known)[0].get(host.id)
        if row is None:
            return _unread("kube-host-upgrades", "", known)
        said = getattr(row, name)
        if not said or said == "N/A":
            return _none("it runs none, says sysinv")
        return Cell(value=said, told_by="sysinv", jump=Jump(kind="kube-host-upgrades", id=row.uuid))

    return told


def _of_node(name: str, cut: str = "") -> Callable[[Host, Known], Cell]:
    def told(host: Host, known: Known) -> Cell:
        node = _kube(known)[1].get(host.name)
        if node is None:
            if known.has("nodes"):
                return _none("Kubernetes has no node of that name")
            return _unread("nodes", "", known)
        said = str(getattr(node, name) or "")
        said = said.removeprefix(cut)
        if not said:
            return Cell(why="its kubelet has not said it")
        return Cell(value=said, told_by="Kubernetes", jump=Jump(kind="nodes", id=node.uid))

    return told


# --- OSTree ------------------------------------------------------------------------------------


def machine_of(host: Host, known: Known) -> str:
    """Return the machine that a host is, to run programs on; "" where it is out of reach."""
    for machine in known.rows(MACHINES):
        if machine.name == host.name and not (machine.uuid == HERE and known.place.is_pretend):
            return str(machine.uuid)
    return ""


def _deployments(host: Host, known: Known) -> Tuple[str, Tuple[Any, ...]]:
    machine = machine_of(host, known)
    rows = known.rows(DEPLOYMENTS, machine) or known.rows(DEPLOYMENTS)
    return machine, tuple(row for row in rows if machine and row.machine == machine)


def _commit(host: Host, known: Known) -> Cell:
    machine, rows = _deployments(host, known)
    if not machine:
        return Cell(why="not asked: no SSH to it (add ssh: to clouds.yaml)")
    if not rows:
        return _unread(DEPLOYMENTS, machine, known)
    booted = next((row for row in rows if row.is_booted), None)
    following = next((row for row in rows if row.index == 0), None)
    first = booted or following
    assert first is not None
    said = first.commit[:10] if booted is not None else f"? -> {first.commit[:10]}"
    if booted is not None and following is not None and following.commit != booted.commit:
        said += f" -> {following.commit[:10]}"
    by = "OSTree here" if machine == HERE else "OSTree by SSH"
    jump = Jump(kind=DEPLOYMENTS, id=f"{machine}/{first.stateroot}/{first.commit}.{first.serial}")
    return Cell(value=said, told_by=by, jump=jump)


# --- its baseboard, its devices ----------------------------------------------------------------

_FIRMWARE = {
    "bios": re.compile(r"\b(system )?(bios|uefi)\b", re.IGNORECASE),
    "bmc": re.compile(r"\b(bmc|xcc|idrac|ilo|imm|cimc|lifecycle|baseboard)\b", re.IGNORECASE),
    "nic": re.compile(r"\b(nic|network|ethernet|adapter|connectx|lom|e8\d\d)\b", re.IGNORECASE),
}
_SORTS = {"bios": "system", "bmc": "baseboard", "nic": "network adapter"}
_VERSIONS = ("bios_version", "version", "firmware_version")


@once
def _components(known: Known) -> Mapping[str, List[Any]]:
    found: Dict[str, Dict[str, Any]] = {}
    for (kind, _), one in known.readings.items():
        for row in one.rows if kind == INVENTORY else ():
            found.setdefault(row.server, {})[row.component] = row
    return {server: list(rows.values()) for server, rows in found.items()}


def _firmware(sort: str) -> Callable[[Host, Known], Cell]:
    def told(host: Host, known: Known) -> Cell:
        server = server_of_host(host.name, known)
        if server is None:
            return Cell(why="not asked: nobody knows a baseboard of it")
        rows = _components(known).get(server.name, [])
        if not rows:
            return _unread(INVENTORY, server.name, known)
        found = _versions(sort, rows)
        if not found:
            return Cell(why="its baseboard does not tell it")
        said = ", ".join(sorted(set(found.values())))
        jump = Jump(kind=INVENTORY, id=f"{server.name}/{next(iter(found))}")
        return Cell(value=said, told_by="its baseboard", jump=jump)

    return told


def _versions(sort: str, rows: List[Any]) -> Dict[str, str]:
    """Return the versions of one sort of firmware by component, from what a baseboard lists."""
    found: Dict[str, str] = {}
    for row in rows:
        said = str(row.body.get("sort") or "")
        keys = ("bios_version",) if said == "system" else _VERSIONS
        is_of = said == _SORTS[sort] or (
            said == "firmware" and _FIRMWARE[sort].search(row.component)
        )
        version = row.first(*keys) if is_of else None
        if version:
            found[row.component] = version
    return found


def _images(host: Host, known: Known) -> Cell:
    if not known.has(IMAGE_STATES):
        return _unread(IMAGE_STATES, "", known)
    states = [row for row in known.rows(IMAGE_STATES) if row.hostname == host.name]
    if not states:
        return _none("no image is written to a device of it")
    said = []
    for row in states:
        image = known.row("device-images", row.image_uuid or "")
        name = image.name if image is not None and image.name else str(row.image_uuid)
        said.append(name if row.status == "completed" else f"{name} ({row.status})")
    jump = Jump(kind=IMAGE_STATES, id=states[0].uuid)
    return Cell(value=", ".join(sorted(said)), told_by="sysinv", jump=jump)


LAYERS: Tuple[Layer, ...] = (
    Layer("release", "RELEASE", "platform release", _release),
    Layer("commit", "COMMIT", "OSTree commit", _commit),
    Layer("kernel", "KERNEL", "kernel", _kernel),
    Layer("control_plane", "CONTROL", "control plane", _of_kubernetes("control_plane_version")),
    Layer("kubelet", "KUBELET", "kubelet", _of_kubernetes("kubelet_version")),
    Layer("containerd", "CONTAINERD", "containerd", _of_node("runtime", "containerd://")),
    Layer("kernel_version", "RUNNING KERNEL", "running kernel", _of_node("kernel"), wide=True),
    Layer("bios", "BIOS", "BIOS", _firmware("bios"), wide=True),
    Layer("bmc", "BMC", "BMC firmware", _firmware("bmc"), wide=True),
    Layer("nic", "NIC", "NIC firmware", _firmware("nic"), wide=True),
    Layer("images", "DEVICE IMAGES", "device images", _images, wide=True),
)
