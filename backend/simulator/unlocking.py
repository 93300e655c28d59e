"""What sysinv checks of a host's configuration before it unlocks it, in the order it asks."""

from __future__ import annotations

import ast
from ipaddress import ip_address
from typing import Optional

from backend.simulator import shared
from backend.simulator.children import children
from backend.simulator.cloud import Cloud
from backend.simulator.model import Host, Json
from backend.simulator.refuse import client

ADDRESSED = {"mgmt", "oam", "cluster-host", "ironic", "storage", "admin"}
OUT_OF_DATE = "Config out-of-date"
FEC = {"0d8f", "0d5c", "57c0"}
ACCELERATORS = {"120000", "120001"}


def vswitch(cloud: Cloud) -> str:
    return str(cloud.system.vswitch_type)


# --- controllers ---------------------------------------------------------------------------------


def controller(cloud: Cloud, host: Host, *, force: bool) -> None:
    kubelet(cloud, host, force=force)
    if "oam" not in _types(cloud, host):
        raise client(
            "Can not unlock a controller host without an oam interface. Add an oam interface "
            "before re-attempting this command."
        )
    _filesystem_sizes(cloud, host)
    backends(cloud)
    rook = cloud.system.storage == "ceph-rook"
    states = [fs["state"] for fs in shared.rows(cloud, "controller_fs")]
    busy = any("creating_in_progress" in s or "deleting_in_progress" in s for s in states)
    if rook and busy and not force and not host.is_active:
        raise client(
            f"The standby controller ({host.name}) cannot be unlocked while controller filesystem "
            "operations are in progress. Please wait until all operations are complete, then retry "
            "the host-unlock."
        )


def backends(cloud: Cloud) -> None:
    for row in shared.rows(cloud, "storage_backend"):
        if row["backend"] in {"ceph-rook", "lvm"} or row["task"] == "provision-storage":
            continue
        if row["state"] not in {"configured", "configuring-on-unlock"}:
            raise client(
                f"{row['backend'].title()} is {row['state']}. All storage backends must be "
                "configured before operation is allowed."
            )


def kubelet(cloud: Cloud, host: Host, *, force: bool) -> None:
    if not force and cloud.kube.statuses.get(host.uuid) == "upgrading-kubelet":
        raise client(
            f"Can not unlock {host.name} while upgrading kubelet. Wait for kubelet upgrade to "
            "complete."
        )


def _filesystem_sizes(cloud: Cloud, host: Host) -> None:
    """Of a standby that was never unlocked: its volume group holds what the active one's does."""
    active = cloud.active
    if active is None or host is active or host.invprovision != "unprovisioned":
        return
    (group,) = [g for g in children(cloud, active, "ilvgs") if g["lvm_vg_name"] == "cgts-vg"]
    used = group["lvm_vg_size"] - group["lvm_vg_avail_size"]
    volumes = [v for v in children(cloud, host, "ipvs") if v["lvm_vg_name"] == "cgts-vg"]
    held = sum(volume["lvm_pv_size"] for volume in volumes)
    if used > held:
        needed = -(-(used - held) // 1024**3)
        raise client(
            "Standby controller does not have enough space allocated to cgts-vg volume-group in "
            "order to create all filesystems. Please assign an extra "
            f"{needed} GB to the volume group."
        )


# --- workers -------------------------------------------------------------------------------------


def worker(cloud: Cloud, host: Host, *, force: bool) -> None:
    if not host.invprovision:
        raise client(
            f"Can not unlock an unconfigured host {host.name}. Please configure host and wait for "
            "Availability State 'online' prior to unlock."
        )
    if not host.is_aio:
        kubelet(cloud, host, force=force)
    for row in children(cloud, host, "iinterfaces"):
        _data_interface(cloud, host, row, force=force)
    _accelerators(cloud, host, force=force)
    _cpus(cloud, host)
    _memory(cloud, host)
    _storage(cloud, host)
    _nova_local(cloud, host)


def _data_interface(cloud: Cloud, host: Host, row: Json, *, force: bool) -> None:
    if vswitch(cloud) == "ovs-dpdk" and row["ifclass"] == "data":
        for port in _ports(cloud, host, "ethernet_ports", row):
            if not port["dpdksupport"]:
                raise client(
                    f"{port['name']} is non-accelerated interface which is not supported by "
                    "current vswitch"
                )
    _vxlan(cloud, host, row)
    _addresses(cloud, host, row)
    if force:
        return
    if row["ifclass"] == "pci-sriov":
        _sriov(cloud, host, row)
    if row["ifclass"] in {"pci-sriov", "pci-passthrough"}:
        _plugged(cloud, host, row)


def _vxlan(cloud: Cloud, host: Host, row: Json) -> None:
    networks = {one["uuid"]: one for one in shared.rows(cloud, "datanetworks")}
    for pair in children(cloud, host, "interface_datanetworks"):
        network = networks[pair["datanetwork_uuid"]]
        if pair["ifname"] != row["ifname"] or row["ifclass"] != "data":
            continue
        if network["network_type"] != "vxlan" or not network["multicast_group"]:
            continue
        family = ip_address(network["multicast_group"]).version
        if row[f"ipv{family}_mode"] in (None, "disabled"):
            raise client(
                f"Interface {row['ifname']} is associated to VXLAN data network "
                f"{network['name']} which requires an IPv{family} address"
            )


def _addresses(cloud: Cloud, host: Host, row: Json) -> None:
    pairs = children(cloud, host, "interface_networks")
    types = {pair["network_type"] for pair in pairs if pair["ifname"] == row["ifname"]}
    if not types & ADDRESSED:
        return
    mine = [a for a in children(cloud, host, "addresses") if a["ifname"] == row["ifname"]]
    families = {ip_address(address["address"]).version for address in mine}
    for family in (4, 6):
        if row[f"ipv{family}_mode"] == "static" and family not in families:
            raise client(
                f"Interface {row['ifname']} on host {host.name} is configured for IPv{family} "
                f"static address but has no configured IPv{family} address"
            )


def _sriov(cloud: Cloud, host: Host, row: Json) -> None:
    if row["iftype"] != "ethernet" or not row["sriov_numvfs"]:
        return
    if not host.is_active and host.config_status == OUT_OF_DATE:
        return  # this very unlock is what makes the ports follow
    ports = _ports(cloud, host, "ports", row)
    if not any(len(_listed(p["sriov_vfs_pci_address"])) == row["sriov_numvfs"] for p in ports):
        raise client(
            f"Expecting number of interface sriov_numvfs={row['sriov_numvfs']}. Please wait a few "
            "minutes for inventory update and retry host-unlock."
        )
    for port in ports:
        if row["sriov_vf_driver"] == "netdevice" and port["sriov_vf_driver"] is None:
            raise client(
                "Value for SR-IOV VF driver is netdevice, but corresponding port has an invalid "
                "driver"
            )
        most = port["sriov_vf_maxchannels"]
        if most and (row["sriov_vf_channels"] or 0) > most:
            raise client(
                f"Interface '{row['ifname']}' has vf-channels={row['sriov_vf_channels']} which "
                f"exceeds the maximum supported ({most}) for port '{port['name']}' at the current "
                f"VF count. Reduce vf-channels to at most {most} before unlocking."
            )


def _plugged(cloud: Cloud, host: Host, row: Json) -> None:
    """Of the device plug-in: interfaces of one class on one data network have alike drivers."""
    if not _labelled(cloud, host, "sriovdp"):
        return
    nets: dict[str, set[str]] = {}
    for pair in children(cloud, host, "interface_datanetworks"):
        nets.setdefault(pair["ifname"], set()).add(pair["datanetwork_name"])
    for other in children(cloud, host, "iinterfaces"):
        if other is row or other["ifclass"] != row["ifclass"]:
            continue
        both = nets.get(row["ifname"], set()) & nets.get(other["ifname"], set())
        drivers = [one["sriov_vf_driver"] or "netdevice" for one in (row, other)]
        if both and row["ifclass"] == "pci-sriov" and drivers[0] != drivers[1]:
            raise client(
                f"VF driver ({drivers[0]}) for interface ({row['ifname']}) conflicts with VF "
                f"driver ({drivers[1]}) for interface ({other['ifname']}) on data network(s) "
                f"({sorted(both)}). Consider choosing another data network"
            )


def _accelerators(cloud: Cloud, host: Host, *, force: bool) -> None:
    if force or any(app["name"] == "sriov-fec-operator" for app in cloud.apps):
        return
    for row in children(cloud, host, "pci_devices"):
        if row["pclass_id"] not in ACCELERATORS or row["pdevice_id"] not in FEC:
            continue
        has = row["sriov_numvfs"] or 0
        wanted = (
            ast.literal_eval(row["extra_info"])["expected_numvfs"] if row["extra_info"] else has
        )
        if has != wanted:
            raise client(
                f"Expecting sriov_numvfs={wanted} for FEC device pciaddr={row['pciaddr']}. Please "
                "wait a few minutes for inventory update and retry host-unlock."
            )
        if has != len(_listed(row["sriov_vfs_pci_address"])):
            raise client(
                f"Expecting sriov_vfs_pci_address length={has} for FEC device "
                f"pciaddr={row['pciaddr']}. Please wait a few minutes for inventory update and "
                "retry host-unlock."
            )


def _cpus(cloud: Cloud, host: Host) -> None:
    functions = {row["allocated_function"] for row in children(cloud, host, "icpus")}
    if vswitch(cloud) == "none" and "Vswitch" in functions:
        raise client("vSwitch cpus can only be used with a vswitch_type specified.")
    if vswitch(cloud) == "ovs-dpdk" and "Vswitch" not in functions:
        raise client("vSwitch cpus must be enabled on this host for ovs-dpdk to function.")


def _memory(cloud: Cloud, host: Host) -> None:
    rows = children(cloud, host, "imemorys")
    pending = ("vm_hugepages_nr_2M_pending", "vm_hugepages_nr_1G_pending")
    sizes = {name for row in rows for name in pending if row[name]}
    if len(sizes) > 1:
        raise client("Rejected: Only one huge page size can be modified")
    if vswitch(cloud) == "ovs-dpdk" and _labelled(cloud, host, "openvswitch"):
        for row in rows:
            if row["vswitch_hugepages_nr"] == 0 and row["vswitch_hugepages_reqd"] is None:
                raise client(
                    f"vSwitch socket memory must be allocated for numa node ({row['numa_node']})."
                )
    for row in rows:
        if _pages_mib(row) > row["memtotal_mib"]:
            raise client(
                "Rejected: Total allocated memory exceeds the total memory of "
                f"{host.name} numa node {row['numa_node']} "
            )


def _pages_mib(row: Json) -> int:
    taken = 0
    for size, mib in (("2M", 2), ("1G", 1024)):
        pending = row[f"vm_hugepages_nr_{size}_pending"]
        taken += mib * (row[f"vm_hugepages_nr_{size}"] if pending is None else pending)
    return taken


def _storage(cloud: Cloud, host: Host) -> None:
    """Bare-metal Ceph wants its OSDs, and a settled place for them, before a worker joins."""
    if cloud.system.storage != "ceph":
        return
    mine = children(cloud, host, "istors")
    tiers = shared.rows(cloud, "storage_tiers")
    if host.is_aio and cloud.system.is_simplex:
        for tier in tiers:
            if not [osd for osd in mine if osd["tier_uuid"] == tier["uuid"]]:
                raise client(
                    "Can not unlock node until at least 1 osd stor is configured for tier "
                    f"'{tier['name']}'."
                )
    elif host.is_aio:
        if not mine:
            raise client("Can not unlock node until at least one OSD is configured.")
        for tier in tiers:
            if not [osd for osd in mine if osd["tier_uuid"] == tier["uuid"]]:
                raise client(
                    "Can not unlock node until every storage tier has at least one OSD configured. "
                    f'Tier "{tier["name"]}" has no OSD configured.'
                )
    elif not cloud.of("storage") and not _settled(cloud):
        raise client(
            "Can not unlock a worker node until the third Ceph monitor is defined by either adding "
            "a storage node or configuring a monitor on a worker node. Note that this will select "
            "the storage deployment model, check documentation for details and restrictions."
        )


def _settled(cloud: Cloud) -> bool:
    bearers = [cloud.host(row["ihost_uuid"]) for row in shared.rows(cloud, "ceph_mon")]
    if any(host is not None and host.personality == "worker" for host in bearers):
        return True
    return any(children(cloud, host, "istors") for host in cloud.of("controller"))


def _nova_local(cloud: Cloud, host: Host) -> None:
    groups = {group["lvm_vg_name"] for group in children(cloud, host, "ilvgs")}
    volumes = {
        v["lvm_vg_name"] for v in children(cloud, host, "ipvs") if v["pv_state"] != "removing"
    }
    names = {fs["name"] for fs in children(cloud, host, "host_fs")}
    if "nova-local" in groups and "nova-local" not in volumes:
        raise client(
            "The nova-local volume group does not contain any physical volumes in the adding or "
            "provisioned state."
        )
    wants = _labelled(cloud, host, "openstack-compute-node")
    if wants and "nova-local" not in groups and "instances" not in names:
        raise client(
            "A worker requires a cgts-vg/instances-lv or a nova-local volume group prior to being "
            "enabled. Please update the storage settings for the host."
        )


# --- every host ----------------------------------------------------------------------------------


def interfaces(cloud: Cloud, host: Host) -> None:
    rows = {row["ifname"]: row for row in children(cloud, host, "iinterfaces")}
    for kind, word in (("mgmt", "management"), ("cluster-host", "cluster-host")):
        name = _types(cloud, host).get(kind)
        if name is None:
            raise client(f"Cannot unlock host {host.name} without configuring a {word} interface.")
        if rows[name]["iftype"] == "virtual" and not cloud.system.is_simplex:
            raise client(
                f"Cannot unlock host {host.name} when {word} interface is configured on a virtual "
                "interface."
            )
    has_admin = any(row["type"] == "admin" for row in shared.rows(cloud, "networks"))
    if host.personality == "controller" and has_admin and "admin" not in _types(cloud, host):
        raise client(
            f"Cannot unlock host {host.name} without assigning the admin network to an interface"
        )
    _ptp(cloud, host, rows)


def _ptp(cloud: Cloud, host: Host, rows: dict[str, Json]) -> None:
    if host.clock_synchronization != "ptp":
        return
    names = [name for name, row in rows.items() if row["ptp_role"] != "none"]
    instances = shared.rows(cloud, "ptp_instances")
    if not names and not any(host.hostname in one["hostnames"] for one in instances):
        raise client(
            "Hosts with PTP clock synchronization must have at least one PTP interface or instance "
            "configured"
        )
    held = {address["ifname"] for address in children(cloud, host, "addresses")}
    udp = any(row["transport"] == "udp" for row in shared.rows(cloud, "ptp"))
    if udp and not set(names) <= held:
        raise client("All PTP interfaces must have an associated address when PTP transport is UDP")


def partitions(cloud: Cloud, host: Host) -> None:
    if any(row["status"] in (2, 4, 5) for row in children(cloud, host, "partitions")):
        raise client(
            f"Cannot unlock host {host.name} while partitions on the host are in a "
            "creating/deleting/modifying state."
        )


def _types(cloud: Cloud, host: Host) -> dict[str, str]:
    """Each network type that is on an interface of the host, and that interface."""
    pairs = children(cloud, host, "interface_networks")
    return {pair["network_type"]: pair["ifname"] for pair in pairs}


def _ports(cloud: Cloud, host: Host, name: str, row: Json) -> list[Json]:
    ports = children(cloud, host, name)
    return [port for port in ports if port["interface_uuid"] == row["uuid"]]


def _labelled(cloud: Cloud, host: Host, key: str) -> bool:
    rows = cloud.labels.get(host.uuid, [])
    return any(row["label_key"] == key and row["label_value"] == "enabled" for row in rows)


def _listed(text: Optional[str]) -> list[str]:
    return [part for part in (text or "").split(",") if part]
