"""What stands in the way: all of it at once, each with where it is mended."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, List

from backend.errors import Unreachable
from backend.kind import Answer
from backend.kinds import kind_named
from backend.kinds.obstacles import OBSTACLES, in_the_way, rows, verdict
from backend.known import Known, Reading
from backend.tone import Mark, Tone
from tests.backend.kinds.acted import known_with
from tests.backend.kinds.site import reading

WELL: Dict[str, Any] = {
    "administrative": "unlocked",
    "operational": "enabled",
    "availability": "available",
    "invprovision": "provisioned",
    "config_status": None,
    "personality": "controller",
}
REPORT = "System Health:\nAll hosts are provisioned: [Fail]\n1 host is not\nCeph: [OK]\n"


def host(name: str, **more: Any) -> Dict[str, Any]:
    return {"id": 1, "uuid": f"id-{name}", "hostname": name, **WELL, **more}


def calm(**more: List[Dict[str, Any]]) -> Known:
    """Return a site where nothing stands in the way, but for what is given."""
    none = ("strategies", "deploy", "kube_upgrade", "alarms", "applications", "pods", "nodes")
    reports = ("health", "upgrade_health", "kube_upgrade_health")
    held = ("platform_certificates", "k8s_certificates", "mounts")
    empty: Dict[str, List[Dict[str, Any]]] = {name: [] for name in (*none, *reports, *held)}
    known = known_with(**{"hosts": [host("controller-0")], **empty, **more})
    readings = {key: one for key, one in known.readings.items() if key[0] != "mounts"}
    return replace(known, readings=readings)


def found(known: Known) -> Dict[str, str]:
    return {f"{row['sort']} {row['name']}": row["why"] for row in rows(known)}


def as_read(known: Known) -> Known:
    made: Reading[Any] = reading("obstacles", list(rows(known)))
    return replace(known, readings={**known.readings, ("obstacles", ""): made})


def test_where_all_is_well_nothing_stands_in_the_way() -> None:
    known = as_read(calm())
    assert found(known) == {}
    assert verdict(known).word == "WELL"
    assert {one.answer for one in in_the_way(known, "deploy")} == {Answer.PASSES}


def test_hosts_and_their_configuration_stand_in_the_way() -> None:
    known = calm(
        hosts=[
            host("controller-0", config_status="Config out-of-date"),
            host("controller-1", availability="degraded"),
            host("worker-0", administrative="locked", operational="disabled"),
            host("worker-1", invprovision="unprovisioned"),
            host("", personality=None, hostname=None, mgmt_mac="52:54:00:00:00:09"),
        ]
    )
    assert found(known) == {
        "host controller-1": "it is unlocked/enabled/degraded",
        "host worker-0": "it is locked/disabled/available",
        "host worker-1": "it is unprovisioned, not provisioned",
        "host 52:54:00:00:00:09": "it was found, and nobody said yet what it is to be",
        "configuration controller-0": "Config out-of-date: lock and unlock it",
    }


def alarm(uuid: str, alarm_id: str, affects: str) -> Dict[str, Any]:
    return {
        "uuid": uuid,
        "alarm_id": alarm_id,
        "entity_instance_id": f"host={uuid}",
        "severity": "major",
        "timestamp": "2026-11-21T02:00:00",
        "reason_text": "Something\nstands",
        "mgmt_affecting": affects,
        "suppression_status": "unsuppressed",
    }


def test_alarms_that_affect_management_are_one_a_type_and_a_full_disk_is_a_full_disk() -> None:
    alarms = [
        *(alarm(f"a{n}", "400.001", "True") for n in range(3)),
        alarm("b", "200.004", "False"),
        alarm("c", "100.104", "False"),
    ]
    said = found(calm(alarms=alarms))
    assert set(said) == {"alarm 400.001", "disk c"}
    assert said["alarm 400.001"] == "a0: Something stands (and 2 more)"


def test_what_is_under_way_and_applications_in_transition_stand_in_the_way() -> None:
    known = calm(
        strategies=[{"uuid": "s", "name": "fw-update", "state": "applied"}],
        deploy=[{"from_release": "1", "to_release": "2", "state": "host"}],
        kube_upgrade=[{"uuid": "k", "to_version": "v1.30.6", "state": "upgrading-kubelets"}],
        applications=[
            {"name": "oidc", "status": "applying", "progress": "40 %"},
            {"name": "rook", "status": "apply-failed"},
            {"name": "nginx", "status": "applied"},
        ],
    )
    assert found(known) == {
        "strategy fw-update": "a fw-update strategy is applied: it is to be deleted first",
        "deploy 2": "a deploy of it is host",
        "kubernetes v1.30.6": "the upgrade of Kubernetes is upgrading-kubelets",
        "application oidc": "it is applying: 40 %",
        "application rook": "it is apply-failed",
    }


def test_each_failing_line_of_a_report_is_one_with_its_details() -> None:
    more = REPORT + "Kubernetes can be upgraded: [Fail]\n"
    known = calm(health=[{"value": REPORT}], kube_upgrade_health=[{"value": more}])
    made = list(rows(known))
    assert [(row["of_kind"], row["only"]) for row in made] == [
        ("health", ""),
        ("kube-upgrade-health", "kubernetes"),
    ]
    assert made[0]["why"] == "the service says: 1 host is not"
    assert made[1]["name"] == "Kubernetes can be upgraded"
    deploys = [one for one in in_the_way(known, "deploy") if one.answer is not Answer.PASSES]
    assert [one.check for one in deploys] == ["the report health"]


def test_a_certificate_that_ends_this_week_and_a_full_mount_may_stand_in_the_way() -> None:
    ends = "November 24 10:00:00 2026"
    known = calm(platform_certificates=[{"name": "oidc", "Validity": {"Not After": ends}}])
    full = {"target": "/scratch", "source": "sda", "fstype": "ext4", "machine": "here"}
    mounts = reading("mounts", [{**full, "size": 100, "used": 91, "free": 9}])
    known = replace(known, readings={**known.readings, ("mounts", "here"): mounts})
    late = replace(known, now_ms=1_795_600_000_000)
    said = {f"{row['sort']} {row['name']}": (row["why"], row["weight"]) for row in rows(late)}
    assert said["disk here /scratch"] == ("91 % full", "may")
    assert said["certificate oidc"][1] == "may"
    assert verdict(as_read(late)).word == "WARN"


def test_pods_in_trouble_are_few_lines_and_lead_to_the_rest() -> None:
    pods = known_with().rows("pods")
    known = known_with()
    names = [row for row in rows(known) if row["sort"] == "pod"]
    assert pods
    assert 0 < len(names) <= 9
    assert {row["of_kind"] for row in names} <= {"pods", "troubles"}


def test_what_cannot_be_looked_at_is_said_and_blocks_nothing() -> None:
    known = calm()
    lost: Reading[Any] = Reading(
        kind="alarms", error=Unreachable("fm", "connection refused", sent=False)
    )
    known = as_read(replace(known, readings={**known.readings, ("alarms", ""): lost}))
    (row, *_) = known.rows("obstacles")
    look = OBSTACLES.look(row, known)
    assert (look.mark, look.tone) == (Mark.UNKNOWN, Tone.PLAIN)
    assert "connection refused" in look.notes[0]
    said = {one.check: one for one in in_the_way(known, "deploy")}
    assert said["no alarm affects management"].answer is Answer.CANT_TELL
    assert not any(one.blocks for one in said.values())


def test_every_obstacle_leads_to_where_it_is_mended() -> None:
    known = known_with()
    made = list(rows(known))
    assert made
    for body in made:
        assert kind_named(body["of_kind"]) is not None
        if body["of_id"]:
            assert known.find(body["of_kind"], body["of_id"])[0] is not None, body
