"""What can be done to data networks: made, changed as far as their interfaces carry it, deleted."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any, Dict, List, Optional, Tuple

from pydantic import Field, field_validator
from typing_extensions import Literal

from backend.kind import Action, Form, Plan, Reason
from backend.kinds.edits import (
    Address,
    Changes,
    add,
    check,
    delete,
    differing,
    disruptive,
    flags,
    harmless,
    is_news,
    modify,
    server_knows,
    sets,
    text,
    text_of,
)
from backend.kinds.fresh_checks import looked_up
from backend.kinds.network_acts import named
from backend.known import Known


class AddDataNetwork(Form):
    """A network that data interfaces can be put on."""

    name: str = Field(
        pattern=r"^[A-Za-z0-9_.-]+$",
        examples=["physnet9"],
        description="letters, digits, _ . and -",
    )
    network_type: Literal["flat", "vlan", "vxlan"] = Field(
        examples=["vlan"], description="how its networks are told apart"
    )
    mtu: int = Field(default=1500, ge=576, le=9216, description="the largest packet, in bytes")
    description: Optional[str] = Field(default=None, max_length=255, description="what it is for")
    multicast_group: Optional[Address] = Field(
        default=None, description="VXLAN, dynamic: the group, as 239.0.2.1"
    )
    port_num: Optional[int] = Field(
        default=None, ge=1, le=65535, description="VXLAN: the UDP port, as 4789"
    )
    ttl: Optional[int] = Field(default=None, ge=1, le=255, description="VXLAN: hops, as 1")
    mode: Literal["dynamic", "static"] = Field(
        default="dynamic", description="VXLAN: how peers are found"
    )

    @field_validator("name")
    @classmethod
    def _not_none(cls, name: str) -> str:
        if name.lower() == "none":
            raise ValueError("none is no name for a data network")
        return name

    @field_validator("multicast_group")
    @classmethod
    def _a_group(cls, group: Optional[str]) -> Optional[str]:
        if group is not None and not ip_address(group).is_multicast:
            raise ValueError("no multicast address")
        return group


class ModifyDataNetwork(Changes):
    """What of a data network may change; empty stays as it is."""

    mtu: Optional[int] = Field(
        default=None,
        ge=576,
        le=9216,
        examples=[1400],
        description="not above that of its interfaces",
    )
    description: Optional[str] = Field(default=None, max_length=255, description="what it is for")


_FLAGS = {"mtu": "-m", "description": "-d", "multicast_group": "-g", "port_num": "-p", "ttl": "-t"}


def _add_data_network(_row: Any, form: AddDataNetwork, _known: Known) -> Plan:
    body = text_of(form)
    words: List[str] = []
    for name, value in body.items():
        is_default = (name, value) in (("mtu", "1500"), ("mode", "dynamic"))
        if name not in ("name", "network_type") and not is_default:
            words += [_FLAGS.get(name, "-M"), value]
    return add(
        "data-networks",
        "/datanetworks",
        dict(body),
        ("system", "datanetwork-add", *words, form.name, form.network_type),
        f"make the data network {form.name}",
        lambda row: bool(row.name == form.name),
    )


def _add_data_reasons(_row: Any, form: AddDataNetwork, known: Known) -> Tuple[Reason, ...]:
    has = named("data-networks", form.name, known) is not None
    words = f"there is a {form.name} already" if has else ""
    found = [looked_up("the name is free", words, known, "data-networks")]
    if form.network_type != "vxlan":
        return tuple(found)
    wants = ["port_num", "ttl", *(["multicast_group"] if form.mode == "dynamic" else [])]
    missing = [name for name in wants if getattr(form, name) is None]
    words = f"VXLAN in {form.mode} mode wants {missing[0]}" if missing else ""
    found.append(check("VXLAN has what it needs", words))
    odd = form.mode == "static" and form.multicast_group
    words = "in static mode there is no multicast_group" if odd else ""
    found.append(check("VXLAN has nothing else", words))
    return tuple(found)


def _mtu_reasons(row: Any, form: ModifyDataNetwork, known: Known) -> Tuple[Reason, ...]:
    found = [is_news(row, form, known)]
    if "mtu" not in differing(row, form) or form.mtu is None:
        return tuple(found)
    on = [one for one in known.rows("interface-datanetworks") if one.datanetwork_name == row.name]
    lower: Dict[str, int] = {}
    for one in on:
        interface, _ = known.find("interfaces", text(one.body.get("interface_uuid")))
        if interface is not None and int(interface.body.get("imtu") or 0) < form.mtu:
            lower[text(one.ifname)] = int(interface.body["imtu"])
    words = "".join(f"{name} has {mtu} alone" for name, mtu in list(lower.items())[:1])
    name = "its interfaces can carry it"
    found.append(looked_up(name, words, known, "interface-datanetworks"))
    if on and not words:
        found.append(
            server_knows("all its interfaces can carry it", "not all interfaces were read")
        )
    return tuple(found)


def _delete_data_reasons(row: Any, _form: Any, known: Known) -> Tuple[Reason, ...]:
    on = [one for one in known.rows("interface-datanetworks") if one.datanetwork_name == row.name]
    words = f"{len(on)} are, {on[0].ifname} among them" if on else ""
    return (looked_up("no interface is on it", words, known, "interface-datanetworks"),)


DATA_NETWORK_ACTIONS: Tuple[Action[Any], ...] = (
    Action(
        name="modify",
        key="M",
        words="Change the data network",
        plan=modify(
            "data-networks",
            "/datanetworks",
            flags("system", "datanetwork-modify", after=lambda row: (row.name,)),
            sets("the data network"),
        ),
        form=ModifyDataNetwork,
        risk=disruptive,
        reasons=_mtu_reasons,
        needs=("interface-datanetworks",),
        aliases=("datanetwork-modify",),
    ),
    Action(
        name="delete",
        key="D",
        words="Delete the data network",
        plan=delete(
            "data-networks",
            "/datanetworks",
            lambda row: ("system", "datanetwork-delete", row.uuid),
            lambda row: f"delete the data network {row.name}",
        ),
        risk=disruptive,
        reasons=_delete_data_reasons,
        needs=("interface-datanetworks",),
        aliases=("datanetwork-delete",),
    ),
    Action(
        name="add",
        key="+",
        words="Add",
        plan=_add_data_network,
        form=AddDataNetwork,
        risk=harmless,
        reasons=_add_data_reasons,
        on_kind=True,
        aliases=("datanetwork-add",),
    ),
)
