"""The board of versions: each layer of each host, who told it, and what differs from its peers."""

from __future__ import annotations

import json
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Dict, List, Tuple

import pytest

from backend.errors import Unreachable
from backend.kinds.version_layers import LAYERS
from backend.kinds.versions import VERSIONS, cells_of, odd
from backend.known import Known, Reading
from backend.render import rows_text
from backend.tone import Mark, Tone
from tests.backend.kinds.site import bodies, reading, site, uuid_of

COMMITS = ("a" * 64, "b" * 64)


def kube(number: int, **more: Any) -> Dict[str, Any]:
    body = {"uuid": f"k{number}", "id": number, "host_id": number, "kubelet_version": "v1.29.2"}
    return {**body, "control_plane_version": "v1.29.2" if number < 3 else "N/A", **more}


def node(name: str, **more: Any) -> Dict[str, Any]:
    body = {"uid": f"n-{name}", "name": name, "runtime": "containerd://1.7.27"}
    return {**body, "kernel": "6.12.0-1-amd64", "version": "v1.29.2", **more}


def part(server: str, component: str, sort: str, **more: Any) -> Dict[str, Any]:
    return {"server": server, "component": component, "sort": sort, **more}


def deployment(machine: str, commit: str, index: int, **more: Any) -> Dict[str, Any]:
    body = {"machine": machine, "commit": commit, "index": index, "stateroot": "debian"}
    return {**body, "serial": 0, "is_booted": index == 0, **more}


def told() -> Dict[str, List[Dict[str, Any]]]:
    """Return what every source would say of the recorded hosts, where all of them answer."""
    names = [str(body["hostname"]) for body in bodies("hosts")]
    kernels = {"kernel_provisioned": "standard", "kernel_running": "standard"}
    return {
        "kernels": [
            {"ihost_uuid": uuid_of(n), "hostname": name, **kernels}
            for n, name in enumerate(names, 1)
        ],
        "kube-host-upgrades": [kube(n) for n in range(1, 5)],
        "nodes": [node(name) for name in names if not name.startswith("storage")],
        "servers": [{"name": name, "host": name} for name in names],
        "inventory": [
            row
            for name in names
            for row in (
                part(name, "System", "system", bios_version="2.1"),
                part(name, "BMC", "baseboard", firmware_version="6.10"),
                part(name, "Intel E810 port 1", "firmware", version="4.40"),
                part(name, "PSU 1", "power supply", firmware_version="1.0"),
            )
        ],
        "machines": [{"uuid": name, "name": name} for name in names],
        "ostree-deployments": [deployment(name, COMMITS[0], 0) for name in names],
        "device-images": [{"uuid": "i1", "name": "fec.bin"}],
        "device-image-states": [
            {"uuid": "s1", "hostname": "worker-0", "image_uuid": "i1", "status": "completed"}
        ],
    }


def board(**changes: List[Dict[str, Any]]) -> Known:
    """Return the recorded site with every layer told; ``changes`` stand in for a kind's rows."""
    rows = {**told(), **{name.replace("_", "-"): given for name, given in changes.items()}}
    recorded = site()
    found: Dict[Tuple[str, str], Reading[Any]] = {
        key: one for key, one in recorded.readings.items() if key[0] not in rows
    }
    found.update({(name, ""): reading(name, given) for name, given in rows.items()})
    known = replace(recorded, readings=MappingProxyType(found))
    made = reading("versions", list(VERSIONS.read.rows(known)))  # type: ignore[union-attr]
    return replace(known, readings=MappingProxyType({**found, ("versions", ""): made}))


def row_of(name: str, known: Known) -> Any:
    return next(row for row in known.rows("versions") if row.host == name)


def test_every_layer_of_a_host_stands_on_the_board_with_who_told_it() -> None:
    known = board()
    cells = cells_of(row_of("worker-0", known), known)
    assert set(cells) == {layer.name for layer in LAYERS}
    assert {name: (cell.value, cell.told_by) for name, cell in cells.items() if cell.value} == {
        "release": ("25.09", "sysinv"),
        "commit": ("a" * 10, "OSTree by SSH"),
        "kernel": ("standard", "sysinv"),
        "kubelet": ("v1.29.2", "sysinv"),
        "containerd": ("1.7.27", "Kubernetes"),
        "kernel_version": ("6.12.0-1-amd64", "Kubernetes"),
        "bios": ("2.1", "its baseboard"),
        "bmc": ("6.10", "its baseboard"),
        "nic": ("4.40", "its baseboard"),
        "images": ("fec.bin", "sysinv"),
    }
    assert cells["control_plane"].is_none  # a worker has none, and that is known
    assert not any(odd(row, known) for row in known.rows("versions"))


def test_what_was_not_asked_is_a_question_mark_with_its_reason_and_what_is_not_there_a_dash() -> (
    None
):
    known = site()
    made = reading("versions", list(VERSIONS.read.rows(known)))  # type: ignore[union-attr]
    known = replace(known, readings={**known.readings, ("versions", ""): made})
    row = row_of("controller-0", known)
    cells = cells_of(row, known)
    assert cells["commit"].shown == "?"
    assert "no SSH to it" in cells["commit"].why
    assert "nobody knows a baseboard" in cells["bios"].why
    assert (cells["containerd"].shown, cells["containerd"].why) == ("?", "not asked yet")
    storage = cells_of(row_of("storage-0", known), known)
    assert storage["kubelet"].shown is None
    text = rows_text(VERSIONS, [row], known, "table")
    assert "  ?  " in text
    said = VERSIONS.verdict(known)  # type: ignore[misc]
    assert "not known (?)" in said.more
    assert any("no SSH" in line.text for line in VERSIONS.strip(row, known).lines)  # type: ignore[misc]


def test_a_program_is_given_every_layer_with_who_told_it_or_why_nobody_did() -> None:
    kernels = [
        {"ihost_uuid": uuid_of(1), "kernel_provisioned": "lowlatency", "kernel_running": "standard"}
    ]
    known = board(kernels=kernels)
    row = row_of("controller-0", known)
    (told_of,) = json.loads(rows_text(VERSIONS, [row], known, "json"))
    assert (told_of["_kind"], told_of["host"]) == ("versions", "controller-0")
    layers = told_of["layers"]
    assert set(layers) == {layer.name for layer in LAYERS}
    assert layers["kernel"]["version"] == "standard -> lowlatency"
    assert (layers["bios"]["version"], layers["bios"]["has_none"]) == ("2.1", False)
    assert layers["kubelet"]["told_by"] == "sysinv"
    (storage,) = json.loads(rows_text(VERSIONS, [row_of("storage-0", known)], known, "json"))
    assert storage["layers"]["kubelet"]["has_none"]
    assert "a storage host runs none" in storage["layers"]["kubelet"]["why"]
    assert "version: '2.1'" in rows_text(VERSIONS, [row], known, "yaml")


def test_a_source_that_does_not_answer_says_so_in_its_cells() -> None:
    known = board()
    failed = Reading(kind="nodes", error=Unreachable("kubernetes", "connection refused"))
    known = replace(known, readings={**known.readings, ("nodes", ""): failed})
    cells = cells_of(row_of("worker-0", known), known)
    assert "connection refused" in cells["containerd"].why


def test_who_differs_from_most_of_its_peers_is_marked_and_not_the_others() -> None:
    rows = [node("controller-0"), node("controller-1"), node("worker-0"), node("worker-1")]
    rows[3]["runtime"] = "containerd://1.6.8"
    known = board(nodes=rows)
    found = {row.host: odd(row, known) for row in known.rows("versions") if odd(row, known)}
    assert found == {
        "worker-0": ["containerd 1.7.27, its peers 1.6.8"],
        "worker-1": ["containerd 1.6.8, its peers 1.7.27"],
    }
    look = VERSIONS.look(row_of("worker-1", known), known)
    assert (look.mark, look.tone) == (Mark.BAD, Tone.WARN)
    assert VERSIONS.look(row_of("controller-1", known), known).mark is Mark.NONE


def test_of_three_peers_only_the_odd_one_is_marked() -> None:
    hosts = bodies("hosts")
    hosts.append({**hosts[3], "uuid": uuid_of(9), "id": 9, "hostname": "worker-2"})
    upgrades = [kube(1), kube(2), kube(3), kube(4), kube(9, kubelet_version="v1.30.6")]
    known = board(hosts=hosts, kube_host_upgrades=upgrades)
    found = {row.host: odd(row, known) for row in known.rows("versions") if odd(row, known)}
    assert found == {"worker-2": ["kubelet v1.30.6, its peers v1.29.2"]}


def test_what_comes_with_the_next_unlock_or_boot_is_told() -> None:
    waits = [deployment("worker-0", COMMITS[1], 0, is_booted=False, note="pending")]
    waits.append(deployment("worker-0", COMMITS[0], 1, is_booted=True))
    kernels = told()["kernels"]
    kernels[2] = {**kernels[2], "kernel_provisioned": "lowlatency"}
    known = board(
        kernels=kernels,
        ostree_deployments=[*waits, deployment("worker-1", COMMITS[0], 0)],
    )
    found = odd(row_of("worker-0", known), known)
    assert f"OSTree commit {'a' * 10}, {'b' * 10} from its next boot on" in found
    assert "kernel standard, lowlatency from its next unlock on" in found


def test_while_a_deploy_is_under_way_the_release_is_that_of_usm_and_a_difference_is_no_fault() -> (
    None
):
    parts = [
        {"hostname": "worker-0", "host_state": "deployed", "software_release": "25.09.2"},
        {"hostname": "worker-1", "host_state": "pending", "software_release": "25.09.1"},
    ]
    deploy = {"from_release": "25.09.1", "to_release": "25.09.2", "state": "host"}
    known = board(deploy_hosts=parts, deploy=[deploy])
    assert odd(row_of("worker-0", known), known) == ["platform release 25.09.2, its peers 25.09.1"]
    assert VERSIONS.look(row_of("worker-0", known), known).mark is Mark.BUSY


@pytest.mark.parametrize("name", ["controller-0", "storage-0"])
def test_the_page_of_a_host_has_a_line_for_every_layer(name: str) -> None:
    known = board()
    (tab,) = VERSIONS.tabs
    assert tab.figure is not None
    page = tab.figure(row_of(name, known), known)
    text = "\n".join(line.text for line in page.lines) + "\n".join(
        line.heading for line in page.lines
    )
    assert all(layer.words in text for layer in LAYERS)
    assert "says its baseboard" in text
