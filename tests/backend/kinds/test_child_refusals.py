"""What the service would refuse of a host's things is known before, and said beside its field."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List, Tuple

import pytest

from backend.forms import field_named
from backend.kind import RestWrite
from tests.backend.kinds.pretend import asked, at
from tests.backend.simulator.client import PLATFORM

Bad = Tuple[str, str, str, Dict[str, str], str, str]

# kind, act, row, form, what fails of ours, the field that the service's words name
WIRING: List[Bad] = [
    ("interfaces", "modify", "worker-0/data0", {"imtu": "9000"}, "the host is locked", ""),
    (
        "interfaces",
        "modify",
        "worker-1/mgmt0",
        {"imtu": "9000"},
        "the MTU fits those below and above",
        "imtu",
    ),
    (
        "interfaces",
        "modify",
        "worker-1/pxeboot0",
        {"imtu": "1400"},
        "the MTU fits those below and above",
        "imtu",
    ),
    (
        "interfaces",
        "modify",
        "worker-1/data0",
        {"ifclass": "pci-sriov", "sriov_numvfs": "65"},
        "the port has as many VFs",
        "sriov_numvfs",
    ),
    (
        "interfaces",
        "modify",
        "worker-1/data0",
        {"sriov_numvfs": "4"},
        "the port has as many VFs",
        "sriov_numvfs",
    ),
    (
        "interfaces",
        "modify",
        "worker-1/data0",
        {"ifname": "mgmt0"},
        "the name is free",
        "ifname",
    ),
    (
        "interfaces",
        "modify",
        "worker-1/data0",
        {"ipv4_mode": "pool"},
        "addresses fit its class",
        "ipv4_pool",
    ),
    (
        "interfaces",
        "add",
        "worker-1",
        {"iftype": "vlan", "ifname": "v1", "uses": "pxeboot0", "vlan_id": "100",
         "ifclass": "platform"},
        "the VLAN is free there",
        "vlan_id",
    ),
    (
        "interfaces",
        "add",
        "worker-1",
        {"iftype": "vlan", "ifname": "v1", "uses": "data0", "ifclass": "data"},
        "the VLAN is free there",
        "vlan_id",
    ),
    (
        "interfaces",
        "add",
        "worker-1",
        {"iftype": "ae", "ifname": "b0", "uses": "data0", "ifclass": "data"},
        "its members are free",
        "ifclass",
    ),
    (
        "interfaces",
        "add",
        "worker-1",
        {"iftype": "vf", "ifname": "f0", "uses": "data0", "ifclass": "pci-sriov",
         "sriov_numvfs": "2"},
        "the port has as many VFs",
        "ifclass",
    ),
    ("interfaces", "delete", "worker-1/data0", {}, "it was added", ""),
    (
        "interfaces",
        "network-assign",
        "worker-1/mgmt0",
        {"network": "cluster-host"},
        "the host has it once",
        "network",
    ),
    (
        "interfaces",
        "datanetwork-assign",
        "worker-1/mgmt0",
        {"datanetwork": "physnet0"},
        "its class carries data networks",
        "",
    ),
    (
        "addresses",
        "add",
        "worker-1",
        {"ifname": "data0", "address": "10.60.0.5", "prefix": "24"},
        "the interface takes static addresses",
        "address",
    ),
    (
        "addresses",
        "add",
        "worker-1",
        {"ifname": "mgmt0", "address": "192.168.204.250", "prefix": "24"},
        "it has no other address in that network",
        "address",
    ),
    (
        "routes",
        "add",
        "worker-1",
        {"ifname": "cluster0", "network": "10.70.0.0", "prefix": "24", "gateway": "10.9.9.9"},
        "the gateway is reached over the interface",
        "gateway",
    ),
    (
        "routes",
        "add",
        "worker-1",
        {"ifname": "cluster0", "network": "10.70.0.0", "prefix": "24", "gateway": "10.70.0.1"},
        "network and gateway fit",
        "gateway",
    ),
    ("addresses", "delete", "worker-1/mgmt0", {}, "it is of no pool", ""),
]  # fmt: skip
BAD = [*WIRING]


@pytest.mark.parametrize(
    ("kind", "name", "row", "form", "fails", "field"),
    BAD,
    ids=[f"{kind} {name} {row} {form}" for kind, name, row, form, _, _ in BAD],
)
async def test_it_is_refused_by_us_before_and_by_the_service_in_words_that_name_the_field(
    kind: str, name: str, row: str, form: Dict[str, str], fails: str, field: str, tmp_path: Path
) -> None:
    async with at(tmp_path, "site-7") as (station, client):
        preview = await asked(station, {"kind": kind, "name": name, "row": row, "form": form})
        (write,) = preview.writes
        assert isinstance(write, RestWrite)
        reply = await client.http.request(
            write.method,
            f"{PLATFORM}{write.path}",
            content=json.dumps(write.body) if write.body is not None else None,
            headers={"Content-Type": "application/json"},
        )
    assert fails in [reason.check for reason in preview.blocked]
    assert reply.status_code in (400, 404, 409), reply.text
    assert field_named(type(preview.form), words_of(reply)) == field


def words_of(reply: Any) -> str:
    """Return the service's sentence, out of its envelope."""
    inner = json.loads(reply.json()["error_message"])
    return str(inner["faultstring"])
