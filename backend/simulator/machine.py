"""What a host is built of: CPUs and memory by NUMA node, partitions, accelerators, sensors."""

from __future__ import annotations

from typing import Callable

from backend.simulator.cloud import Cloud
from backend.simulator.inventory import BY_PATH, PE_BYTES, ROOT_DISK_MIB, VOLUME_PES, dates
from backend.simulator.model import Host, Json

CORES = 4
THREADS = 2
# A thread's sibling is numbered so many further on.
SIBLING = 8
MODEL = "Intel(R) Xeon(R) Gold 6230 CPU @ 2.10GHz"
MEMORY_MIB = 91000
MIB = 1024**2


def numa_nodes(host: Host) -> int:
    """A storage host has one socket, the others two."""
    return 1 if host.personality == "storage" else 2


def node_uuid(cloud: Cloud, host: Host, node: int) -> str:
    return cloud.uuid_of(host.uuid, "node", node)


def _nodes(cloud: Cloud, host: Host) -> list[Json]:
    return [
        {
            "uuid": node_uuid(cloud, host, node),
            "numa_node": node,
            "capabilities": {},
            "links": [],
        }
        for node in range(numa_nodes(host))
    ]


def _cpus(cloud: Cloud, host: Host) -> list[Json]:
    return [
        _cpu(cloud, host, node, core, thread)
        for node in range(numa_nodes(host))
        for core in range(CORES)
        for thread in range(THREADS)
    ]


def function_of(host: Host, node: int, core: int) -> str:
    """What a core is for: a worker leaves the platform its first, a controller with work two."""
    if not host.is_worker:
        return "Platform"
    if node == 0 and core < (2 if host.is_aio else 1):
        return "Platform"
    if core == CORES - 1 and not host.is_aio:
        return "Application-isolated"
    return "Application"


def _cpu(cloud: Cloud, host: Host, node: int, core: int, thread: int) -> Json:
    number = node * CORES + core + thread * SIBLING
    return {
        "uuid": cloud.uuid_of(host.uuid, "cpu", number),
        "cpu": number,
        "core": core,
        "thread": thread,
        "cpu_family": "6",
        "cpu_model": MODEL,
        "allocated_function": function_of(host, node, core),
        "function": None,
        "cpulist": None,
        **{f"num_cores_on_processor{socket}": None for socket in range(4)},
        "numa_node": node,
        "capabilities": {},
        "ihost_uuid": host.uuid,
        "inode_uuid": node_uuid(cloud, host, node),
        "links": [],
        **dates(cloud),
    }


def _memories(cloud: Cloud, host: Host) -> list[Json]:
    return [_memory(cloud, host, node) for node in range(numa_nodes(host))]


def _memory(cloud: Cloud, host: Host, node: int) -> Json:
    """A node's memory: the platform's share, a worker's 1 GiB pages, the rest in 4 KiB pages."""
    reserved = 9000 if node == 0 else 1000
    free = MEMORY_MIB - reserved
    gigantic = 4 if host.is_worker else 0
    return {
        "uuid": cloud.uuid_of(host.uuid, "memory", node),
        "memtotal_mib": MEMORY_MIB,
        "memavail_mib": free,
        "platform_reserved_mib": reserved,
        "hugepages_configured": gigantic > 0,
        "vswitch_hugepages_size_mib": 2,
        "vswitch_hugepages_reqd": None,
        "vswitch_hugepages_nr": 0,
        "vswitch_hugepages_avail": 0,
        "vm_pending_as_percentage": False,
        "vm_hugepages_nr_2M_pending": None,
        "vm_hugepages_2M_percentage": None,
        "vm_hugepages_nr_2M": 0,
        "vm_hugepages_avail_2M": 0,
        "vm_hugepages_nr_1G_pending": None,
        "vm_hugepages_1G_percentage": None,
        "vm_hugepages_nr_1G": gigantic,
        "vm_hugepages_nr_4K": (free - gigantic * 1024) * 256,
        "vm_hugepages_use_1G": True,
        "vm_hugepages_avail_1G": gigantic,
        "vm_hugepages_possible_2M": free // 2,
        "vm_hugepages_possible_1G": free // 1024,
        "minimum_platform_reserved_mib": 1000 if host.personality == "worker" else 8250,
        "numa_node": node,
        "capabilities": {},
        "ihost_uuid": host.uuid,
        "inode_uuid": node_uuid(cloud, host, node),
        "links": [],
        **dates(cloud),
    }


def _partitions(cloud: Cloud, host: Host) -> list[Json]:
    """The one partition sysinv manages: the volume group's, up to where the disk is in use."""
    total_mib, free_mib = ROOT_DISK_MIB
    size_mib = VOLUME_PES * PE_BYTES // MIB
    end_mib = total_mib - free_mib
    return [
        {
            "uuid": cloud.uuid_of(host.uuid, "partition"),
            "start_mib": end_mib - size_mib,
            "end_mib": end_mib,
            "size_mib": size_mib,
            "device_node": "/dev/sda5",
            "device_path": f"{BY_PATH}1.0-part5",
            "type_guid": "ba5eba11-0000-1111-2222-000000000001",
            "type_name": "LVM Physical Volume",
            "idisk_uuid": cloud.uuid_of(host.uuid, "disk", 0),
            "status": 1,
            "ihost_uuid": host.uuid,
            "ipv_uuid": cloud.uuid_of(host.uuid, "volume"),
            "links": [],
            "capabilities": {},
            **dates(cloud),
        }
    ]


def _devices(cloud: Cloud, host: Host) -> list[Json]:
    """An accelerator where work runs; network cards are ports, not devices."""
    if not host.is_worker:
        return []
    nothing = "psvendor psdevice"
    firmware = "bmc_build_version bmc_fw_version retimer_a_version retimer_b_version root_key"
    return [
        {
            "uuid": cloud.uuid_of(host.uuid, "device"),
            "name": "pci_0000_5e_00_0",
            "pciaddr": "0000:5e:00.0",
            "pclass_id": "120000",
            "pvendor_id": "8086",
            "pdevice_id": "0d8f",
            "pclass": "Processing accelerators",
            "pvendor": "Intel Corporation",
            "pdevice": "Device 0d8f",
            **dict.fromkeys(nothing.split()),
            "numa_node": 0,
            "sriov_totalvfs": None,
            "sriov_numvfs": 0,
            "sriov_vfs_pci_address": "",
            "sriov_vf_driver": None,
            "sriov_vf_pdevice_id": None,
            "driver": None,
            "extra_info": None,
            "host_uuid": host.uuid,
            "enabled": True,
            **dict.fromkeys(f"{firmware} revoked_key_ids boot_page bitstream_id".split()),
            "links": [],
            **dates(cloud),
        }
    ]


# group → type of sensor, unit
SENSOR_GROUPS = {
    "server temperature": ("temperature", "degrees C"),
    "server fans": ("fan", "RPM"),
}
LEVELS = ("minor", "major", "critical")


def _thresholds(suffix: str = "") -> Json:
    sides = ("lower", "upper")
    return dict.fromkeys(f"t_{level}_{side}{suffix}" for level in LEVELS for side in sides)


def _sensor_groups(cloud: Cloud, host: Host) -> list[Json]:
    """What its board management controller groups its sensors by; nothing without one."""
    if host.bm_type in {None, "none"}:
        return []
    return [_sensor_group(cloud, host, name) for name in SENSOR_GROUPS]


def _sensor_group(cloud: Cloud, host: Host, name: str) -> Json:
    kind, unit = SENSOR_GROUPS[name]
    return {
        "uuid": cloud.uuid_of(host.uuid, "sensor group", name),
        "sensorgroupname": name,
        "path": "",
        "sensortype": kind,
        "datatype": "analog",
        "state": "enabled",
        "possible_states": "",
        "algorithm": "",
        "audit_interval_group": 300,
        "actions_critical_choices": "alarm,ignore,log,reset,powercycle",
        "actions_major_choices": "alarm,ignore,log",
        "actions_minor_choices": "alarm,ignore,log",
        "actions_minor_group": "ignore",
        "actions_major_group": "alarm",
        "actions_critical_group": "alarm",
        "unit_base_group": unit,
        "unit_modifier_group": "",
        "unit_rate_group": "",
        **_thresholds("_group"),
        "capabilities": {},
        "suppress": False,
        "sensors": None,
        "host_uuid": host.uuid,
        "links": [],
        "isensors": [],
        **dates(cloud),
    }


def _sensors(cloud: Cloud, host: Host) -> list[Json]:
    if host.bm_type in {None, "none"}:
        return []
    cpus = [f"CPU{node + 1} Temp" for node in range(numa_nodes(host))]
    named = [(name, "server temperature") for name in (*cpus, "Inlet Temp")]
    named += [(f"Fan {number}", "server fans") for number in range(1, 5)]
    return [_sensor(cloud, host, name, group) for name, group in named]


def _sensor(cloud: Cloud, host: Host, name: str, group: str) -> Json:
    """A sensor; every fifth host stands a little warm, which is ignored and raises no alarm."""
    kind, unit = SENSOR_GROUPS[group]
    warm = name == "Inlet Temp" and host.id % 5 == 0
    return {
        "uuid": cloud.uuid_of(host.uuid, "sensor", name),
        "sensorname": name,
        "path": "",
        "sensortype": kind,
        "datatype": "analog",
        "status": "minor" if warm else "ok",
        "state": "enabled",
        "state_requested": None,
        "audit_interval": 300,
        "algorithm": "",
        "actions_minor": "ignore",
        "actions_major": "alarm",
        "actions_critical": "alarm",
        "suppress": False,
        "unit_base": unit,
        "unit_modifier": None,
        "unit_rate": None,
        **_thresholds(),
        "capabilities": {},
        "host_uuid": host.uuid,
        "sensorgroup_uuid": cloud.uuid_of(host.uuid, "sensor group", group),
        "links": [],
        **dates(cloud),
    }


PER_HOST: dict[str, Callable[[Cloud, Host], list[Json]]] = {
    "inodes": _nodes,
    "icpus": _cpus,
    "imemorys": _memories,
    "partitions": _partitions,
    "pci_devices": _devices,
    "isensors": _sensors,
    "isensorgroups": _sensor_groups,
}
