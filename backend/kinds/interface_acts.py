"""What can be done to the interfaces of a host: added, changed, deleted, put on networks."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Tuple

from backend.kind import Action, Asker, Consequence, Json, Plan, Reason, Risk
from backend.kinds.attach_acts import ATTACH_ACTIONS
from backend.kinds.edits import check, now, patch_of, text_of, warn
from backend.kinds.host import Host
from backend.kinds.host_edits import (
    at_unlock,
    called,
    carried,
    host_of,
    kin,
    locked,
    news,
    risk_of_way,
    send,
    something,
    way_in,
)
from backend.kinds.host_ptp_acts import PTP_INTERFACE_ACTIONS
from backend.kinds.interface_checks import Wanted, reasons
from backend.kinds.interface_forms import (
    AddInterface,
    ModifyInterface,
    add_choices,
    modify_choices,
    pool_uuid,
)
from backend.known import Known
from backend.tone import Tone

NEEDS = ("hosts", "system", "interfaces", "ports", "interface-networks", "addresses")
NEEDS_POOLS = (*NEEDS, "address-pools")

FLAGS = {
    "sriov_numvfs": "--num-vfs",
    "sriov_vf_driver": "--vf-driver",
}


def _flag(name: str) -> str:
    """Return the option by which the vendor's client takes a field."""
    return FLAGS.get(name) or ("--" + (name if name in _PLAIN else name.replace("_", "-")))


_PLAIN = frozenset({"vlan_id"})


def _flags(fields: Mapping[str, str], *without: str) -> Tuple[str, ...]:
    given = {name: value for name, value in fields.items() if name not in without}
    return tuple(word for name, value in given.items() for word in (_flag(name), value))


# --- add ---------------------------------------------------------------------------------------


def _added(host: Host, form: Any, known: Known) -> Wanted:
    fields = text_of(form)
    uses = tuple(getattr(form, "uses", ()))
    defaults = {"imtu": "1500", "aemode": "active_standby" if fields.get("iftype") == "ae" else ""}
    return Wanted(host=host, known=known, fields={**defaults, **fields}, changes=fields, uses=uses)


def _add(host: Host, form: AddInterface, _known: Known) -> Plan:
    fields = {name: value for name, value in text_of(form).items() if name != "uses"}
    body: Dict[str, Json] = {**fields, "ihost_uuid": host.uuid}
    body.update(ports=None, uses=list(form.uses))
    flags = _flags(fields, "ifname", "iftype")
    command = ("system", "host-if-add", *flags, called(host), form.ifname, form.iftype, *form.uses)
    sentence = f"add the {form.iftype} interface {form.ifname} to {host.name}"
    return send("POST", "/iinterfaces", body, command, sentence)


def _add_reasons(host: Host, form: Any, known: Known) -> Tuple[Reason, ...]:
    wanted = _added(host, form, known)
    return (locked(host, unless=wanted.may_be_unlocked), *reasons(wanted))


def _after_add(host: Host, form: Any, known: Known) -> Tuple[Consequence, ...]:
    names = [str(name) for name in getattr(form, "uses", ())]
    said = [one for name in names for one in way_in(host, name, known)]
    return (*said, at_unlock("it comes up"))


# --- modify ------------------------------------------------------------------------------------


def _now(row: Any) -> Dict[str, str]:
    return {name: now(row, name) for name in ModifyInterface.model_fields}


def _changes(row: Any, form: Any, known: Known) -> Dict[str, str]:
    before = _now(row)
    for name in ("ipv4_pool", "ipv6_pool"):
        # The row has the pool's id, people say its name.
        pool = known.row("address-pools", before[name])
        before[name] = str(pool.name) if pool is not None else before[name]
    return news(form, before)


def _wanted(row: Any, form: Any, known: Known) -> Wanted:
    changes = _changes(row, form, known)
    fields = {**_now(row), "iftype": now(row, "iftype"), "vlan_id": now(row, "vlan_id"), **changes}
    return Wanted(
        host=host_of(row, known),
        known=known,
        fields=fields,
        changes=changes,
        uses=tuple(row.uses),
        row=row,
    )


def _modify(row: Any, form: ModifyInterface, known: Known) -> Plan:
    changes = _changes(row, form, known)
    sent = {
        name: pool_uuid(value, known) if name.endswith("_pool") else value
        for name, value in changes.items()
    }
    if changes.get("ifclass") == "none" and row.iftype == "ethernet":
        # What the vendor's client does: without a class it is called like its port again.
        ports = kin(known, "ports", host_of(row, known))
        port = next((one.name for one in ports if one.interface_uuid == row.uuid), None)
        sent = {**sent, "ifname": port} if port else sent
    host = host_of(row, known)
    name = row.ifname or row.uuid
    command = ("system", "host-if-modify", *_flags(changes), called(host, row), name)
    sentence = f"change {', '.join(changes) or 'nothing'} of {name} on {called(host, row)}"
    return send("PATCH", f"/iinterfaces/{row.uuid}", patch_of(sent), command, sentence)


def _modify_reasons(row: Any, form: Any, known: Known) -> Tuple[Reason, ...]:
    wanted = _wanted(row, form, known)
    return (
        something(wanted.changes),
        locked(wanted.host, unless=wanted.may_be_unlocked),
        *reasons(wanted),
    )


def _after_modify(row: Any, _form: Any, known: Known) -> Tuple[Consequence, ...]:
    said = way_in(host_of(row, known), row.ifname or "", known)
    above = (warn(f"{', '.join(row.used_by)} stand on it"),) if row.used_by else ()
    return (*said, *above, at_unlock("it counts"))


# --- delete ------------------------------------------------------------------------------------


def _delete(row: Any, _form: Any, known: Known) -> Plan:
    name, host = row.ifname or row.uuid, called(host_of(row, known), row)
    command = ("system", "host-if-delete", host, name)
    return send("DELETE", f"/iinterfaces/{row.uuid}", None, command, f"delete {name} of {host}")


def _delete_reasons(row: Any, _form: Any, known: Known) -> Tuple[Reason, ...]:
    host = host_of(row, known)
    own = row.iftype == "ethernet" and not row.uses
    used = f"{', '.join(row.used_by)} stand on it" if row.used_by else ""
    is_bond = row.iftype == "ae" and row.ifclass == "platform"
    virtual = row.iftype == "virtual" and "mgmt" in carried(host, row.ifname or "", known)
    return (
        locked(host),
        check("it was added", "the system made it, one for each port" if own else ""),
        check("nothing stands on it", used, Asker.SERVICE if is_bond else Asker.OURS),
        check("it is no virtual way to mgmt", "mgmt is on it" if virtual else ""),
    )


def _after_delete(row: Any, _form: Any, known: Known) -> Tuple[Consequence, ...]:
    types = carried(host_of(row, known), row.ifname or "", known)
    lost = (warn(f"{', '.join(types)} lose their interface on it"),) if types else ()
    return (*way_in(host_of(row, known), row.ifname or "", known), *lost)


def _risk_below(host: Host, form: Any, known: Known) -> Risk:
    said = [one for name in getattr(form, "uses", ()) for one in way_in(host, str(name), known)]
    return Risk.DESTRUCTIVE if any(one.tone is Tone.BAD for one in said) else Risk.DISRUPTIVE


INTERFACE_ACTIONS: Tuple[Action[Any], ...] = (
    Action(
        name="add",
        key="+",
        words="Add",
        plan=_add,
        risk=_risk_below,
        form=AddInterface,
        choices=add_choices,
        reasons=_add_reasons,
        consequences=_after_add,
        needs=NEEDS_POOLS,
        on_parent=True,
        aliases=("host-if-add",),
    ),
    Action(
        name="modify",
        key="M",
        words="Change",
        plan=_modify,
        risk=risk_of_way,
        form=ModifyInterface,
        choices=modify_choices,
        reasons=_modify_reasons,
        consequences=_after_modify,
        needs=NEEDS_POOLS,
        aliases=("host-if-modify",),
    ),
    *ATTACH_ACTIONS,
    *PTP_INTERFACE_ACTIONS,
    Action(
        name="delete",
        key="D",
        words="Delete",
        plan=_delete,
        risk=risk_of_way,
        reasons=_delete_reasons,
        consequences=_after_delete,
        needs=NEEDS,
        aliases=("host-if-delete",),
    ),
)
