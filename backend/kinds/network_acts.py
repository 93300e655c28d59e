"""What can be done to the system's networks: made with a pool, given a second, and for data."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any, List, Mapping, Optional, Tuple

from pydantic import Field

from backend.kind import Action, Asker, Consequence, Form, Plan, Reason, Risk
from backend.kinds.edits import (
    add,
    check,
    comes,
    delete,
    disruptive,
    server_knows,
    text,
    unread,
    warn,
)
from backend.kinds.fresh_checks import looked_up
from backend.kinds.host_site import controllers
from backend.kinds.system_acts import system_mode
from backend.known import Known

TYPES = (
    *("mgmt", "oam", "pxeboot", "cluster-host", "cluster-pod", "cluster-service", "multicast"),
    *("storage", "admin", "system-controller", "system-controller-oam", "ironic"),
)
# Not to be deleted once the system is set up.
KEPT = ("oam", "cluster-host", "pxeboot", "cluster-pod", "cluster-service", "storage")
MOST_POOLS = 2
# What says which network has which pool.
OF_POOLS = ("networks", "address-pools", "network-address-pools")
IP_VERSIONS = {"4": "IPv4", "6": "IPv6"}


def named(kind: str, name: Optional[str], known: Known) -> Optional[Any]:
    """Return the row of a kind that is called so, None where there is none."""
    return next((row for row in known.rows(kind) if row.name == name), None)


def names(kind: str, known: Known) -> Tuple[str, ...]:
    """Return what the rows of a kind are called."""
    return tuple(sorted(text(row.name) for row in known.rows(kind)))


def family(pool: Any) -> str:
    """Return IPv4 or IPv6, as sysinv writes it."""
    return f"IPv{ip_address(pool.network).version}"


def pools_of(network: Any, known: Known) -> List[Any]:
    """Return the pools that give a network its addresses."""
    given = [
        row.address_pool_name
        for row in known.rows("network-address-pools")
        if row.network_name == network.name
    ]
    return [pool for pool in known.rows("address-pools") if pool.name in given]


def networks_of(pool: Any, known: Known) -> List[Any]:
    """Return the networks that a pool gives addresses to."""
    given = [
        row.network_name
        for row in known.rows("network-address-pools")
        if row.address_pool_name == pool.name
    ]
    return [network for network in known.rows("networks") if network.name in given]


def locked_simplex(known: Known) -> Reason:
    """Check that the one controller of a simplex system is locked."""
    loose = [host for host in controllers(known) if not host.is_locked]
    name, kinds = "the controller is locked", ("hosts", "system")
    return looked_up(name, f"{loose[0].name} is unlocked" if loose else "", known, *kinds)


def _pool_is_free(pool: Optional[Any], name: str, known: Known) -> List[Reason]:
    if pool is None:
        words, kinds = f"there is no pool {name}", ("address-pools",)
        return [looked_up("the pool is there", words, known, *kinds, asker=Asker.OURS)]
    used = networks_of(pool, known)
    words = f"{pool.name} is {used[0].name}'s" if used else ""
    return [looked_up("no other network has the pool", words, known, *OF_POOLS)]


# --- networks ----------------------------------------------------------------------------------


class AddNetwork(Form):
    """A network of the platform, with the pool it hands addresses out of."""

    name: str = Field(min_length=1, max_length=255, examples=["storage"], description="its name")
    type: str = Field(examples=["storage"], description="what it carries; one network a type")
    dynamic: bool = Field(default=False, description="addresses are handed out, not given by hand")
    pool: str = Field(examples=["oam"], description="the pool of its addresses")


def _network_choices(_row: Any, known: Known) -> Mapping[str, Tuple[str, ...]]:
    return {"type": TYPES, "pool": names("address-pools", known)}


def _add_network(_row: Any, form: AddNetwork, known: Known) -> Plan:
    pool = named("address-pools", form.pool, known)
    uuid = text(pool.uuid) if pool is not None else form.pool
    body = {"name": form.name, "type": form.type, "dynamic": text(form.dynamic), "pool_uuid": uuid}
    return add(
        "networks",
        "/networks",
        body,
        ("system", "network-add", form.name, form.type, text(form.dynamic), uuid),
        f"make the network {form.name} with the pool {form.pool}",
        lambda row: bool(row.name == form.name),
    )


def _add_network_reasons(_row: Any, form: AddNetwork, known: Known) -> Tuple[Reason, ...]:
    twin = next((row for row in known.rows("networks") if row.type == form.type), None)
    pool = named("address-pools", form.pool, known)
    words = f"{twin.name} is of type {form.type} already" if twin else ""
    return (
        looked_up("no network of its type", words, known, "networks"),
        *_pool_is_free(pool, form.pool, known),
        server_knows("its addresses overlap no other's", "the server compares all pools"),
    )


def _delete_network_reasons(row: Any, _form: Any, known: Known) -> Tuple[Reason, ...]:
    kept = row.type in KEPT or (row.type == "mgmt" and system_mode(known) == "duplex")
    words = f"a network of type {row.type} stays, once the system is set up" if kept else ""
    if row.type != "mgmt":
        return (check("its type may go", words),)
    found = looked_up("its type may go", words, known, "system")
    return (found,) if kept else (found, locked_simplex(known))


NETWORK_ACTIONS: Tuple[Action[Any], ...] = (
    Action(
        name="delete",
        key="D",
        words="Delete the network",
        plan=delete(
            "networks",
            "/networks",
            lambda row: ("system", "network-delete", row.uuid),
            lambda row: f"delete the network {row.name}",
        ),
        risk=lambda _row, _form, _known: Risk.DESTRUCTIVE,
        reasons=_delete_network_reasons,
        consequences=comes(warn("interfaces lose their addresses on it")),
        needs=("system", "hosts"),
        aliases=("network-delete",),
    ),
    Action(
        name="add",
        key="+",
        words="Add",
        plan=_add_network,
        form=AddNetwork,
        choices=_network_choices,
        risk=disruptive,
        reasons=_add_network_reasons,
        needs=OF_POOLS[1:],
        on_kind=True,
        aliases=("network-add",),
    ),
)


# --- a network's pools -------------------------------------------------------------------------


class AssignPool(Form):
    """A second pool for a network, of the other IP version."""

    network: str = Field(examples=["oam"], description="the network")
    pool: str = Field(examples=["oam"], description="the pool to give it")


def _assign_choices(_row: Any, known: Known) -> Mapping[str, Tuple[str, ...]]:
    return {"network": names("networks", known), "pool": names("address-pools", known)}


def _assign(_row: Any, form: AssignPool, known: Known) -> Plan:
    network = named("networks", form.network, known)
    pool = named("address-pools", form.pool, known)
    body = {
        "address_pool_uuid": form.pool if pool is None else text(pool.uuid),
        "network_uuid": form.network if network is None else text(network.uuid),
    }
    return add(
        "network-address-pools",
        "/network_addresspools",
        body,
        ("system", "network-addrpool-assign", form.network, form.pool),
        f"give the network {form.network} the pool {form.pool}",
        lambda row: (row.network_name, row.address_pool_name) == (form.network, form.pool),
    )


def _assign_reasons(_row: Any, form: AssignPool, known: Known) -> Tuple[Reason, ...]:
    network = named("networks", form.network, known)
    pool = named("address-pools", form.pool, known)
    if network is None or pool is None:
        lost = form.network if network is None else form.pool
        words, kinds = f"there is no {lost}", ("networks", "address-pools")
        return (looked_up("both are there", words, known, *kinds, asker=Asker.OURS),)
    has = pools_of(network, known)
    same = [one for one in has if family(one) == family(pool)]
    full = f"{network.name} has {MOST_POOLS} pools" if len(has) >= MOST_POOLS else ""
    words = f"{network.name} has {same[0].name} for {family(pool)}" if same else ""
    found = [
        looked_up("there is room for another", full, known, *OF_POOLS),
        looked_up("its IP version is new there", words, known, *OF_POOLS),
        *_pool_is_free(pool, form.pool, known),
    ]
    if network.type == "pxeboot":
        only = "" if family(pool) == "IPv4" else "network boot is of IPv4 alone"
        found += [check("IPv4", only), check("changeable", "pxeboot stays as it was set up")]
    if network.type == "mgmt" and system_mode(known) in ("simplex", ""):
        found.append(locked_simplex(known))
    return tuple(found)


def _remove_reasons(row: Any, _form: Any, known: Known) -> Tuple[Reason, ...]:
    network = named("networks", row.network_name, known)
    pool = named("address-pools", row.address_pool_name, known)
    if network is None or pool is None:
        return (unread("it is not the first of its network", "networks or pools"),)
    is_first = network.pool_uuid == pool.uuid
    words = f"{pool.name} is the primary pool of {network.name}" if is_first else ""
    return (check("it is not the first of its network", words),)


NETWORK_POOL_ACTIONS: Tuple[Action[Any], ...] = (
    Action(
        name="remove",
        key="D",
        words="Take from its network",
        plan=delete(
            "network-address-pools",
            "/network_addresspools",
            lambda row: ("system", "network-addrpool-remove", row.uuid),
            lambda row: f"take the pool {row.address_pool_name} from {row.network_name}",
        ),
        risk=disruptive,
        reasons=_remove_reasons,
        consequences=comes(warn("interfaces lose their addresses of that pool")),
        needs=("networks", "address-pools"),
        aliases=("network-addrpool-remove",),
    ),
    Action(
        name="assign",
        key="+",
        words="Give a pool to a network",
        plan=_assign,
        form=AssignPool,
        choices=_assign_choices,
        risk=disruptive,
        reasons=_assign_reasons,
        consequences=comes(Consequence(words="interfaces on it get addresses of that pool too")),
        needs=("networks", "address-pools", "system", "hosts"),
        on_kind=True,
        aliases=("network-addrpool-assign",),
    ),
)
