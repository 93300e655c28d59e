"""What is in the hosts: disks, filesystems, volumes, OSDs, interfaces, ports."""

from __future__ import annotations

from typing import Callable, Optional

from backend.simulator.cloud import Cloud
from backend.simulator.exchange import Answer, Request, answer
from backend.simulator.model import Host, Json, iso, links
from backend.simulator.paging import known
from backend.simulator.refuse import client

BY_PATH = "/dev/disk/by-path/pci-0000:00:1f.2-ata-"
PE_BYTES = 32 * 1024**2


def children(cloud: Cloud, host: Host, name: str) -> list[Json]:
    """A host's rows of one kind; made when first asked for, then kept. None before inventory."""
    if not host.inv_state:
        return []
    key = (host.uuid, name)
    if key not in cloud.children:
        cloud.children[key] = PER_HOST[name](cloud, host)
    return cloud.children[key]


def linked(row: Json, name: str, base: str) -> Json:
    """A row with the links the request's Host gives it."""
    at = links(base, name, row["uuid"])
    more = {}
    if name == "ports":
        more = {s: links(base, name, row["uuid"], s) for s in ("lldp_agents", "lldp_neighbours")}
    return {**row, "links": at, **more}


def everywhere(cloud: Cloud, request: Request, name: str, uuid: Optional[str]) -> Answer:
    """/v1/<kind> over all hosts, or one row by uuid."""
    if name == "iinterfaces" and uuid is None:
        raise client("Invalid ihost None")
    base = f"{request.base}/platform"
    rows = [row for host in cloud.hosts for row in children(cloud, host, name)]
    if uuid is None:
        known(request)
        return answer({name: [linked(row, name, base) for row in rows]})
    found = next((row for row in rows if row["uuid"] == uuid), None)
    if found is None:
        word = "disk" if name == "idisks" else name
        raise client(f"No {word} with id {uuid}", 404)
    return answer(linked(found, name, base))


def ports_of(cloud: Cloud, request: Request, interface: str) -> Answer:
    """The ports an interface is made of, as the CLI asks for each interface of a host."""
    base = f"{request.base}/platform"
    rows = [
        row
        for host in cloud.hosts
        if any(one["uuid"] == interface for one in children(cloud, host, "iinterfaces"))
        for row in children(cloud, host, "ports")
        if row["interface_uuid"] == interface
    ]
    return answer({"ports": [linked(row, "ports", base) for row in rows]})


def dates(cloud: Cloud) -> Json:
    return {"created_at": iso(cloud.system.created_at), "updated_at": None}


def _disks(cloud: Cloud, host: Host) -> list[Json]:
    """The root disk, and a second one for data: an OSD's, where there is one."""
    osd = bears_osd(cloud, host)
    return [
        _disk(cloud, host, 0, size_mib=457440, free_mib=219190, model="480"),
        _disk(cloud, host, 1, size_mib=914880, free_mib=0 if osd else 914880, model="960"),
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
            "lvm_vg_size": 5951 * PE_BYTES,
            "lvm_vg_avail_size": 1230 * PE_BYTES,
            "lvm_vg_total_pe": 5951,
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
            "lvm_pv_size": 5951 * PE_BYTES,
            "lvm_pe_total": 5951,
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
        "tier_uuid": "942571d9-6d87-4f3d-a292-1e5e6566f365",
        "tier_name": "storage",
        **dates(cloud),
    }
    return [osd]


def _ports(cloud: Cloud, host: Host) -> list[Json]:
    return [_port(cloud, host, number) for number in range(2)]


def _port(cloud: Cloud, host: Host, number: int) -> Json:
    """A controller has a port for OAM and one to boot from; the others boot from their first."""
    names = ("oam0", "pxeboot0") if host.personality == "controller" else ("pxeboot0", None)
    carries = names[number]
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
_CONTROLLER_INTERFACES: tuple[tuple[str, str, Optional[int], str, str, Optional[str]], ...] = (
    ("oam0", "ethernet", None, "", "", "static"),
    ("pxeboot0", "ethernet", None, "", "mgmt0 cluster0", None),
    ("mgmt0", "vlan", 100, "pxeboot0", "", "static"),
    ("cluster0", "vlan", 101, "pxeboot0", "", None),
)


def _interfaces(cloud: Cloud, host: Host) -> list[Json]:
    """OAM on controllers only; management and cluster on VLANs of the boot interface."""
    controller = host.personality == "controller"
    return [
        _interface(cloud, host, number, row)
        for number, row in enumerate(_CONTROLLER_INTERFACES)
        if row[0] != "oam0" or controller
    ]


def _interface(
    cloud: Cloud,
    host: Host,
    number: int,
    told: tuple[str, str, Optional[int], str, str, Optional[str]],
) -> Json:
    name, kind, vlan, uses, used_by, mode = told
    return {
        "uuid": cloud.uuid_of(host.uuid, "interface", name),
        "ifname": name,
        "iftype": kind,
        "imac": host.mgmt_mac if name == "pxeboot0" else f"{host.mgmt_mac[:-2]}{0xF0 + number:02x}",
        "imtu": 1500,
        "ifclass": "platform",
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
    "ports": _ports,
}
