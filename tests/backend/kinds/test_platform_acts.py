"""Service parameters, PTP and storage: what forbids a change, and what comes of it."""

from __future__ import annotations

from typing import Any, Dict, List

import pytest
from pydantic import ValidationError

from backend.kind import Answer
from backend.kinds.controller_fs_acts import free_gib
from tests.backend.kinds.acted import act, blocks, changed, known_with, planned, said, why
from tests.backend.kinds.site import hosts, named

SIMPLEX = {"system": changed("system", system_mode="simplex")}
ENABLED = {"administrative": "unlocked", "operational": "enabled", "availability": "available"}
WELL = {"controller_0": ENABLED, "controller_1": ENABLED}


def parameter(service: str, section: str, name: str, value: str = "1") -> Dict[str, Any]:
    return {
        "uuid": f"{service}-{name}",
        "service": service,
        "section": section,
        "name": name,
        "value": value,
    }


def of(*rows: Dict[str, Any]) -> Dict[str, List[Dict[str, Any]]]:
    return {"service_parameters": list(rows)}


# --- service parameters ------------------------------------------------------------------------


def test_a_parameter_that_is_there_is_changed_and_not_added() -> None:
    form = {"service": "kubernetes", "section": "config", "name": "pod_max_pids", "value": "1"}
    assert blocks(why("service-parameters", form, "add")) == ["it is new"]
    assert blocks(why("service-parameters", {**form, "name": "other"}, "add")) == []


def test_one_of_your_own_names_a_resource_and_a_personality_there_is() -> None:
    form = {"service": "x", "section": "y", "name": "z", "value": "1", "personality": "edge"}
    assert blocks(why("service-parameters", form, "add")) == [
        "the personality is one",
        "of your own, it names a resource",
    ]


def test_the_ptp_service_is_no_more() -> None:
    rows = of(parameter("ptp", "global", "x"))
    assert blocks(why("service-parameters", {"value": "2"}, **rows)) == ["its service has it still"]
    assert blocks(why("service-parameters", {}, "apply", **rows)) == ["its service has it still"]


def test_what_maintenance_reads_stays() -> None:
    rows = of(parameter("platform", "maintenance", "worker_boot_timeout"))
    assert blocks(why("service-parameters", {}, "delete", **rows)) == ["it may go"]


def test_web_ports_are_applied_when_every_host_is_enabled() -> None:
    rows = of(parameter("http", "config", "http_port", "8080"))
    name = "every host is unlocked and enabled"
    assert blocks(why("service-parameters", {}, "apply", **rows)) == [name]
    assert why("service-parameters", {}, "apply", **rows)[name].words == (
        "worker-1 is not unlocked and enabled"
    )
    well = [{**one, **ENABLED} for one in hosts()]
    assert blocks(why("service-parameters", {}, "apply", hosts=well, **rows)) == []


def test_a_host_fails_after_it_was_degraded() -> None:
    low = parameter("platform", "maintenance", "heartbeat_degrade_threshold", "10")
    high = parameter("platform", "maintenance", "heartbeat_failure_threshold", "10")
    rows = of(low, high)
    name = "a host degrades before it fails"
    assert blocks(why("service-parameters", {}, "apply", **rows)) == [name]
    rows = of({**low, "value": "6"}, high)
    assert blocks(why("service-parameters", {}, "apply", **rows)) == []


def test_oidc_is_whole_or_absent() -> None:
    names = ("oidc-issuer-url", "oidc-client-id", "oidc-username-claim")
    rows = [parameter("kubernetes", "kube_apiserver", name) for name in names]
    assert blocks(why("service-parameters", {}, "apply", **of(*rows[:2]))) == [
        "OIDC is whole or absent"
    ]
    assert blocks(why("service-parameters", {}, "apply", **of(*rows))) == []


def test_an_apply_says_what_restarts() -> None:
    told = said("service-parameters", {}, "apply", **of(parameter("docker", "proxy", "x")))
    assert any("containerd restarts" in words for words in told)


# --- PTP ---------------------------------------------------------------------------------------


def test_an_instance_that_hosts_have_is_not_deleted() -> None:
    assert blocks(why("ptp-instances", {}, "delete", "ptp4l-legacy")) == ["no host has it"]
    assert blocks(why("ptp-instances", {}, "delete", "phc2sys1")) == []
    form = {"name": "phc2sys1", "service": "ptp4l"}
    assert blocks(why("ptp-instances", form, "add")) == ["the name is free"]


def test_an_interface_wants_an_instance_that_has_interfaces() -> None:
    form = {"name": "p", "instance": "nowhere"}
    assert blocks(why("ptp-interfaces", form, "add")) == ["the instance is there"]
    odd = {"ptp_instances": changed("ptp-instances", service="dpll-mgr")}
    form["instance"] = "phc2sys1"
    found = why("ptp-interfaces", form, "add", **odd)
    assert blocks(found) == ["such an instance has interfaces"]


@pytest.mark.parametrize("wrong", ["domainNumber", "=24", "a b=1", "x="])
def test_a_ptp_parameter_is_a_name_and_a_value(wrong: str) -> None:
    with pytest.raises(ValidationError):
        act("ptp-instances", "parameter-add").form.model_validate({"parameter": wrong})


def test_an_apply_of_ptp_says_on_how_many_hosts_it_restarts() -> None:
    assert any("nothing changes yet" in words for words in said("ptp-instances", {}, "apply"))
    on = [{**one, **ENABLED, "clock_synchronization": "ptp"} for one in hosts()]
    told = said("ptp-instances", {}, "apply", hosts=on)
    assert any(f"PTP restarts on {len(on)} hosts" in words for words in told)


# --- storage -----------------------------------------------------------------------------------


def test_a_controllers_filesystem_grows_into_what_is_left() -> None:
    name, well = "controller-filesystems", {"hosts": hosts(**WELL)}
    left = free_gib(known_with())
    assert left is not None
    assert blocks(why(name, {"size": 2}, label="extension", **well)) == []
    full = why(name, {"size": left + 2}, label="extension", **well)
    assert blocks(full) == ["there is room"]
    assert full["there is room"].words == f"{left + 1} GiB are wanted, and cgts-vg has {left}"
    # The database is kept twice.
    assert "there is room" in blocks(why(name, {"size": 10 + left}, label="database", **well))
    assert blocks(why(name, {"size": 5}, label="database", **well))[0] == "it grows"
    assert blocks(why(name, {"size": 1}, label="extension", **well)) == ["something changes"]
    told = said(name, {"size": 2}, label="extension")
    assert f"cgts-vg has {left} GiB left, {left - 1} after it" in told


def test_a_backup_must_still_fit() -> None:
    found = why("controller-filesystems", {"size": 400}, label="platform")
    assert found["a backup still fits"].answer is not Answer.PASSES


def test_filesystems_grow_one_at_a_time_on_controllers_that_are_well() -> None:
    name = "controller-filesystems"
    rows = [row.body for row in known_with().rows(name)]
    busy = [{**rows[0], "state": "{'status': 'drbd_fs_resizing_in_progress'}"}, *rows[1:]]
    found = why(name, {"size": 2}, label="extension", controller_filesystems=busy)
    assert "none is being resized" in blocks(found)
    locked = hosts(controller_1={"administrative": "locked"})
    found = why(name, {"size": 2}, label="extension", hosts=locked)
    assert "the controllers are unlocked and available" in blocks(found)


def test_a_backend_is_made_only_where_it_is_confirmed_and_fits() -> None:
    form = {"backend": "ceph-rook", "services": "block,ecblock", "deployment": "dedicated"}
    assert blocks(why("backends", form, "add")) == [
        "it is confirmed",
        "one sort of block storage",
        "no bare-metal Ceph",
    ]
    file = {"backend": "file", "confirmed": True}
    assert blocks(why("backends", file, "add")) == []
    assert "the hosts are there" in blocks(why("backends", form, "add", **SIMPLEX))


def test_a_backend_keeps_the_services_it_has() -> None:
    assert blocks(why("backends", {"services": "cinder"})) == ["no service is taken away"]
    more = "cinder,glance,nova,swift,rbd-provisioner"
    assert blocks(why("backends", {"services": more})) == []
    assert blocks(why("backends", {"attributes": "replication=2"})) == ["something changes"]
    write = planned("backends", {"services": more})
    assert write.body == [
        {"op": "replace", "path": "/services", "value": more},
        {"op": "replace", "path": "/capabilities", "value": "{}"},
    ]
    busy = {"backends": changed("backends", state="configuring")}
    found = blocks(why("backends", {"attributes": "replication=3"}, **busy))
    assert found == ["it is configured"]


def test_a_backend_that_tiers_draw_on_is_not_deleted() -> None:
    assert blocks(why("backends", {}, "delete")) == ["no tier with OSDs draws on it"]


def test_the_only_tier_stays_and_the_default_keeps_its_name() -> None:
    assert blocks(why("tiers", {}, "delete")) == [
        "another tier is left",
        "it is not the default",
        "nothing is on it",
    ]
    assert blocks(why("tiers", {"name": "storage"})) == ["something changes", "the name may be had"]
    assert blocks(why("tiers", {"cluster": "x", "name": "storage"}, "add")) == [
        "the name is free",
        "the cluster is there",
    ]
    with pytest.raises(ValidationError):
        act("tiers", "add").form.model_validate({"cluster": "c", "name": "Gold!"})


def test_a_filesystem_that_sysinv_could_not_resize_is_not_called_grown() -> None:
    name = "controller-filesystems"
    action, known = act(name), known_with()
    (rung,) = action.ladder(None, known) if action.ladder is not None else ()
    assert action.failed is not None
    for status, grown, words in (
        ("drbd_fs_resizing_in_progress", False, ""),
        ("drbd_fs_update_error", False, "sysinv could not resize it: drbd_fs_update_error"),
        ("available", True, ""),
    ):
        body = {**known.rows(name)[0].body, "state": f"{{'status': '{status}'}}"}
        row = named(name).model.read(body)
        assert (rung.reached(row, known), action.failed(row, known)) == (grown, words)


def test_pages_that_are_pending_as_a_share_are_no_number_of_pages() -> None:
    share = {"vm_pending_as_percentage": True, "vm_hugepages_1G_percentage": 50,
             "vm_hugepages_nr_1G_pending": None, "vm_hugepages_nr_1G": 90}  # fmt: skip
    memory = changed("memory", memtotal_mib=100_000, minimum_platform_reserved_mib=1_000,
                     vswitch_hugepages_nr=0, vm_hugepages_nr_2M=0, **share)  # fmt: skip
    form = {"platform_reserved_mib": 20_000}
    # Half of what is left fits; 90 pages of a GiB each would not.
    assert "it fits into the node" not in blocks(why("memory", form, memory=memory))
    with pytest.raises(ValidationError, match="100%"):
        act("memory").form.model_validate({"vm_hugepages_nr_2M_pending": "101%"})


def test_only_a_volume_of_cgts_vg_is_said_to_stay_for_good() -> None:
    words = "it can't be taken out of cgts-vg again"
    action, known = act("physical-volumes", "add"), known_with()
    host = next(row for row in known.rows("hosts") if row.hostname == "worker-0")
    for group, stays in (("cgts-vg", True), ("nova-local", False)):
        form = action.form.model_validate({"group": group, "device": "/dev/sdb"})
        told = [one.words for one in action.consequences(host, form, known)]
        assert (words in told) is stays
