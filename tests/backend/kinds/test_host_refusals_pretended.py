"""What a check says no to, the pretend service refuses; and what none says no to, it accepts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Dict, Optional

import pytest

from backend.kind import Answer, Asker
from backend.kinds.host_check import Check
from backend.kinds.host_refusals import CHECKS
from backend.simulator import alarms, checks, shared
from backend.simulator.children import children
from backend.simulator.cloud import Cloud
from backend.simulator.model import Host
from backend.simulator.refuse import Refusal
from tests.backend.kinds.pretended import known_of, pretend
from tests.backend.kinds.site import reasons

Break = Callable[[Cloud, Host], None]

READY = {
    "administrative": "locked",
    "operational": "disabled",
    "availability": "online",
    "subfunction_oper": "disabled",
    "subfunction_avail": "online",
    "task": "",
    "ihost_action": "",
}


@dataclass(frozen=True)
class Case:
    """One way to bring a check to say no: ``breaks`` is all that differs from what is accepted."""

    check: str
    verb: str
    host: str
    breaks: Break
    scene: str = "standard"
    before: Optional[Break] = None

    def __str__(self) -> str:
        return f"{self.verb} {self.host}: {self.check}"


def so(**fields: Any) -> Break:
    """Return what sets fields of the host."""
    return lambda cloud, host: cloud.touch(host, **fields)


def peer(**fields: Any) -> Break:
    """Return what sets fields of the other controller."""

    def breaks(cloud: Cloud, host: Host) -> None:
        other = cloud.peer(host)
        assert other is not None
        cloud.touch(other, **fields)

    return breaks


def child(name: str, at: int = 0, **fields: Any) -> Break:
    """Return what sets fields of one of the host's rows."""

    def breaks(cloud: Cloud, host: Host) -> None:
        children(cloud, host, name)[at].update(fields)

    return breaks


def interface(ifname: str, **fields: Any) -> Break:
    def breaks(cloud: Cloud, host: Host) -> None:
        rows = children(cloud, host, "iinterfaces")
        next(row for row in rows if row["ifname"] == ifname).update(fields)

    return breaks


def without(name: str, **fields: Any) -> Break:
    """Return what takes away the host's rows that have these values, all where none are given."""

    def breaks(cloud: Cloud, host: Host) -> None:
        rows = children(cloud, host, name)
        rows[:] = [row for row in rows if any(row[key] != one for key, one in fields.items())]

    return breaks


def site(name: str, **fields: Any) -> Break:
    """Return what sets fields of the first row of a cluster-wide kind."""

    def breaks(cloud: Cloud, _host: Host) -> None:
        shared.rows(cloud, name)[0].update(fields)

    return breaks


def system(**fields: Any) -> Break:
    def breaks(cloud: Cloud, _host: Host) -> None:
        for name, value in fields.items():
            setattr(cloud.system, name, value)

    return breaks


def labelled(key: str) -> Break:
    def breaks(cloud: Cloud, host: Host) -> None:
        label = {"uuid": key, "label_key": key, "label_value": "enabled", "host_uuid": host.uuid}
        cloud.labels.setdefault(host.uuid, []).append(label)

    return breaks


def all_of(*steps: Break) -> Break:
    def breaks(cloud: Cloud, host: Host) -> None:
        for step in steps:
            step(cloud, host)

    return breaks


def app(status: str) -> Break:
    def breaks(cloud: Cloud, _host: Host) -> None:
        cloud.apps[0]["status"] = status

    return breaks


def backup(cloud: Cloud, host: Host) -> None:
    del host
    cloud.backing_up = True
    alarms.stand(cloud, "210.001")


def locked(*names: str) -> Break:
    def breaks(cloud: Cloud, _host: Host) -> None:
        for name in names:
            cloud.touch(cloud.named(name), **READY)

    return breaks


def kubelet(cloud: Cloud, host: Host) -> None:
    cloud.kube.statuses[host.uuid] = "upgrading-kubelet"


SRIOV = all_of(
    interface("data0", ifclass="pci-sriov", sriov_numvfs=2, sriov_vf_driver="netdevice"),
    child("ports", 1, sriov_vfs_pci_address="0000:02:01.0,0000:02:01.1", sriov_vf_driver="iavf"),
)
DPDK = all_of(
    system(vswitch_type="ovs-dpdk"),
    child("icpus", 0, allocated_function="Vswitch"),
    child("imemorys", 0, vswitch_hugepages_nr=1),
    child("imemorys", 1, vswitch_hugepages_nr=1),
)
CEPH = system(storage="ceph")


def second_sriov(cloud: Cloud, host: Host) -> None:
    """A second SR-IOV interface on the data network of the first, driven by another driver."""
    rows, pairs = (children(cloud, host, n) for n in ("iinterfaces", "interface_datanetworks"))
    one = next(row for row in rows if row["ifname"] == "data0")
    rows.append({**one, "uuid": "x", "ifname": "vfio0", "iftype": "vf", "sriov_vf_driver": "vfio"})
    pairs.append({**pairs[0], "uuid": "y", "ifname": "vfio0", "interface_uuid": "x"})


def vxlan(cloud: Cloud, _host: Host) -> None:
    shared.rows(cloud, "datanetworks")[0].update(network_type="vxlan", multicast_group="239.0.0.1")


def admin_network(cloud: Cloud, _host: Host) -> None:
    network, pool = (shared.rows(cloud, n)[0] for n in ("networks", "network_addresspools"))
    cloud.overlay.make("networks", {**network, "uuid": "n", "type": "admin", "name": "admin"})
    cloud.overlay.make("network_addresspools", {**pool, "uuid": "p", "network_name": "admin"})


def rook_filesystem(cloud: Cloud, host: Host) -> None:
    rows = children(cloud, host, "host_fs")
    capabilities = {"functions": ["monitor"]}
    rows.append({**rows[0], "uuid": "ceph", "name": "ceph", "capabilities": capabilities})


def no_storage_model(cloud: Cloud, _host: Host) -> None:
    for host in list(cloud.of("storage")):
        cloud.remove(host)
    for host in cloud.of("controller"):
        children(cloud, host, "istors").clear()


UNLOCK, LOCK = "unlock", "lock"
W, C, S = "worker-1", "controller-1", "storage-0"
AIO = "site-7-calm"

# fmt: off
CASES = (
    Case("locked", UNLOCK, W, so(administrative="unlocked")),
    Case("not busy with something else", UNLOCK, W,
         so(administrative="unlocked", ihost_action="lock", task="Locking")),
    Case("installed", UNLOCK, W, so(install_state="failed")),
    Case("powered on", UNLOCK, W, so(availability="power-off")),
    Case("online", UNLOCK, W, so(availability="offline")),
    Case("provisioned", UNLOCK, W, so(subfunctions="")),
    Case("not being installed", UNLOCK, W, so(reinstalling=True, inv_state="reinstalling")),
    Case("inventoried", UNLOCK, W, so(inv_state="")),
    Case("configured", UNLOCK, W, so(invprovision="")),
    Case("no application in transition", UNLOCK, W, app("applying")),
    Case("no application in transition", UNLOCK, "controller-0", app("uploading"), "site-9"),
    Case("kubelet not being upgraded", UNLOCK, W, kubelet),
    Case("cgts-vg has a volume", UNLOCK, W, without("ipvs")),
    Case("nova-local has a volume", UNLOCK, W, child("ilvgs", lvm_vg_name="nova-local")),
    Case("room for virtual machines", UNLOCK, W, labelled("openstack-compute-node")),
    Case("cgts-vg holds all filesystems", UNLOCK, C, child("ipvs", lvm_pv_size=1024**3),
         before=so(invprovision="unprovisioned")),
    Case("no partition being changed", UNLOCK, W, child("partitions", status=5)),
    Case("storage backends configured", UNLOCK, C,
         site("storage_backend", state="configuration-failed")),
    Case("controller filesystems at rest", UNLOCK, C,
         site("controller_fs", state="{'status': 'drbd_fs_creating_in_progress'}"), AIO),
    Case("has an OSD", UNLOCK, S, without("istors")),
    Case("enough Ceph monitors", UNLOCK, "storage-1", locked("controller-1", "storage-0")),
    Case("Ceph is ready for workers", UNLOCK, W, no_storage_model),
    Case("an OSD of its own", UNLOCK, C, without("istors"), AIO, CEPH),
    Case("an OSD in each tier", UNLOCK, C, child("istors", tier_uuid="gold"), AIO, CEPH),
    Case("OSDs for every copy", UNLOCK, "controller-0", without("istors"), "site-9", CEPH),
    Case("CPUs fit the vSwitch", UNLOCK, W, child("icpus", allocated_function="Vswitch")),
    Case("CPUs fit the vSwitch", UNLOCK, W, child("icpus", allocated_function="Platform"),
         before=DPDK),
    Case("huge pages of one size", UNLOCK, W, all_of(
        child("imemorys", 0, vm_hugepages_nr_2M_pending=4),
        child("imemorys", 1, vm_hugepages_nr_1G_pending=4))),
    Case("huge pages fit the memory", UNLOCK, W, child("imemorys", vm_hugepages_nr_1G_pending=99)),
    Case("memory for the vSwitch", UNLOCK, W, child("imemorys", vswitch_hugepages_nr=0),
         before=all_of(DPDK, labelled("openvswitch"))),
    Case("accelerators are ready", UNLOCK, W, child("pci_devices", sriov_numvfs=2)),
    Case("accelerators are ready", UNLOCK, W,
         child("pci_devices", extra_info="{'expected_numvfs': 8}")),
    Case("data ports fit the vSwitch", UNLOCK, W, child("ethernet_ports", 1, dpdksupport=False),
         before=DPDK),
    Case("VFs are there", UNLOCK, W, child("ports", 1, sriov_vfs_pci_address=""), before=SRIOV),
    Case("VFs have their driver", UNLOCK, W, child("ports", 1, sriov_vf_driver=None), before=SRIOV),
    Case("VF channels fit", UNLOCK, W, all_of(
        interface("data0", sriov_vf_channels=8), child("ports", 1, sriov_vf_maxchannels=4)),
         before=SRIOV),
    Case("drivers on a data network are alike", UNLOCK, W, second_sriov,
         before=all_of(SRIOV, labelled("sriovdp"))),
    Case("management on an interface", UNLOCK, W,
         without("interface_networks", network_type="mgmt")),
    Case("management not on a virtual one", UNLOCK, W, interface("mgmt0", iftype="virtual")),
    Case("cluster-host on an interface", UNLOCK, S,
         without("interface_networks", network_type="cluster-host")),
    Case("cluster-host not on a virtual one", UNLOCK, S, interface("cluster0", iftype="virtual")),
    Case("the admin network on an interface", UNLOCK, C, admin_network),
    Case("OAM on an interface", UNLOCK, C, without("interface_networks", network_type="oam")),
    Case("static addresses are there", UNLOCK, W, interface("cluster0", ipv6_mode="static")),
    Case("VXLAN has its addresses", UNLOCK, W, vxlan),
    Case("PTP interfaces have addresses", UNLOCK, W, site("ptp", transport="udp"), before=all_of(
        so(clock_synchronization="ptp"), interface("data0", ptp_role="slave"))),
    Case("not locked already", LOCK, W, so(**READY)),
    Case("not the active controller", LOCK, C,
         lambda cloud, host: cloud.touch(host, capabilities={"Personality": "Controller-Active"})),
    Case("no backup running", LOCK, W, backup),
    Case("no OSD configuring", LOCK, C, child("istors", state="configuring"), AIO),
    Case("no device image update", LOCK, W, so(device_image_update="in-progress")),
    Case("rook-ceph not in transition", LOCK, C, site("storage_backend", task="applying"), AIO),
    Case("a storage host serves", LOCK, C, locked("storage-0", "storage-1")),
    Case("Ceph monitors keep their quorum", LOCK, C, locked("storage-0")),
    Case("a controller", "swact", W, so()),
    Case("unlocked", "swact", "controller-0", so(administrative="locked")),
    Case("the other is enabled", "swact", "controller-0", peer(operational="disabled")),
    Case("the other is not degraded", "swact", "controller-0", peer(availability="degraded")),
    Case("the other's worker function is enabled", "swact", "controller-0",
         peer(subfunction_oper="disabled"), AIO),
    Case("the other has its configuration", "swact", "controller-0", peer(config_target="x")),
    Case("no filesystem being resized", "swact", "controller-0",
         site("controller_fs", state="{'status': 'drbd_fs_resizing_in_progress'}")),
    Case("no application being applied", "swact", "controller-0", app("applying")),
    Case("the other's storage backends", "swact", "controller-0",
         site("storage_backend", state="configuring")),
    Case("no device image update", "swact", "controller-0",
         peer(device_image_update="in-progress")),
    *(Case("locked first", verb, W, so(administrative="unlocked"))
      for verb in ("reboot", "reset", "reinstall", "power-on", "power-off", "delete")),
    *(Case("not simplex", verb, C, system(system_mode="simplex"))
      for verb in ("reboot", "reset", "reinstall", "power-on", "power-off", "swact")),
    Case("can be made to install", "reinstall", W, so(availability="offline", bm_type=None)),
    Case("not the only controller", "delete", "controller-0", system(system_mode="simplex")),
    Case("Rook has left it", "delete", C, rook_filesystem, AIO),
)
# fmt: on

# What the pretend cloud cannot be brought to, and why.
UNTOLD = {
    "OAM addresses of both controllers": "a move from simplex to duplex is not pretended",
    "PTP has an interface": "there its instances follow the hosts' clocks",
    "Ceph is a backend": "a scene without storage has no storage hosts",
}


def stage(case: Case) -> Cloud:
    """Return a cloud in which the case's act is accepted, but for what the case breaks."""
    cloud = pretend(case.scene)
    host = cloud.named(case.host)
    cloud.alarms.clear()
    for one in cloud.hosts:
        if one.personality:
            cloud.touch(
                one,
                administrative="unlocked",
                operational="enabled",
                availability="available",
                subfunction_oper="enabled",
                subfunction_avail="available",
                config_target=one.config_applied,
                config_status="",
                task="",
                ihost_action="",
            )
    if case.verb not in ("lock", "swact"):
        cloud.touch(host, **READY)
    if case.verb in ("reset", "power-on", "power-off"):
        cloud.touch(host, bm_type="redfish")
    if case.before is not None:
        case.before(cloud, host)
    return cloud


def refused(cloud: Cloud, case: Case) -> str:
    """Return what the pretend service says to the act, "" where it accepts it."""
    host = cloud.named(case.host)
    try:
        if case.verb == "delete":
            checks.delete(cloud, host)
        else:
            checks.CHECKS[case.verb](cloud, host)
    except Refusal as refusal:
        return refusal.sentence
    return ""


def service_says_no(cloud: Cloud, case: Case) -> Dict[str, str]:
    """Return the checks of the service's own that forbid the act, and why."""
    known = known_of(cloud, under=(case.host,))
    found = reasons(known, case.verb, case.host)
    return {
        name: reason.words
        for name, reason in found.items()
        if reason.answer is Answer.NO and reason.asker is Asker.SERVICE
    }


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_check_and_the_service_say_no_together_and_only_then(case: Case) -> None:
    cloud = stage(case)
    if case.host != W or case.verb != "swact":
        assert (refused(cloud, case), service_says_no(cloud, case)) == ("", {})
    case.breaks(cloud, cloud.named(case.host))
    assert case.check in service_says_no(cloud, case)
    assert refused(cloud, case)


def test_every_check_of_the_service_that_forbids_is_held_against_it() -> None:
    held = {(case.check, case.verb) for case in CASES}
    for check in CHECKS:
        if not isinstance(check, Check) or not check.verbs - check.soft:
            continue
        is_held = any((check.name, verb) in held for verb in check.verbs)
        assert is_held is (check.name not in UNTOLD), check.name


FORCED = tuple(
    case
    for case in CASES
    if case.verb in ("lock", "unlock") and (case.verb, case.check) != ("unlock", "locked")
)


@pytest.mark.parametrize("case", FORCED, ids=str)
def test_what_forcing_skips_is_what_the_service_skips(case: Case) -> None:
    forced = Case(case.check, f"force-{case.verb}", case.host, case.breaks, case.scene, case.before)
    cloud = stage(case)
    case.breaks(cloud, cloud.named(case.host))
    says_no = service_says_no(cloud, forced)
    assert bool(refused(cloud, forced)) == bool(says_no), says_no
