"""Storage backends: made for good, changed, deleted where nothing draws on them."""

from __future__ import annotations

import json
import re
from typing import Any, Dict, Mapping, Optional, Tuple

from pydantic import Field
from typing_extensions import Literal

from backend.kind import Action, Form, Json, Plan, Reason, RestWrite, Risk, Step
from backend.kinds.edits import (
    SERVICE,
    Changes,
    Words,
    add,
    changed,
    check,
    comes,
    delete,
    destructive,
    disruptive,
    patch_of,
    server_knows,
    text,
    warn,
)
from backend.kinds.fresh_checks import looked_up
from backend.kinds.host_site import is_simplex
from backend.kinds.network_acts import named, names
from backend.known import Known

BACKENDS = ("ceph", "ceph-rook", "ceph-external", "file", "lvm", "external")
PAIRS = r"^\s*[^\s=,]+=[^\s,]+(\s*,\s*[^\s=,]+=[^\s,]+)*\s*$"


class AddBackend(Form):
    """A storage backend; there is no way back."""

    backend: Literal["ceph", "ceph-rook", "ceph-external", "file", "lvm", "external"] = Field(
        examples=["ceph-rook"], description="what stores"
    )
    name: Optional[str] = Field(default=None, description="only for a second of the sort")
    services: Optional[Words] = Field(
        default=None, description="as block,filesystem or cinder,glance, commas between"
    )
    deployment: Optional[Literal["controller", "dedicated", "open"]] = Field(
        default=None, description="ceph-rook: which hosts have OSDs"
    )
    failure_domain: Optional[Literal["osd", "host"]] = Field(
        default=None, description="ceph-rook: what may fail at once"
    )
    attributes: Optional[str] = Field(
        default=None, pattern=PAIRS, description="as replication=2,min_replication=1"
    )
    network: Optional[Literal["mgmt", "cluster-host"]] = Field(
        default=None, description="ceph: what it talks over"
    )
    tier: Optional[str] = Field(default=None, description="ceph: the tier of a second backend")
    confirmed: bool = Field(default=False, description="yes, it is not reversible")


class ModifyBackend(Changes):
    """What of a backend may change; empty stays as it is."""

    services: Optional[Words] = Field(
        default=None, description="those it has and more, commas between"
    )
    attributes: Optional[str] = Field(
        default=None,
        pattern=PAIRS,
        examples=["replication=2"],
        description="as replication=2,min_replication=1",
    )
    deployment: Optional[Literal["controller", "dedicated", "open"]] = Field(
        default=None, description="ceph-rook: which hosts have OSDs"
    )


def _pairs(attributes: Optional[str]) -> Dict[str, Json]:
    """Return ``a=1,b=2`` as an object."""
    words = re.split(r"\s*,\s*", (attributes or "").strip())
    return {name: value for name, _, value in (word.partition("=") for word in words) if name}


def _root(backend: Optional[str]) -> str:
    return "/storage_" + (backend or "").replace("-", "_")


def _add_backend(_row: Any, form: AddBackend, known: Known) -> Plan:
    tier = named("tiers", form.tier, known)
    given: Dict[str, Json] = {
        "name": form.name,
        "services": form.services,
        "deployment": form.deployment,
        "failure_domain": form.failure_domain,
        "network": form.network,
        "tier_uuid": form.tier if tier is None else text(tier.uuid),
    }
    body = {name: value for name, value in given.items() if value is not None}
    options = [w for n, v in body.items() for w in (f"--{n.replace('_domain', '-domain')}", str(v))]
    caps = _pairs(form.attributes)
    if caps:
        body["capabilities"] = caps
    body["confirmed"] = form.confirmed
    words = [f"{name}={value}" for name, value in caps.items()]
    return add(
        "backends",
        _root(form.backend),
        body,
        (
            *("system", "storage-backend-add", *options),
            *(("--confirmed",) if form.confirmed else ()),
            *(form.backend, *words),
        ),
        f"make a storage backend of {form.backend}",
        lambda row: bool(row.backend == form.backend and form.name in (None, row.name)),
    )


def _add_backend_reasons(_row: Any, form: AddBackend, known: Known) -> Tuple[Reason, ...]:
    twin = next((row for row in known.rows("backends") if row.backend == form.backend), None)
    is_twin = twin is not None and form.backend != "ceph"
    rook = form.backend == "ceph-rook"
    services = (form.services or "").split(",")
    found = [
        check("it is confirmed", "" if form.confirmed else "confirmed is to be yes"),
        looked_up(
            "it is the first of its sort",
            f"there is {twin.name}" if is_twin and twin else "",
            known,
            "backends",
        ),
    ]
    if rook:
        odd = {"block", "ecblock"} <= set(services)
        both = "block and ecblock do not go together" if odd else ""
        found += [
            check("one sort of block storage", both),
            _no_bare_metal(known),
        ]
        if form.deployment == "dedicated":
            words = "simplex has no dedicated hosts" if is_simplex(known) else ""
            found.append(looked_up("the hosts are there", words, known, "system"))
    found.append(server_knows("its parameters are right", "the service has rules for each sort"))
    return tuple(found)


def _no_bare_metal(known: Known) -> Reason:
    bare = any(row.backend == "ceph" for row in known.rows("backends"))
    words = "there is one: they do not go together" if bare else ""
    return looked_up("no bare-metal Ceph", words, known, "backends")


def _modify_backend(row: Any, form: ModifyBackend, _known: Known) -> Plan:
    caps = _pairs(form.attributes)
    if form.deployment:
        caps["deployment_model"] = form.deployment
    fields: Dict[str, Json] = {}
    if form.services and form.services != row.services:
        fields["services"] = form.services
    options = ["-s", form.services] if "services" in fields and form.services else []
    options += ["-d", form.deployment] if form.deployment else []
    words = [f"{name}={value}" for name, value in _pairs(form.attributes).items()]
    write = RestWrite(
        service=SERVICE,
        method="PATCH",
        path=f"{_root(row.backend)}/{row.uuid}",
        body=patch_of(fields, ("capabilities", json.dumps(caps))),
        command=("system", "storage-backend-modify", *options, text(row.name), *words),
        sentence=f"change the storage backend {row.name}",
    )
    took = changed("backends", row, ("services", "capabilities", "state", "task"))
    return Plan(steps=(Step(write=write, took=took),))


def _modify_backend_reasons(row: Any, form: ModifyBackend, _known: Known) -> Tuple[Reason, ...]:
    caps = _pairs(form.attributes)
    news = {k: v for k, v in caps.items() if text(row.capabilities.get(k)) != text(v)}
    has = set((row.services or "").split(",")) - {""}
    wanted = set((form.services or row.services or "").split(",")) - {""}
    lost = sorted(has - wanted)
    deployment = form.deployment and form.deployment != row.capabilities.get("deployment_model")
    words = "" if news or deployment or wanted != has else "it is so already"
    busy = text(row.state).startswith("configuring")
    return (
        check("something changes", words),
        check("no service is taken away", f"{lost[0]} would be" if lost else ""),
        check("it is configured", f"it is {row.state}" if busy else ""),
        server_knows("the values are right", "what is allowed hangs on hosts and OSDs"),
    )


def _delete_backend(row: Any, _form: Any, known: Known) -> Plan:
    return delete(
        "backends",
        _root(row.backend),
        lambda one: ("system", "storage-backend-delete", "--force", text(one.name)),
        lambda one: f"delete the storage backend {one.name}",
    )(row, _form, known)


def _delete_backend_reasons(row: Any, _form: Any, known: Known) -> Tuple[Reason, ...]:
    used = [t.name for t in known.rows("tiers") if t.backend_uuid == row.uuid and t.stors]
    return (
        looked_up(
            "no tier with OSDs draws on it",
            f"{used[0]} does" if used else "",
            known,
            "tiers",
        ),
        *((_not_deployed(known),) if row.backend == "ceph-rook" else ()),
        server_knows("the service lets it go", "the vendor's client hides the verb"),
    )


def _not_deployed(known: Known) -> Reason:
    app = named("applications", "rook-ceph", known)
    is_there = app is not None and not text(app.status).startswith("upload")
    words = "it is: remove it first" if is_there else ""
    return looked_up("rook-ceph is not deployed", words, known, "applications")


def _tiers(_row: Any, known: Known) -> Mapping[str, Tuple[str, ...]]:
    return {"tier": names("tiers", known)} if known.rows("tiers") else {}


BACKEND_ACTIONS: Tuple[Action[Any], ...] = (
    Action(
        name="modify",
        key="M",
        words="Change the backend",
        plan=_modify_backend,
        form=ModifyBackend,
        risk=disruptive,
        reasons=_modify_backend_reasons,
        consequences=comes(warn("data move where copies change: the cluster is slower meanwhile")),
        aliases=("storage-backend-modify",),
    ),
    Action(
        name="delete",
        key="D",
        words="Delete the backend",
        plan=_delete_backend,
        risk=destructive,
        reasons=_delete_backend_reasons,
        consequences=comes(warn("what it stores is not there any more for the platform")),
        needs=("tiers", "applications"),
        aliases=("storage-backend-delete",),
    ),
    Action(
        name="add",
        key="+",
        words="Add",
        plan=_add_backend,
        form=AddBackend,
        choices=_tiers,
        risk=lambda _row, _form, _known: Risk.DISRUPTIVE,
        reasons=_add_backend_reasons,
        consequences=comes(warn("it is not reversible, and cannot be cancelled")),
        needs=("tiers", "system"),
        on_kind=True,
        aliases=("storage-backend-add",),
    ),
)
