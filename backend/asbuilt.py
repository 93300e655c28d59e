"""As built: a whole cloud as the deployment manager's resources, worked out of what is known.

The shapes are those of its v1 API: System, AddressPool, PlatformNetwork, DataNetwork, PtpInstance,
PtpInterface, HostProfile and Host. Secrets are never among them: of a board's password only the
name of the Kubernetes secret stands there that somebody must fill. Pure.
"""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple

from backend.kinds.host import Host
from backend.kinds.host_site import children, hosts, system_of
from backend.known import Known

Doc = Dict[str, Any]

API = "starlingx.windriver.com/v1"
NAMESPACE = "deployment"
# What it is made of: kinds of the system, and kinds of each host.
OF_SYSTEM = (
    *("hosts", "system", "dns", "ntp", "ptp", "service-parameters", "backends", "drbd"),
    *("controller-filesystems", "address-pools", "networks", "network-address-pools"),
    *("data-networks", "ptp-instances", "ptp-interfaces", "monitors"),
)
OF_HOSTS = (
    *("labels", "cpus", "memory", "interfaces", "ports", "interface-networks"),
    *("interface-datanetworks", "addresses", "routes", "volume-groups", "physical-volumes"),
    *("filesystems", "osds", "disks", "partitions"),
)
NEEDS = (*OF_SYSTEM, *OF_HOSTS)
KB_PER_MIB, GIB_MIB = 256, 1024


def documents(known: Known) -> List[Doc]:
    """Return the resources of a cloud, each once, in the order in which they build on each other.

    What was not read is not there: ``unread`` names it.
    """
    found = [_system(known), *_pools(known), *_networks(known), *_data_networks(known)]
    found += [*_ptp(known)]
    named = [host for host in hosts(known) if host.hostname and host.personality]
    found += [_profile(host, known) for host in named]
    found += [_host(host) for host in named]
    return [doc for doc in found if doc]


def unread(known: Known) -> Tuple[str, ...]:
    """Return the kinds that were not read, so that nothing of them is told."""
    return tuple(
        f"{name}: {reading.error.words if reading.error else 'not read'}"
        for name, reading in ((name, known.reading(name)) for name in NEEDS)
        if not reading.was_read or reading.error is not None
    )


def _doc(kind: str, name: str, spec: Mapping[str, Any]) -> Doc:
    meta = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": API, "kind": kind, "metadata": meta, "spec": _said(spec)}


def _said(value: Any) -> Any:
    """Return a value without what says nothing: None, "" and empty lists and objects."""
    if isinstance(value, Mapping):
        inner = {key: _said(one) for key, one in value.items()}
        return {key: one for key, one in inner.items() if one not in (None, "", [], {})}
    if isinstance(value, (list, tuple)):
        return [_said(one) for one in value]
    return value


def _words(text: Optional[str]) -> List[str]:
    return [word.strip() for word in (text or "").split(",") if word.strip()]


def _first(known: Known, kind: str) -> Mapping[str, Any]:
    row = next(iter(known.rows(kind)), None)
    body: Mapping[str, Any] = {} if row is None else row.body
    return body


# --- the system ----------------------------------------------------------------------------------


def _system(known: Known) -> Doc:
    system = system_of(known)
    if system is None:
        return {}
    body = system.body
    names = ("description", "location", "latitude", "longitude", "contact")
    ptp = _first(known, "ptp")
    return _doc(
        "System",
        system.name or "system",
        {
            **{name: body.get(name) for name in names},
            "dnsServers": _words(_first(known, "dns").get("nameservers")),
            "ntpServers": _words(_first(known, "ntp").get("ntpservers")),
            "ptp": {name: ptp.get(name) for name in ("mode", "transport", "mechanism")},
            "serviceParameters": [
                {
                    "service": row.body.get("service"),
                    "section": row.body.get("section"),
                    "paramname": row.body.get("name"),
                    "paramvalue": row.body.get("value"),
                    "personality": row.body.get("personality"),
                    "resource": row.body.get("resource"),
                }
                for row in known.rows("service-parameters")
            ],
            "storage": _system_storage(known),
            "vswitchType": system.capabilities.get("vswitch_type"),
        },
    )


def _system_storage(known: Known) -> Mapping[str, Any]:
    backends = [
        {
            "name": row.name,
            "type": row.backend,
            "services": _words(row.services),
            "replicationFactor": _number(row.capabilities.get("replication")),
        }
        for row in known.rows("backends")
    ]
    drbd = _first(known, "drbd").get("link_util")
    filesystems = [
        {"name": row.name, "size": row.body.get("size")}
        for row in known.rows("controller-filesystems")
    ]
    return {
        "backends": backends,
        "drbd": {"linkUtilization": drbd},
        "filesystems": sorted(filesystems, key=_name_in),
    }


def _number(value: Any) -> Any:
    return int(value) if str(value).isdigit() else value


def _name_in(one: Mapping[str, Any]) -> str:
    return str(one.get("name") or "")


def _pools(known: Known) -> Iterable[Doc]:
    for row in sorted(known.rows("address-pools"), key=lambda row: row.name or ""):
        yield _doc(
            "AddressPool",
            row.name or row.uuid,
            {
                "subnet": row.network,
                "prefix": row.prefix,
                "floatingAddress": row.floating_address,
                "controller0Address": row.controller0_address,
                "controller1Address": row.controller1_address,
                "gateway": row.gateway_address,
                "allocation": {
                    "order": row.order,
                    "ranges": [{"start": ends[0], "end": ends[-1]} for ends in row.ranges],
                },
            },
        )


def _networks(known: Known) -> Iterable[Doc]:
    pools: Dict[str, List[str]] = {}
    for pair in known.rows("network-address-pools"):
        pools.setdefault(str(pair.network_name), []).append(str(pair.address_pool_name))
    for row in known.rows("networks"):
        name = row.name or row.uuid
        spec = {"type": row.type, "dynamic": row.dynamic}
        yield _doc("PlatformNetwork", name, {**spec, "associatedAddressPools": pools.get(name)})


def _data_networks(known: Known) -> Iterable[Doc]:
    for row in known.rows("data-networks"):
        vxlan = {
            "multicastGroup": row.multicast_group,
            "udpPortNumber": row.port_num,
            "ttl": row.ttl,
            "endpointMode": row.mode,
        }
        spec = {"type": row.network_type, "mtu": row.mtu, "description": row.description}
        yield _doc("DataNetwork", row.name or row.uuid, {**spec, "vxlan": vxlan})


def _ptp(known: Known) -> Iterable[Doc]:
    for row in known.rows("ptp-instances"):
        spec = {"service": row.service, "parameters": row.body.get("parameters")}
        yield _doc("PtpInstance", row.name or row.uuid, spec)
    for row in known.rows("ptp-interfaces"):
        spec = {"ptpinstance": row.ptp_instance_name, "parameters": row.body.get("parameters")}
        yield _doc("PtpInterface", row.name or row.uuid, spec)


# --- a host --------------------------------------------------------------------------------------


def _host(host: Host) -> Doc:
    """Return what is a host's own: by what it is known, and its board's controller."""
    board: Mapping[str, Any] = {}
    if host.has_bmc:
        secret = {"password": {"secret": f"{host.name}-bmc"}}
        board = {"type": host.bm_type, "address": host.bm_ip, "credentials": secret}
    return _doc(
        "Host",
        host.name,
        {
            "profile": f"{host.name}-profile",
            "match": {"bootMAC": host.mgmt_mac},
            "overrides": {"boardManagement": board},
        },
    )


def _profile(host: Host, known: Known) -> Doc:
    body = host.body
    labels = {row.label_key: row.label_value for row in _of(known, "labels", host)}
    return _doc(
        "HostProfile",
        f"{host.name}-profile",
        {
            "personality": host.personality,
            "administrativeState": host.administrative,
            "subfunctions": host.functions,
            "location": (host.location or {}).get("locn"),
            "labels": labels,
            "installOutput": body.get("install_output"),
            "console": host.console,
            "bootDevice": host.boot_device,
            "rootDevice": body.get("rootfs_device"),
            "clockSynchronization": host.clock_synchronization,
            "hwSettle": body.get("hw_settle"),
            "appArmor": body.get("apparmor"),
            "maxCPUMhzConfigured": body.get("max_cpu_mhz_configured"),
            "ptpInstances": [
                row.name for row in known.rows("ptp-instances") if host.hostname in row.hostnames
            ],
            "processors": _processors(host, known),
            "memory": _memory(host, known),
            "storage": _storage(host, known),
            "interfaces": _interfaces(host, known),
            "addresses": [
                {"interface": row.ifname, "address": row.address, "prefix": row.prefix}
                for row in _of(known, "addresses", host)
            ],
            "routes": [
                {
                    "interface": row.ifname,
                    "subnet": row.network,
                    "prefix": row.prefix,
                    "gateway": row.gateway,
                    "metric": row.metric,
                }
                for row in _of(known, "routes", host)
            ],
        },
    )


def _of(known: Known, kind: str, host: Host) -> Sequence[Any]:
    """Return the rows of a kind on a host; what was not read is none, and ``unread`` says so."""
    return children(known, kind, host) or ()


def _processors(host: Host, known: Known) -> List[Doc]:
    """Return the cores given to something else than applications, which have the rest."""
    counts: Dict[int, Dict[str, int]] = {}
    for row in _of(known, "cpus", host):
        function = str(row.allocated_function or "").lower()
        if row.thread == 0 and function not in ("", "application"):
            node = counts.setdefault(row.numa_node or 0, {})
            node[function] = node.get(function, 0) + 1
    return [
        {
            "node": node,
            "functions": [{"function": f, "count": n} for f, n in sorted(functions.items())],
        }
        for node, functions in sorted(counts.items())
    ]


def _memory(host: Host, known: Known) -> List[Doc]:
    found = []
    for row in sorted(_of(known, "memory", host), key=lambda row: row.numa_node or 0):
        pages = [
            ("platform", "4KB", (row.platform_reserved_mib or 0) * KB_PER_MIB),
            ("vm", "2MB", _pending(row.vm_hugepages_nr_2M_pending, row.vm_hugepages_nr_2M)),
            ("vm", "1GB", _pending(row.vm_hugepages_nr_1G_pending, row.vm_hugepages_nr_1G)),
        ]
        functions = [
            {"function": function, "pageSize": size, "pageCount": count}
            for function, size, count in pages
            if count
        ]
        found.append({"node": row.numa_node or 0, "functions": functions})
    return found


def _pending(pending: Optional[int], now: Optional[int]) -> int:
    return (now or 0) if pending is None else pending


def _storage(host: Host, known: Known) -> Mapping[str, Any]:
    paths = {row.uuid: row.device_path for row in _of(known, "disks", host)}
    volumes: Dict[str, List[Doc]] = {}
    sizes = {row.device_path: row.size_mib for row in _of(known, "partitions", host)}
    for row in _of(known, "physical-volumes", host):
        path = row.disk_or_part_device_path
        size = sizes.get(path)
        volume = {"type": row.body.get("pv_type"), "path": path}
        if size is not None:
            volume["size"] = size // GIB_MIB
        volumes.setdefault(str(row.lvm_vg_name), []).append(volume)
    monitors = [row for row in known.rows("monitors") if row.hostname == host.hostname]
    return {
        "monitor": {"size": monitors[0].body.get("ceph_mon_gib")} if monitors else {},
        "osds": [
            {"function": row.function, "path": paths.get(row.idisk_uuid or "", row.idisk_uuid)}
            for row in _of(known, "osds", host)
        ],
        "volumeGroups": [
            {"name": row.lvm_vg_name, "physicalVolumes": volumes.get(row.lvm_vg_name, [])}
            for row in _of(known, "volume-groups", host)
        ],
        "filesystems": [
            {"name": row.name, "size": row.size}
            for row in sorted(_of(known, "filesystems", host), key=lambda row: row.name)
        ],
    }


# --- its interfaces ------------------------------------------------------------------------------

# iftype → the list it stands in
_LISTS = {"ethernet": "ethernet", "vlan": "vlan", "ae": "bond", "vf": "vf"}


def _interfaces(host: Host, known: Known) -> Mapping[str, Any]:
    found: Dict[str, List[Doc]] = {}
    ports = {row.interface_uuid: row.name for row in _of(known, "ports", host)}
    for row in _of(known, "interfaces", host):
        if row.iftype in _LISTS:
            found.setdefault(_LISTS[row.iftype], []).append(_interface(host, known, row, ports))
    return {name: sorted(rows, key=_name_in) for name, rows in found.items()}


def _interface(host: Host, known: Known, row: Any, ports: Mapping[Any, Any]) -> Doc:
    nets = [n.network_name for n in _of(known, "interface-networks", host) if _is_on(n, row)]
    data = [n for n in _of(known, "interface-datanetworks", host) if _is_on(n, row)]
    common = {
        "name": row.ifname,
        "class": row.ifclass,
        "mtu": row.imtu,
        "platformNetworks": nets,
        "dataNetworks": [n.datanetwork_name for n in data],
        "ptpRole": row.ptp_role,
    }
    lower = row.uses[0] if row.uses else None
    by_type: Dict[str, Doc] = {
        "ethernet": {
            "port": {"name": ports.get(row.uuid)},
            "vfCount": row.sriov_numvfs,
            "vfDriver": row.sriov_vf_driver,
        },
        "vlan": {"lower": lower, "vid": row.vlan_id},
        "ae": {
            "members": row.uses,
            "mode": row.aemode,
            "transmitHashPolicy": row.body.get("txhashpolicy"),
            "primaryReselect": row.body.get("primary_reselect"),
        },
        "vf": {"lower": lower, "vfCount": row.sriov_numvfs, "vfDriver": row.sriov_vf_driver},
    }
    return {**common, **by_type[row.iftype]}


def _is_on(pair: Any, row: Any) -> bool:
    return bool(pair.ifname == row.ifname)
