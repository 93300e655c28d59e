"""What makes a replaced disk or host as it was recorded: each by the act that makes any other."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple

from pydantic import ValidationError

from backend.kind import Action, Form, Plan, Reason, Risk, Step
from backend.kinds.disk_place import place_of
from backend.kinds.filesystem_acts import FILESYSTEM_ACTIONS
from backend.kinds.group_acts import GROUP_ACTIONS
from backend.kinds.host import Host
from backend.kinds.host_edits import kin
from backend.kinds.interface_acts import INTERFACE_ACTIONS
from backend.kinds.label_acts import LABEL_ACTIONS
from backend.kinds.osd_acts import OSD_ACTIONS
from backend.kinds.partition_acts import PARTITION_ACTIONS
from backend.kinds.replace_record import Difference, Fields, differences
from backend.kinds.volume_acts import VOLUME_ACTIONS
from backend.known import Known

GIB_MIB = 1024
_ACTS: Mapping[str, Tuple[Action[Any], ...]] = {
    "labels": LABEL_ACTIONS,
    "interfaces": INTERFACE_ACTIONS,
    "partitions": PARTITION_ACTIONS,
    "volume-groups": GROUP_ACTIONS,
    "physical-volumes": VOLUME_ACTIONS,
    "osds": OSD_ACTIONS,
    "filesystems": FILESYSTEM_ACTIONS,
}


class Making:
    """One difference, and the act that ends it: on ``row``, with ``form``."""

    def __init__(self, of: Difference, action: Action[Any], row: Any, form: Form) -> None:
        self.of = of
        self.action = action
        self.row = row
        self.form = form

    def steps(self, known: Known) -> Tuple[Step, ...]:
        """Return what is sent."""
        return self.action.plan(self.row, self.form, known).steps

    def reasons(self, known: Known) -> Tuple[Reason, ...]:
        """Return what forbids it."""
        return self.action.reasons(self.row, self.form, known)

    def risk(self, known: Known) -> Risk:
        """Return how much it may break."""
        return self.action.risk(self.row, self.form, known)


def making(one: Difference, host: Host, known: Known) -> Optional[Making]:
    """Return what makes a thing as it was; None where it takes somebody who decides."""
    verb, given = _given(one, host, known)
    action = next((act for act in _ACTS[one.kind] if act.name == verb), None)
    if action is None or given is None:
        return None
    row: Any = host
    if verb == "modify":
        rows = kin(known, one.kind, host)
        row = next((each for each in rows if getattr(each, "name", "") == one.name), None)
        if row is None:
            return None
    try:
        form = action.form.model_validate(given)
    except ValidationError:
        # It was made by a service that took more than its form does now.
        return None
    return Making(one, action, row, form)


def _given(one: Difference, host: Host, known: Known) -> Tuple[str, Optional[Dict[str, Any]]]:
    """Return the verb that makes it, and the form as it is filled."""
    was = one.was
    if one.kind == "labels":
        over = {} if one.is_missing else {"overwrite": True}
        return "assign", {"key": one.name, "value": was.get("value") or "", **over}
    if one.kind == "filesystems":
        return ("add", {"name": one.name, "size": was["size"]}) if one.is_missing else (
            "modify", {"size": was["size"]})  # fmt: skip
    if not one.is_missing:
        return "modify", None
    return "add", _new(one.kind, one.name, was, host, known)


def _new(kind: str, name: str, was: Fields, host: Host, known: Known) -> Optional[Dict[str, Any]]:
    if kind == "partitions":
        size = int(was.get("size_mib") or 0)
        disk = _disk(str(was["disk"]), host, known)
        return (
            None
            if disk is None
            # It is asked in whole GiB: a part of one too little would never be as it was.
            else {"disk": disk.device_path, "size_gib": max(-(-size // GIB_MIB), 1)}
        )
    if kind == "volume-groups":
        kept = ("lvm_type", "lvm_function")
        given = was["parameters"]
        told = {key: given[key] for key in kept if given.get(key) not in (None, "", "none")}
        return {"lvm_vg_name": name, **told}
    if kind == "physical-volumes":
        device = _device(name, host, known)
        return None if device is None else {"group": was["group"], "device": device}
    if kind == "osds":
        disk = _disk(str(was["disk"]), host, known)
        if disk is None:
            return None
        given = {"disk": disk.device_path, "function": was.get("function") or "osd"}
        return {**given, **({"tier": was["tier_name"]} if was.get("tier_name") else {})}
    return _interface(name, was)


def _interface(name: str, was: Fields) -> Optional[Dict[str, Any]]:
    """Return the form of an interface that stands on others; a port's own is given by the host."""
    if was.get("iftype") not in ("vlan", "ae"):
        return None
    names = ("iftype", "ifclass", "vlan_id", "aemode", "imtu")
    kept = {key: was[key] for key in names if was.get(key) not in (None, "")}
    return {"ifname": name, "uses": tuple(was.get("uses") or ()), **kept}


def _disk(place: str, host: Host, known: Known) -> Optional[Any]:
    return next((one for one in kin(known, "disks", host) if place_of(one) == place), None)


def _device(name: str, host: Host, known: Known) -> Optional[str]:
    """Return the partition or the disk of that place, None where it is not there yet."""
    parts = kin(known, "partitions", host)
    part = next((one for one in parts if str(one.device_path or "").endswith(f"/{name}")), None)
    if part is not None:
        return str(part.device_path)
    disk = _disk(name, host, known)
    return None if disk is None else str(disk.device_path)


def makings(of: Mapping[str, Any], host: Optional[Host], known: Known) -> List[Making]:
    """Return what can be made now, of the first sort of which anything can be.

    What stands on it comes after: a volume wants the partition that is not there yet.
    """
    if host is None:
        return []
    found: List[Making] = []
    for one in differences(of, host, known):
        if found and found[0].of.kind != one.kind:
            break
        made = making(one, host, known)
        if made is not None:
            found.append(made)
    return found


# A partition takes half a minute, and the service makes one at a time.
_WAIT_S = 300.0


def plan_of(of: Mapping[str, Any], made: List[Making], known: Known) -> Plan:
    """Return them one after the other, each when the one before is there."""
    return Plan(
        steps=tuple(
            replace(step, took=step.took or _is_made(of, one.of), wait_s=_WAIT_S)
            for one in made
            for step in one.steps(known)
        )
    )


def _is_made(of: Mapping[str, Any], one: Difference) -> Callable[[Known], bool]:
    def took(known: Known) -> bool:
        rows = known.rows("hosts")
        host = next((row for row in rows if row.name == of["host"]), None)
        left = differences(of, host, known)
        if host is None or any((each.kind, each.name) == (one.kind, one.name) for each in left):
            return False
        moving = (row for row in kin(known, "partitions", host) if row.state.endswith("ing"))
        return one.kind != "partitions" or next(moving, None) is None

    return took
