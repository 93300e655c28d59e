"""Kinds that only tell: what the services leave out is told as not known, never as well or no."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, List, Tuple

import pytest

from backend.errors import Unreachable
from backend.kinds import every_kind
from backend.kinds.storage import STORAGE
from backend.kinds.version_layers import LAYERS
from backend.known import Known
from backend.tone import WELL, Mark, Tone
from backend.units import yes_no
from tests.backend.kinds.ceph import cluster
from tests.backend.kinds.site import named, reading, site, uuid_of
from tests.backend.kinds.test_every_kind import NOTHING, everything

NODE = {"id": 1, "name": "controller-0", "administrative_state": "unlocked",
        "operational_state": "enabled", "availability_status": "available",
        "ready_state": "enabled"}  # fmt: skip


def of(name: str, *bodies: Dict[str, Any], known: Known) -> Tuple[Any, Known]:
    made = reading(name, list(bodies))
    return made.rows[0], replace(known, readings={**known.readings, (name, ""): made})


def cell(name: str, heading: str, body: Dict[str, Any], known: Known = NOTHING) -> Any:
    kind = named(name)
    column = next(one for one in kind.columns if one.heading == heading)
    return column.cell(kind.model.read(body), known)


@pytest.mark.parametrize("kind", [one for one in every_kind() if one.verdict is not None],
                         ids=lambda kind: kind.name)  # fmt: skip
def test_no_verdict_calls_well_what_was_never_read(kind: Any) -> None:
    assert kind.verdict(NOTHING).tone is not Tone.GOOD


@pytest.mark.parametrize(
    ("changes", "tone", "words"),
    [
        ({}, Tone.GOOD, ""),
        ({"operational_state": "disabled", "availability_status": "failed"}, Tone.BAD,
         "service management sees it disabled/failed/enabled"),
        ({"ready_state": "disabled"}, Tone.BAD,
         "service management sees it enabled/available/disabled"),
        ({"ready_state": None}, Tone.BAD, "service management sees it enabled/available/?"),
        ({"administrative_state": "locked", "operational_state": "disabled"}, Tone.PLAIN, ""),
    ],
)  # fmt: skip
def test_a_controller_that_service_management_sees_fail_is_not_called_well(
    changes: Dict[str, Any], tone: Tone, words: str
) -> None:
    row, known = of("service-nodes", {**NODE, **changes}, known=site())
    look = named("service-nodes").look(row, known)
    assert (look.tone, "".join(look.notes)) == (tone, words)


def test_a_controller_whose_services_were_not_read_is_not_called_well() -> None:
    row, known = of("service-nodes", NODE, known=site())
    for kind in ("services", "service-groups"):
        unread = replace(known, readings={k: v for k, v in known.readings.items() if k[0] != kind})
        assert named("service-nodes").look(row, unread) != WELL
        failed = next(c for c in named("service-nodes").columns if c.heading == "FAILED")
        assert failed.cell(row, unread) is None


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("services", {"id": 1, "name": "vim"}),
        ("service-groups", {"uuid": "g", "service_group_name": "vim-services", "node_name": "c"}),
        ("kernels", {"ihost_uuid": "h", "kernel_provisioned": "standard"}),
        ("health", {"value": "nothing that looks like a report"}),
        ("health", {"value": "No alarms: [Maybe]\n"}),
    ],
)
def test_what_has_no_state_is_marked_as_not_known(name: str, body: Dict[str, Any]) -> None:
    kind = named(name)
    look = kind.look(kind.model.read(body), NOTHING)
    assert look.mark is Mark.UNKNOWN
    assert look.notes


def test_a_flag_that_nobody_said_is_a_dash_and_no_no() -> None:
    assert [yes_no(said) for said in (True, False, None)] == ["yes", "no", None]
    host = {"uuid": "u", "ihost_uuid": uuid_of(1)}
    for name, heading, body in (
        ("remote-logging", "ENABLED", {"uuid": "u"}),
        ("devices", "ENABLED", host),
        ("device-images", "APPLIED", {"uuid": "u"}),
        ("sensors", "SUPPRESSED", {**host, "sensorname": "fan"}),
        ("networks", "ADDRESSES", {"uuid": "u"}),
        ("controller-filesystems", "COPIED", {"uuid": "u", "name": "x"}),
    ):
        assert cell(name, heading, body) is None, name


def test_for_which_device_an_image_is_says_no_none() -> None:
    assert cell("device-images", "FOR", {"uuid": "u"}) is None
    half: Dict[str, Any] = {"uuid": "u", "pci_vendor": "8086"}
    assert cell("device-images", "FOR", half) == "8086:?"


def test_a_numa_node_is_told_by_what_was_read_under_its_host_alone_too() -> None:
    known, uuid = everything(), uuid_of(1)
    (row, *_) = known.rows("numa-nodes")
    columns = {one.heading: one for one in named("numa-nodes").columns}
    whole = [columns[name].cell(row, known) for name in ("HOST", "CPUS", "MEMORY")]
    assert None not in whole
    moved = {k: one for k, one in known.readings.items() if k[0] not in ("cpus", "memory")}
    for kind in ("cpus", "memory"):
        mine = [one.body for one in known.rows(kind) if one.host_uuid == uuid]
        moved[kind, uuid] = reading(kind, mine, uuid)
    under = replace(known, readings=moved)
    assert [columns[name].cell(row, under) for name in ("HOST", "CPUS", "MEMORY")] == whole


def test_a_layer_of_which_its_source_says_nothing_is_not_told_as_not_asked() -> None:
    known = everything()
    host = known.rows("hosts")[0]
    layer = next(one for one in LAYERS if one.name == "kubelet")
    read = replace(
        known,
        readings={**known.readings, ("kube-host-upgrades", ""): reading("kube-host-upgrades", [])},
    )
    assert layer.told(host, read).why == "kube-host-upgrades were read, and say nothing of it"
    gone = {k: v for k, v in known.readings.items() if k[0] != "kube-host-upgrades"}
    assert layer.told(host, replace(known, readings=gone)).why == "not asked yet"


def test_storage_is_not_well_by_ceph_alone_where_alarms_do_not_answer() -> None:
    known = cluster("16-well")
    (row,) = known.rows("ceph")
    fine = reading("ceph", [{**row.body, "health": "HEALTH_OK", "checks": []}])
    kept = {k: v for k, v in known.readings.items() if k[0] not in ("ceph-checks", "ceph-flags")}
    well = replace(
        known, readings={**kept, ("ceph", ""): fine, ("alarms", ""): reading("alarms", [])}
    )
    assert STORAGE.headline(well).word == "WELL"
    error = Unreachable("fm", "connection refused")
    alarms: List[Any] = [replace(reading("alarms", []), error=error)]
    lost = replace(well, readings={**well.readings, ("alarms", ""): alarms[0]})
    said = STORAGE.headline(lost)
    assert (said.word, said.tone) == ("WARN", Tone.WARN)
    assert "alarms as of" in said.more
    assert "connection refused" in said.more
