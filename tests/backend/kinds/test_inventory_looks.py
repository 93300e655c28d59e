"""How what `system` lists looks when it is not at rest, and what of it must never be shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from typing import Any, Dict

import pytest

from backend.kind import Rest
from backend.known import Reading
from backend.refresh import refresh
from backend.render import rows_text
from backend.sources.bodies import bodies
from backend.tone import Mark, Tone
from tests.backend.kinds.site import named, reading, site, uuid_of
from tests.peers.replay import NOW_MS, recorded, rows_of

DAY_S = 86_400


def first(kind: str) -> Dict[str, Any]:
    """Return the first recorded object of a kind."""
    read = named(kind).read
    assert isinstance(read, Rest)
    return rows_of(f"/sysinv/v1{read.path.format(parent=uuid_of(1))}", read.items)[0]


def row_of(kind: str, **changes: Any) -> Any:
    return named(kind).model.read({**first(kind), **changes})


def ends_in(days: float) -> str:
    """Return a date that far from the site's clock, as the service writes it."""
    at_s = site().now_ms / 1000 + days * DAY_S
    return datetime.fromtimestamp(at_s, timezone.utc).isoformat()


@pytest.mark.parametrize(
    ("kind", "changes", "sign", "tone"),
    [
        ("sensors", {"status": "ok"}, Mark.NONE, Tone.GOOD),
        ("sensors", {"status": "minor"}, Mark.BAD, Tone.WARN),
        ("sensors", {"status": "critical"}, Mark.BAD, Tone.BAD),
        ("sensors", {"status": "critical", "suppress": True}, Mark.BAD, Tone.PLAIN),
        ("sensors", {"status": "offline"}, Mark.OUT, Tone.PLAIN),
        ("sensors", {"status": "never heard of"}, Mark.BAD, Tone.WARN),
        ("sensors", {"status": None}, Mark.OUT, Tone.PLAIN),
        ("sensor-groups", {"state": "disabled"}, Mark.OUT, Tone.PLAIN),
        ("memory", {"vm_hugepages_nr_1G_pending": 8}, Mark.BUSY, Tone.BUSY),
        ("memory", {"vm_hugepages_nr_2M_pending": 0}, Mark.BUSY, Tone.BUSY),
        ("kernels", {"kernel_provisioned": "lowlatency"}, Mark.BUSY, Tone.BUSY),
        ("kernels", {"kernel_running": None}, Mark.UNKNOWN, Tone.PLAIN),
        ("kube-versions", {"state": "partial"}, Mark.BUSY, Tone.BUSY),
        ("kube-versions", {"state": "unavailable"}, Mark.OUT, Tone.PLAIN),
        ("kube-versions", {"state": "available"}, Mark.NONE, Tone.PLAIN),
        ("kube-host-upgrades", {"status": "upgrading-kubelet"}, Mark.BUSY, Tone.BUSY),
        ("kube-host-upgrades", {"status": "upgraded-kubelet"}, Mark.NONE, Tone.GOOD),
        ("kube-host-upgrades", {"status": "upgrading-kubelet-failed"}, Mark.BAD, Tone.BAD),
        ("tiers", {"status": "defined"}, Mark.NONE, Tone.GOOD),
        ("ceph-backends", {"state": "configuration-failed"}, Mark.BAD, Tone.BAD),
        ("restore", {"value": "Restore procedure is in progress"}, Mark.BUSY, Tone.BUSY),
        ("certificates", {"expiry_date": None}, Mark.UNKNOWN, Tone.PLAIN),
        ("certificates", {"expiry_date": "when it likes"}, Mark.UNKNOWN, Tone.PLAIN),
        ("certificates", {"expiry_date": ends_in(30.5)}, Mark.NONE, Tone.GOOD),
        ("certificates", {"expiry_date": ends_in(29.5)}, Mark.BAD, Tone.WARN),
        ("certificates", {"expiry_date": ends_in(7.5)}, Mark.BAD, Tone.WARN),
        ("certificates", {"expiry_date": ends_in(6.5)}, Mark.BAD, Tone.BAD),
        ("certificates", {"expiry_date": ends_in(-1)}, Mark.BAD, Tone.BAD),
    ],
)
def test_what_is_not_at_rest_has_a_mark(
    kind: str, changes: Dict[str, Any], sign: Mark, tone: Tone
) -> None:
    look = named(kind).look(row_of(kind, **changes), site())
    assert (look.mark, look.tone) == (sign, tone)
    # Whatever asks for attention says why.
    asks = tone in (Tone.WARN, Tone.BAD, Tone.BUSY) or sign in (Mark.BAD, Mark.UNKNOWN)
    assert bool(look.notes) == asks


def said(kind: str, heading: str, **changes: Any) -> Any:
    """Return what stands under a heading of a changed row."""
    column = next(one for one in named(kind).columns if one.heading == heading)
    return column.cell(row_of(kind, **changes), site())


@pytest.mark.parametrize(
    ("kind", "heading", "changes", "shown"),
    [
        ("memory", "PENDING", {"vm_hugepages_nr_2M_pending": 512}, "512 of 2M"),
        (
            "memory",
            "PENDING",
            {"vm_pending_as_percentage": True, "vm_hugepages_1G_percentage": 90},
            "90% in 1G",
        ),
        ("memory", "VSWITCH", {"vswitch_hugepages_nr": 1}, "1 of 2M"),
        ("certificates", "DAYS", {"expiry_date": ends_in(6.5)}, 6),
        ("certificates", "DAYS", {"expiry_date": ends_in(-0.5)}, -1),
        ("certificates", "EXPIRES", {"expiry_date": "when it likes"}, "when it likes"),
        ("ethernet-ports", "SPEED", {"speed": 2500}, "2.5G"),
        ("ethernet-ports", "SPEED", {"speed": 100}, "100M"),
        ("ethernet-ports", "SPEED", {"speed": -1}, None),
        ("devices", "VFS", {"sriov_totalvfs": 16, "sriov_numvfs": 4}, "4/16"),
        ("ptp-instances", "PARAMETERS", {"parameters": {"domainNumber": 24}}, "domainNumber=24"),
        ("ptp-instances", "PARAMETERS", {"parameters": ["a=1", "b=2"]}, "a=1, b=2"),
        ("dns", "SERVERS", {"nameservers": " 8.8.8.8 ,"}, "8.8.8.8"),
        ("dns", "SERVERS", {"nameservers": ""}, None),
        ("ntp", "SERVERS", {"ntpservers": None}, None),
        ("oam", "FLOATING", {"oam_floating_ip": None, "oam_ip": "10.10.10.2"}, "10.10.10.2"),
        ("addresses", "HOST", {"forihostid": 3}, "worker-0"),
        ("addresses", "HOST", {"forihostid": 99}, "host 99"),
    ],
)
def test_columns_say_it_as_people_do(
    kind: str, heading: str, changes: Dict[str, Any], shown: Any
) -> None:
    assert said(kind, heading, **changes) == shown


def test_a_port_on_which_nobody_is_heard_says_so_once_neighbours_were_read() -> None:
    look, agent = named("lldp-agents").look, row_of("lldp-agents")
    assert look(agent, site()).mark is Mark.NONE
    nobody = site(lldp=[])
    assert look(agent, nobody).tone is Tone.WARN
    assert look(row_of("lldp-agents", status="rx=disabled,tx=disabled"), nobody).mark is Mark.OUT
    somebody = site(lldp=[first("lldp")])
    assert look(agent, somebody).mark is Mark.NONE


def test_a_numa_node_goes_by_the_memory_and_the_processors_on_it() -> None:
    node = row_of("numa-nodes")
    cells = {one.heading: one.cell for one in named("numa-nodes").columns}
    assert [cells[name](node, site()) for name in ("HOST", "CPUS", "MEMORY")] == [None] * 3
    # Memory is a word of its own among what a site is asked with.
    known = site(cpus=[first("cpus")])
    known = replace(
        known,
        readings={**known.readings, ("memory", ""): reading("memory", [first("memory")])},
    )
    found = [cells[name](node, known) for name in ("HOST", "CPUS", "MEMORY")]
    assert found == ["controller-0", 1, "89G"]


async def test_the_administrators_key_of_kubernetes_is_never_kept_nor_shown() -> None:
    kind = named("kube-clusters")
    raw = recorded("sysinv_kube_clusters.json").body
    for sent in (b"admin_client_key", b"admin_token"):
        assert sent in raw

    async def ask(*_: Any) -> Any:
        return lambda: bodies(raw, "kube_clusters")

    read = await refresh(kind, Reading(kind=kind.name), ask, lambda: NOW_MS)
    (row,) = read.rows
    text = rows_text(kind, (row,), site(), "yaml")
    for secret in ("admin_client_key", "admin_client_cert", "admin_token", "SCRUBBED"):
        assert secret not in row.body
        assert secret not in text
