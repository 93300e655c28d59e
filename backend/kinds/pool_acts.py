"""What can be done to address pools: made, changed and deleted, as far as their networks allow."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Any, Dict, List, Optional, Tuple

from pydantic import AfterValidator, Field
from typing_extensions import Annotated, Literal

from backend.kind import Action, Consequence, Json, Plan, Reason, RestWrite, Risk, Step
from backend.kinds.edits import (
    SERVICE,
    Address,
    Changes,
    Fields,
    add,
    changed,
    check,
    delete,
    differing,
    disruptive,
    flags,
    is_news,
    patch_of,
    server_knows,
    text,
    text_of,
    warn,
)
from backend.kinds.fresh_checks import looked_up, untold
from backend.kinds.network_acts import OF_POOLS, locked_simplex, named, networks_of
from backend.kinds.reach_acts import after_oam, oam_risk
from backend.kinds.system_acts import system_mode
from backend.known import Known

# Types of networks whose pools may be changed at any time.
ALWAYS = ("admin", "system-controller", "system-controller-oam", "oam")
# Those that may on simplex, once the controller is locked.
ON_SIMPLEX = ("mgmt", "storage")
OWN = ("controller0_address", "controller1_address")
SET_ASIDE = ("floating_address", *OWN, "gateway_address")


def _spans(words: str) -> str:
    """Return ranges as ``first-last`` with commas between; raises ``ValueError`` for no range."""
    found = []
    for word in words.replace(",", " ").split():
        first, dash, last = word.partition("-")
        if not dash:
            raise ValueError(f"{word} is no range, as 10.10.10.5-10.10.10.50")
        start, end = ip_address(first), ip_address(last)
        if (start.version, int(start)) > (end.version, int(end)):
            raise ValueError(f"{first} comes after {last}")
        found.append(f"{start}-{end}")
    return ",".join(found)


Spans = Annotated[str, AfterValidator(_spans)]


class ModifyPool(Changes):
    """What of a pool is to be otherwise; empty stays as it is."""

    name: Optional[str] = Field(default=None, min_length=1, max_length=128, description="its name")
    network: Optional[Address] = Field(default=None, description="as 10.10.10.0")
    prefix: Optional[int] = Field(default=None, ge=1, le=128, description="as 24")
    spans: Optional[Spans] = Field(
        default=None,
        title="ranges",
        description="what is handed out, as 10.10.10.5-10.10.10.50, commas between",
        json_schema_extra={"called": ["ranges"]},
    )
    order: Optional[Literal["sequential", "random"]] = Field(
        default=None, description="how addresses are picked"
    )
    floating_address: Optional[Address] = Field(default=None, description="of the active one")
    controller0_address: Optional[Address] = Field(default=None, description="controller-0's own")
    controller1_address: Optional[Address] = Field(default=None, description="controller-1's own")
    gateway_address: Optional[Address] = Field(
        default=None, examples=["10.10.10.9"], description="the way out"
    )


class AddPool(ModifyPool):
    """Addresses for a network that is yet to be."""

    name: str = Field(min_length=1, max_length=128, examples=["pool-9"], description="its name")
    network: Address = Field(examples=["10.99.0.0"], description="as 10.99.0.0")
    prefix: int = Field(ge=1, le=128, examples=[24], description="as 24")


# --- plans -------------------------------------------------------------------------------------


def _sent(fields: Fields) -> Dict[str, Json]:
    """Return fields under the service's names, ranges as pairs."""
    sent: Dict[str, Json] = dict(fields)
    spans = sent.pop("spans", None)
    if isinstance(spans, str):
        sent["ranges"] = [list(span.partition("-")[::2]) for span in spans.split(",")]
    return sent


def _typed(fields: Fields) -> Fields:
    """Return fields as the vendor's client takes them."""
    return {
        {"spans": "ranges"}.get(name, name).replace("_", "-"): value
        for name, value in fields.items()
    }


def _modify(row: Any, form: ModifyPool, known: Known) -> Plan:
    fields = differing(row, form)
    line = flags("system", "addrpool-modify", after=lambda pool: (pool.uuid,))
    write = RestWrite(
        service=SERVICE,
        method="PATCH",
        path=f"/addrpools/{row.uuid}",
        body=patch_of(_sent(fields)),
        command=line(row, _typed(fields), known),
        sentence=f"set {', '.join(fields) or 'nothing'} of the pool {row.name}",
    )
    return Plan(steps=(Step(write=write, took=changed("address-pools", row, tuple(fields))),))


def _add(_row: Any, form: AddPool, _known: Known) -> Plan:
    fields = text_of(form)
    more = {n: v for n, v in fields.items() if n not in ("name", "network", "prefix")}
    words = [word for n, v in _typed(more).items() for word in (f"--{n}", v)]
    return add(
        "address-pools",
        "/addrpools",
        dict(_sent(fields)),
        ("system", "addrpool-add", *words, form.name, form.network, str(form.prefix)),
        f"make the pool {form.name}",
        lambda row: bool(row.name == form.name),
    )


# --- why not -----------------------------------------------------------------------------------


def _allowed(row: Any, fields: Fields, known: Known) -> List[Reason]:
    """Check that the networks that have the pool let it be changed."""
    name = "its networks allow it"
    if untold(known, *OF_POOLS):
        return [looked_up(name, "", known, *OF_POOLS)]
    mode, found = system_mode(known), []
    for network in networks_of(row, known):
        if network.type in ALWAYS:
            continue
        if network.type in ON_SIMPLEX and mode in ("simplex", ""):
            found.append(locked_simplex(known))
            continue
        fills = fields and all(n in OWN and not text(getattr(row, n)) for n in fields)
        if not (mode == "duplex" and fills):
            words = f"the pool of {network.name} ({network.type}) stays as it was set up"
            found.append(looked_up(name, words, known, "system"))
    return found or [check(name, "")]


def _then(row: Optional[Any], fields: Fields) -> Dict[str, str]:
    """Return a pool's addresses as they would be."""
    names = ("network", "prefix", "spans", *SET_ASIDE)
    now = {name: text(getattr(row, name, None)) for name in names} if row is not None else {}
    return {**now, **fields}


def _fits(then: Dict[str, str]) -> List[Reason]:
    """Check that all of a pool is in its network, and each address stands once."""
    try:
        subnet = ip_network(f"{then['network']}/{then['prefix']}")
    except ValueError as error:
        return [check("it is a network", str(error))]
    ends = [end for span in then.get("spans", "").split(",") for end in span.split("-") if end]
    aside = [then[name] for name in SET_ASIDE if then.get(name)]
    out = [one for one in (*aside, *ends) if ip_address(one) not in subnet]
    twice = [one for one in aside if aside.count(one) > 1]
    return [
        check("it is a network", ""),
        check("all addresses are in it", f"{out[0]} is not in {subnet}" if out else ""),
        check("each address stands once", f"{twice[0]} stands twice" if twice else ""),
    ]


def _modify_reasons(row: Any, form: ModifyPool, known: Known) -> Tuple[Reason, ...]:
    fields = differing(row, form)
    found = [is_news(row, form, known), *_allowed(row, fields, known), *_fits(_then(row, fields))]
    if "name" in fields:
        twin = named("address-pools", fields["name"], known)
        words = f"there is a {twin.name}" if twin else ""
        found.append(looked_up("the name is free", words, known, "address-pools"))
    if "spans" in fields:
        words = "the server compares them with the addresses handed out already"
        found.append(server_knows("what is handed out stays inside", words))
    return tuple(found)


def _add_reasons(_row: Any, form: AddPool, known: Known) -> Tuple[Reason, ...]:
    twin = named("address-pools", form.name, known)
    words = f"there is a pool {form.name} already" if twin else ""
    free = looked_up("the name is free", words, known, "address-pools")
    return (free, *_fits(_then(None, text_of(form))))


def _delete_reasons(row: Any, _form: Any, known: Known) -> Tuple[Reason, ...]:
    first = [
        network
        for network in networks_of(row, known)
        if network.pool_uuid == row.uuid and network.type not in ALWAYS[:3]
    ]
    words = f"it is the primary pool of {first[0].name}" if first else ""
    first_of = looked_up("it is no network's first", words, known, *OF_POOLS)
    return (first_of, *_allowed(row, {}, known))


def _modify_risk(row: Any, form: Any, known: Known) -> Risk:
    """Grade what moves addresses of the OAM network by where one sits."""
    moves = any(name != "name" for name in differing(row, form))
    is_oam = any(network.type == "oam" for network in networks_of(row, known))
    is_oam = is_oam or not all(map(known.has, OF_POOLS))  # nobody can tell: it may be
    return oam_risk(row, form, known) if moves and is_oam else Risk.DISRUPTIVE


def _after(row: Any, form: Any, known: Known) -> Tuple[Consequence, ...]:
    types = {network.type for network in networks_of(row, known)}
    if "oam" in types:
        return after_oam(row, form, known)
    if types:
        return (warn(f"addresses change on {', '.join(sorted(map(text, types)))}"),)
    why = untold(known, *OF_POOLS)
    if why:
        return (warn(f"addresses may change on networks that have it: {why}"),)
    return (Consequence(words="no network has it: nothing else changes"),)


POOL_ACTIONS: Tuple[Action[Any], ...] = (
    Action(
        name="modify",
        key="M",
        words="Change the pool",
        plan=_modify,
        form=ModifyPool,
        risk=_modify_risk,
        reasons=_modify_reasons,
        consequences=_after,
        needs=("networks", "network-address-pools", "system", "hosts"),
        aliases=("addrpool-modify",),
    ),
    Action(
        name="delete",
        key="D",
        words="Delete the pool",
        plan=delete(
            "address-pools",
            "/addrpools",
            lambda row: ("system", "addrpool-delete", row.uuid),
            lambda row: f"delete the pool {row.name}",
        ),
        risk=lambda _row, _form, _known: Risk.DESTRUCTIVE,
        reasons=_delete_reasons,
        consequences=_after,
        needs=("networks", "network-address-pools", "system", "hosts"),
        aliases=("addrpool-delete",),
    ),
    Action(
        name="add",
        key="+",
        words="Add",
        plan=_add,
        form=AddPool,
        risk=disruptive,
        reasons=_add_reasons,
        on_kind=True,
        aliases=("addrpool-add",),
    ),
)
