"""Tiers of a Ceph cluster: made, renamed, deleted."""

from __future__ import annotations

from typing import Any, Mapping, Tuple

from pydantic import Field

from backend.kind import Action, Form, Plan, Reason
from backend.kinds.edits import (
    add,
    check,
    delete,
    destructive,
    disruptive,
    flags,
    is_news,
    modify,
    server_knows,
    sets,
    text,
)
from backend.kinds.fresh_checks import looked_up
from backend.kinds.network_acts import named, names
from backend.known import Known


class AddTier(Form):
    """A tier of OSDs of one speed."""

    cluster: str = Field(min_length=1, examples=["ceph_cluster"], description="of which cluster")
    name: str = Field(
        pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", examples=["gold"], description="its name"
    )


class ModifyTier(Form):
    """Another name for a tier."""

    name: str = Field(
        pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", examples=["silver"], description="its name"
    )


DEFAULT_TIER = "storage"


def _cluster(row: Any, known: Known) -> str:
    found = known.row("clusters", row.cluster_uuid or "")
    return text(row.cluster_uuid if found is None else found.name)


def _add_tier(_row: Any, form: AddTier, known: Known) -> Plan:
    cluster = named("clusters", form.cluster, known)
    uuid = form.cluster if cluster is None else text(cluster.uuid)
    return add(
        "tiers",
        "/storage_tiers/",
        {"cluster_uuid": uuid, "name": form.name},
        ("system", "storage-tier-add", form.cluster, form.name),
        f"make the tier {form.name} in {form.cluster}",
        lambda row: bool(row.name == form.name),
    )


def _tier_reasons(_row: Any, form: AddTier, known: Known) -> Tuple[Reason, ...]:
    taken = f"there is a tier {form.name}" if named("tiers", form.name, known) else ""
    has = named("clusters", form.cluster, known) is not None
    words = "" if has else f"there is no cluster {form.cluster}"
    return (
        looked_up("the name is free", taken, known, "tiers"),
        looked_up("the cluster is there", words, known, "clusters"),
        server_knows("Ceph is well enough", "monitors and backends must be configured"),
    )


def _rename_reasons(row: Any, form: ModifyTier, known: Known) -> Tuple[Reason, ...]:
    first = f"{DEFAULT_TIER} is the default tier's name" if form.name == DEFAULT_TIER else ""
    return (is_news(row, form, known), check("the name may be had", first))


def _delete_tier_reasons(row: Any, _form: Any, known: Known) -> Tuple[Reason, ...]:
    alone = len(known.rows("tiers")) == 1
    used = row.status not in (None, "defined")
    default = row.name == DEFAULT_TIER
    return (
        looked_up("another tier is left", "it is the only one" if alone else "", known, "tiers"),
        check("it is not the default", f"{DEFAULT_TIER} stays" if default else ""),
        check("nothing is on it", f"it is {row.status}" if used else ""),
    )


def _clusters(_row: Any, known: Known) -> Mapping[str, Tuple[str, ...]]:
    return {"cluster": names("clusters", known)}


TIER_ACTIONS: Tuple[Action[Any], ...] = (
    Action(
        name="modify",
        key="M",
        words="Rename the tier",
        plan=modify(
            "tiers",
            "/storage_tiers",
            lambda row, fields, known: (
                *flags("system", "storage-tier-modify")(row, fields, known),
                *(_cluster(row, known), row.name),
            ),
            sets("the tier"),
        ),
        form=ModifyTier,
        risk=disruptive,
        reasons=_rename_reasons,
        needs=("clusters",),
        aliases=("storage-tier-modify",),
    ),
    Action(
        name="delete",
        key="D",
        words="Delete the tier",
        plan=lambda row, form, known: delete(
            "tiers",
            "/storage_tiers",
            lambda one: ("system", "storage-tier-delete", _cluster(one, known), one.name),
            lambda one: f"delete the tier {one.name}",
        )(row, form, known),
        risk=destructive,
        reasons=_delete_tier_reasons,
        needs=("clusters",),
        aliases=("storage-tier-delete",),
    ),
    Action(
        name="add",
        key="+",
        words="Add",
        plan=_add_tier,
        form=AddTier,
        choices=_clusters,
        risk=disruptive,
        reasons=_tier_reasons,
        needs=("clusters",),
        on_kind=True,
        aliases=("storage-tier-add",),
    ),
)
