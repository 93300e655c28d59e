"""What is in the hosts: disks, filesystems, volumes, OSDs, ports, interfaces."""

from __future__ import annotations

from typing import Callable, Optional

from backend.simulator.cloud import Cloud
from backend.simulator.model import Host, Json, iso

BY_PATH = "/dev/disk/by-path/pci-0000:00:1f.2-ata-"
PE_BYTES = 32 * 1024**2
# Size of the root disk and what of it is not yet in use.
ROOT_DISK_MIB = (457440, 219190)
OSD_MIB = 914880
# The extents of the volume group, which is all of one partition.
VOLUME_PES = 5951
# The one storage tier.
TIER = "942571d9-6d87-4f3d-a292-1e5e6566f365"


def dates(cloud: Cloud) -> Json:
    return {"created_at": iso(cloud.system.created_at), "updated_at": None}


def _disks(cloud: Cloud, host: Host) -> list[Json]:
    """The root disk, and a second one for data: an OSD's, where there is one."""
    osd = bears_osd(cloud, host)
    size_mib, free_mib = ROOT_DISK_MIB
    return [
        _disk(cloud, host, 0, size_mib=size_mib, free_mib=free_mib, model="480"),
        _disk(cloud, host, 1, size_mib=OSD_MIB, free_mib=0 if osd else OSD_MIB, model="960"),
    ]


def _disk(cloud: Cloud, host: Host, slot: int, *, size_mib: int, free_mib: int, model: str) -> Json:
    serial = f"PHYF{host.id:03d}{slot}{model}"
    root = {"stor_function": "rootfs"} if slot == 0 else {}
    return {
        "uuid": cloud.uuid_of(host.uuid, "disk", slot),
        "device_node": f"/dev/sd{'ab'[slot]}",
        "device_type": "SSD",
        "device_num": 2048 + 16 * slot,
        "device_id": f"ata-INTEL_SSDSC2KB{model}_{serial}",
        "device_path": f"{BY_PATH}{slot + 1}.0",
        "device_wwn": f"0x55cd2e4150{host.id:04x}{slot:02x}",
        "size_mib": size_mib,
        "available_mib": free_mib,
        "serial_id": serial,
        "capabilities": {"model_num": "INTEL SSDSC2KB", **root},
        "ihost_uuid": host.uuid,
        "istor_uuid": cloud.uuid_of(host.uuid, "osd") if slot and not free_mib else None,
        "ipv_uuid": None,
        "links": [],
        "rpm": "N/A",
        **dates(cloud),
    }


FILESYSTEMS = (
    ("scratch", 16),
    ("docker", 30),
    ("kubelet", 10),
    ("log", 8),
    ("var", 20),
    ("root", 20),
    ("backup", 25),
)


def _filesystems(cloud: Cloud, host: Host) -> list[Json]:
    return [
        {
            "uuid": cloud.uuid_of(host.uuid, "filesystem", name),
            "name": name,
            "size": size,
            "logical_volume": f"{name}-lv",
            "state": "In-Use",
            "capabilities": {"functions": []},
            "ihost_uuid": host.uuid,
            "links": [],
            **dates(cloud),
        }
        for name, size in FILESYSTEMS
        if name != "backup" or host.personality == "controller"
    ]


def _volume_groups(cloud: Cloud, host: Host) -> list[Json]:
    return [
        {
            "uuid": cloud.uuid_of(host.uuid, "cgts-vg"),
            "vg_state": "provisioned",
            "lvm_vg_name": "cgts-vg",
            "lvm_vg_uuid": f"Xa8L2j-{host.id}",
            "lvm_vg_access": "wz--n-",
            "lvm_max_lv": 0,
            "lvm_cur_lv": 12,
            "lvm_max_pv": 0,
            "lvm_cur_pv": 1,
            "lvm_vg_size": VOLUME_PES * PE_BYTES,
            "lvm_vg_avail_size": 1230 * PE_BYTES,
            "lvm_vg_total_pe": VOLUME_PES,
            "lvm_vg_free_pe": 1230,
            "capabilities": {},
            "ihost_uuid": host.uuid,
            "links": [],
            **dates(cloud),
        }
    ]


def _physical_volumes(cloud: Cloud, host: Host) -> list[Json]:
    return [
        {
            "uuid": cloud.uuid_of(host.uuid, "volume"),
            "pv_state": "provisioned",
            "pv_type": "partition",
            "disk_or_part_uuid": cloud.uuid_of(host.uuid, "partition"),
            "disk_or_part_device_node": "/dev/sda5",
            "disk_or_part_device_path": f"{BY_PATH}1.0-part5",
            "lvm_pv_name": "/dev/sda5",
            "lvm_vg_name": "cgts-vg",
            "lvm_pv_uuid": f"qF3-{host.id}",
            "lvm_pv_size": VOLUME_PES * PE_BYTES,
            "lvm_pe_total": VOLUME_PES,
            "lvm_pe_alloced": 4721,
            "capabilities": {},
            "ihost_uuid": host.uuid,
            "forilvgid": host.id,
            "ilvg_uuid": cloud.uuid_of(host.uuid, "cgts-vg"),
            "links": [],
            **dates(cloud),
        }
    ]


def _bearers(cloud: Cloud) -> list[Host]:
    """The hosts the storage model puts OSDs on."""
    return cloud.of("storage") or cloud.of("controller")


def bears_osd(cloud: Cloud, host: Host) -> bool:
    return host.invprovision == "provisioned" and host in _bearers(cloud)


def _osds(cloud: Cloud, host: Host) -> list[Json]:
    """An OSD on the second disk, where the storage model puts one."""
    if not bears_osd(cloud, host):
        return []
    osd: Json = {
        "uuid": cloud.uuid_of(host.uuid, "osd"),
        "osdid": _bearers(cloud).index(host),
        "function": "osd",
        "state": "configured",
        "capabilities": {},
        "ihost_uuid": host.uuid,
        "idisk_uuid": cloud.uuid_of(host.uuid, "disk", 1),
        "links": [],
        "journal_location": None,
        "journal_size_mib": None,
        "journal_path": None,
        "journal_node": None,
        "tier_uuid": TIER,
        "tier_name": "storage",
        **dates(cloud),
    }
    return [osd]


def port_names(host: Host) -> tuple[Optional[str], Optional[str]]:
    """The interfaces on a host's two ports: OAM's, the one it boots from, a worker's for data."""
    if host.personality == "controller":
        return "oam0", "pxeboot0"
    return "pxeboot0", "data0" if host.personality == "worker" else None


def ports(cloud: Cloud, host: Host) -> list[Json]:
    return [_port(cloud, host, number) for number in range(2)]


def _port(cloud: Cloud, host: Host, number: int) -> Json:
    carries = port_names(host)[number]
    return {
        "uuid": cloud.uuid_of(host.uuid, "port", number),
        "type": "ethernet",
        "name": f"enp0s{number + 3}",
        "namedisplay": None,
        "pciaddr": f"0000:{number + 1:02x}:00.0",
        "dev_id": 0,
        "pclass": None,
        "pvendor": "Intel Corporation [8086]",
        "pdevice": "Ethernet Controller X710 for 10GbE SFP+ [1572]",
        "psvendor": None,
        "psdevice": None,
        "numa_node": 0,
        "sriov_totalvfs": 64,
        "sriov_numvfs": 0,
        "sriov_vfs_pci_address": "",
        "sriov_vf_driver": None,
        "sriov_vf_pdevice_id": None,
        "driver": "i40e",
        "capabilities": {},
        "numchannels": 8,
        "maxchannels": 16,
        "sriov_vf_numchannels": None,
        "sriov_vf_maxchannels": None,
        "dpdksupport": True,
        "host_uuid": host.uuid,
        "interface_uuid": cloud.uuid_of(host.uuid, "interface", carries) if carries else None,
        "node_uuid": None,
        "links": [],
        "lldp_agents": [],
        "lldp_neighbours": [],
        **dates(cloud),
    }


# name, type, VLAN, uses, used by, IPv4 mode
_INTERFACES: tuple[tuple[str, str, Optional[int], str, str, Optional[str]], ...] = (
    ("oam0", "ethernet", None, "", "", "static"),
    ("pxeboot0", "ethernet", None, "", "mgmt0 cluster0", None),
    ("mgmt0", "vlan", 100, "pxeboot0", "", "static"),
    ("cluster0", "vlan", 101, "pxeboot0", "", None),
    ("data0", "ethernet", None, "", "", None),
)
# What travels tagged over a port, as the switch at its end names it.
CARRIED = {"pxeboot0": "mgmt:100, cluster:101"}


def _interfaces(cloud: Cloud, host: Host) -> list[Json]:
    """OAM on controllers, data on workers; management and cluster on VLANs of the boot one."""
    ends = port_names(host)
    return [
        interface(cloud, host, row) for row in _INTERFACES if row[1] == "vlan" or row[0] in ends
    ]


def mac_of(host: Host, name: Optional[str]) -> str:
    """The address of an interface, or of a port that has none: the boot one's is the host's."""
    if name == "pxeboot0":
        return host.mgmt_mac
    names = [row[0] for row in _INTERFACES]
    number = names.index(name) if name in names else len(names)
    first, second, third, fourth, *rest = host.mgmt_mac.split(":")
    fourth = f"{(int(fourth, 16) + number + 1) % 256:02x}"
    return ":".join((first, second, third, fourth, *rest))


def interface(
    cloud: Cloud,
    host: Host,
    told: tuple[str, str, Optional[int], str, str, Optional[str]],
) -> Json:
    """An interface as the service shows it."""
    name, kind, vlan, uses, used_by, mode = told
    return {
        "uuid": cloud.uuid_of(host.uuid, "interface", name),
        "ifname": name,
        "iftype": kind,
        "imac": mac_of(host, name),
        "imtu": 1500,
        "ifclass": "data" if name == "data0" else "platform",
        "aemode": None,
        "schedpolicy": None,
        "txhashpolicy": None,
        "primary_reselect": None,
        "forihostid": host.id,
        "ihost_uuid": host.uuid,
        "links": [],
        "vlan_id": vlan,
        "uses": uses.split(),
        "used_by": used_by.split(),
        "ipv4_mode": mode,
        "ipv6_mode": None,
        "sriov_numvfs": None,
        "sriov_vf_driver": None,
        "ptp_role": "none",
        "max_tx_rate": None,
        "max_rx_rate": None,
        "ovs_access": False,
        "channels": None,
        "sriov_vf_channels": None,
        **dates(cloud),
    }


PER_HOST: dict[str, Callable[[Cloud, Host], list[Json]]] = {
    "idisks": _disks,
    "host_fs": _filesystems,
    "ilvgs": _volume_groups,
    "ipvs": _physical_volumes,
    "istors": _osds,
    "iinterfaces": _interfaces,
    "ports": ports,
}
