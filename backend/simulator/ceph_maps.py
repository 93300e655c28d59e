"""The maps of the pretend Ceph, in the shapes in which the REST of a manager has them (Ceph 16)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from backend.simulator import ceph_standing as ceph
from backend.simulator.alarms import osd_groups
from backend.simulator.ceph_health import health
from backend.simulator.ceph_standing import FILESYSTEM, POOLS, Groups, Osd, Pool
from backend.simulator.cloud import Cloud
from backend.simulator.model import Host, Json

VERSION = "ceph version 16.2.15 (pretend) pacific (stable)"
FLAGS = ("sortbitwise", "recovery_deletes", "purged_snapdirs", "pglog_hardlimit")
# What a disk of the pretend cloud gives in a second while something is recovered.
RECOVERS_BYTES_S = 96 * ceph.MIB
READS_BYTES_S, WRITES_BYTES_S = 3_400_000, 1_900_000


def stamp(at: datetime) -> str:
    """An instant as Ceph writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f+0000")


def fsid(cloud: Cloud) -> str:
    return cloud.system.uuid


def full(cloud: Cloud) -> Json:
    """What ``/health/full`` has: most maps whole."""
    found = ceph.osds(cloud)
    state = ceph.groups(cloud, found)
    return {
        "health": health(cloud, found, state),
        "mon_status": _monitors(cloud),
        "fs_map": _filesystems(cloud),
        "osd_map": _osd_map(cloud, found),
        "scrub_status": "Inactive",
        "pg_info": {
            "object_stats": {
                "num_objects": state.objects,
                "num_object_copies": state.copies,
                "num_objects_degraded": state.degraded,
                "num_objects_misplaced": 0,
                "num_objects_unfound": 0,
            },
            "statuses": state.states,
            "pgs_per_osd": sum(state.states.values()) * ceph.copies(cloud) / max(len(found), 1),
        },
        "mgr_map": _managers(cloud),
        "pools": _pools(cloud),
        "df": _space(cloud, found),
        "client_perf": _rates(found, state),
        "hosts": len({osd.host.uuid for osd in found}),
        "rgw": 0,
        "iscsi_daemons": {"up": 0, "down": 0},
    }


def _rates(found: list[Osd], state: Groups) -> Json:
    serves = any(osd.is_up for osd in found)
    return {
        "read_bytes_sec": READS_BYTES_S if serves else 0,
        "read_op_per_sec": 120 if serves else 0,
        "write_bytes_sec": WRITES_BYTES_S if serves else 0,
        "write_op_per_sec": 90 if serves else 0,
        "recovering_bytes_per_sec": RECOVERS_BYTES_S if state.is_moving else 0,
    }


# --- daemons -----------------------------------------------------------------------------------


def _address(host: Host, port: int) -> Json:
    addr = f"{host.mgmt_ip}:{port}"
    vector = [{"type": "v2", "addr": addr, "nonce": 0}]
    return {"public_addrs": {"addrvec": vector}, "addr": f"{addr}/0", "public_addr": f"{addr}/0"}


def _monitors(cloud: Cloud) -> Json:
    mons = ceph.monitors(cloud)
    within = [rank for rank, (_, _, there) in enumerate(mons) if there]
    return {
        "name": mons[within[0]][0] if within else "",
        "rank": within[0] if within else -1,
        "state": "leader",
        "quorum": within,
        "outside_quorum": [name for name, _, there in mons if not there],
        "monmap": {
            "epoch": 1,
            "fsid": fsid(cloud),
            "mons": [
                {"rank": rank, "name": name, **_address(host, 6789 + 10 * (name == "float"))}
                for rank, (name, host, _) in enumerate(mons)
            ],
        },
    }


def _managers(cloud: Cloud) -> Json:
    active, others = ceph.managers(cloud)
    host = cloud.active
    where = _address(host, 6800) if host is not None else {}
    return {
        "epoch": 1,
        "active_name": active,
        "active_addr": where.get("addr", ""),
        "active_addrs": where.get("public_addrs", {"addrvec": []}),
        "available": bool(active),
        "standbys": [{"name": name} for name in others],
        "services": {},
    }


def _filesystems(cloud: Cloud) -> Json:
    """The filesystem, served where the active controller is; the other one stands by."""
    servers = [host for host in cloud.of("controller") if host.is_serving]
    servers.sort(key=lambda host: not host.is_active)
    told = [
        {"gid": 4100 + host.id, "name": f"{FILESYSTEM}-{'ab'[host.id % 2]}",
         "rank": 0 if at == 0 else -1, "state": "up:active" if at == 0 else "up:standby",
         "addr": f"{host.mgmt_ip}:6810/1", "addrs": _address(host, 6810)["public_addrs"]}
        for at, host in enumerate(servers)
    ]  # fmt: skip
    serving = told[:1]
    mdsmap = {
        "fs_name": FILESYSTEM,
        "max_mds": 1,
        "in": [0],
        "up": {f"mds_{one['rank']}": one["gid"] for one in serving},
        "failed": [] if serving else [0],
        "damaged": [],
        "info": {f"gid_{one['gid']}": one for one in serving},
    }
    return {
        "epoch": 1,
        "default_fscid": 1,
        "standbys": told[1:],
        "filesystems": [{"id": 1, "mdsmap": mdsmap}],
    }


# --- OSDs --------------------------------------------------------------------------------------


def _osd_map(cloud: Cloud, found: list[Osd]) -> Json:
    flags = [*FLAGS, *sorted(cloud.ceph.flags)]
    return {
        "epoch": 1,
        "fsid": fsid(cloud),
        "flags": ",".join(flags),
        "flags_set": flags,
        "full_ratio": 0.95,
        "backfillfull_ratio": 0.9,
        "nearfull_ratio": 0.85,
        "pools": _pools(cloud),
        "osds": [osd_row(cloud, osd) for osd in found],
        "crush_node_flags": {},
        "device_class_flags": {},
        "tree": {"nodes": _tree(cloud, found), "stray": []},
        "crush": {"rules": [_rule(cloud)]},
    }


def osd_row(cloud: Cloud, osd: Osd) -> Json:
    """One OSD as the map of OSDs has it."""
    flags = sorted(cloud.ceph.osd_flags.get(osd.number, ()))
    where = _address(osd.host, 6800 + 4 * osd.number)
    return {
        "osd": osd.number,
        "up": int(osd.is_up),
        "in": int(osd.is_in),
        "weight": osd.weight if osd.is_in else 0.0,
        "state": ["exists", *(["up"] if osd.is_up else []), *flags],
        "public_addrs": where["public_addrs"],
        "public_addr": where["public_addr"],
    }


def osd_list(cloud: Cloud) -> list[Json]:
    """What ``/osd`` has: each with its usage; one that is down tells none."""
    found = ceph.osds(cloud)
    count = sum(pool.groups for pool in POOLS) * ceph.copies(cloud) // max(len(found), 1)
    return [
        {
            **osd_row(cloud, osd),
            "id": osd.number,
            "host": {"name": osd.host.name, "type": "host"},
            "osd_stats": {
                "osd": osd.number,
                "num_pgs": count if osd.is_up and osd.is_in else 0,
                "kb": osd.size // 1024,
                "kb_used": osd.used // 1024,
                "kb_avail": (osd.size - osd.used) // 1024,
                "perf_stat": {"commit_latency_ms": 2 + osd.number % 3,
                              "apply_latency_ms": 2 + osd.number % 3},
            },
        }
        for osd in found
    ]  # fmt: skip


def _tree(cloud: Cloud, found: list[Osd]) -> list[Json]:
    """The root, below it the groups of hosts that keep the same (not with Rook), hosts, OSDs."""
    nodes: list[Json] = []
    tops: list[int] = []
    hosts = {osd.host.name: osd.host for osd in found}
    ids = {name: -10 - number for number, name in enumerate(hosts)}
    groups = {} if ceph.is_rook(cloud) else osd_groups(cloud)
    for number, (name, members) in enumerate(groups.items()):
        below = [ids[host.name] for host in members if host.name in ids]
        nodes.append({"id": -2 - number, "name": name, "type": "chassis", "type_id": 2,
                      "children": below})  # fmt: skip
        tops.append(-2 - number)
    for name in hosts:
        below = [osd.number for osd in found if osd.host.name == name]
        nodes.append({"id": ids[name], "name": name, "type": "host", "type_id": 1,
                      "children": below})  # fmt: skip
    tops = tops or list(ids.values())
    root = {"id": -1, "name": ceph.root(cloud), "type": "root", "type_id": 11, "children": tops}
    return [root, *nodes, *(_leaf(osd) for osd in found)]


def _leaf(osd: Osd) -> Json:
    return {
        "id": osd.number,
        "name": osd.name,
        "type": "osd",
        "type_id": 0,
        "device_class": str(osd.device["device_type"]).lower(),
        "crush_weight": round(osd.size / (1 << 40), 5),
        "exists": 1,
        "status": "up" if osd.is_up else "down",
        "reweight": osd.weight if osd.is_in else 0.0,
        "primary_affinity": 1.0,
    }


def _rule(cloud: Cloud) -> Json:
    take: Json = {"op": "take", "item": -1, "item_name": ceph.root(cloud)}
    choose = {"op": "chooseleaf_firstn", "num": 0, "type": "host"}
    name = "replicated_rule" if ceph.is_rook(cloud) else "storage_tier_ruleset"
    return {"rule_id": 0, "rule_name": name, "type": 1, "steps": [take, choose, {"op": "emit"}]}


# --- pools and their room ----------------------------------------------------------------------


def _pools(cloud: Cloud) -> list[Json]:
    size = ceph.copies(cloud)
    return [
        {
            "pool": pool.number,
            "pool_name": pool.name,
            "type": 1,
            "size": size,
            "min_size": 1,
            "crush_rule": 0,
            "pg_autoscale_mode": "on",
            "pg_num": pool.groups,
            "pg_num_target": pool.groups,
            "quota_max_bytes": 0,
            "quota_max_objects": 0,
            "application_metadata": {pool.use: {}},
            **cloud.ceph.quotas.get(pool.name, {}),
        }
        for pool in POOLS
    ]


def _space(cloud: Cloud, found: list[Osd]) -> Json:
    # One that is down still counts, until it is out.
    there = [osd for osd in found if osd.is_in]
    whole, used = sum(osd.size for osd in there), sum(osd.used for osd in there)
    stored = sum(osd.used for osd in found) // ceph.copies(cloud)
    # Ceph stops at 95 %: nobody may write what is beyond that.
    room = max(int(sum(osd.size for osd in found) * 0.95) - sum(osd.used for osd in found), 0)
    return {
        "stats": {
            "total_bytes": whole,
            "total_avail_bytes": whole - used,
            "total_used_bytes": used,
            "total_used_raw_bytes": used,
            "total_used_raw_ratio": used / whole if whole else 0.0,
            "num_osds": len(found),
        },
        "pools": [_pool_space(cloud, pool, stored, room // ceph.copies(cloud)) for pool in POOLS],
    }


def _pool_space(cloud: Cloud, pool: Pool, stored: int, room: int) -> Json:
    mine = int(stored * pool.share)
    stats = {
        "stored": mine,
        "objects": mine // ceph.OBJECT_BYTES,
        "bytes_used": mine * ceph.copies(cloud),
        "kb_used": mine * ceph.copies(cloud) // 1024,
        "percent_used": mine / (mine + room) if mine + room else 0.0,
        "max_avail": room,
    }
    return {"name": pool.name, "id": pool.number, "stats": stats}


# --- disks -------------------------------------------------------------------------------------


def devices(cloud: Cloud, host: str) -> list[Json]:
    """The disks of a host that OSDs are on."""
    return [
        {
            "devid": osd.device["device_id"].partition("ata-")[2] or osd.device["device_id"],
            "location": [{"host": osd.host.name,
                          "dev": str(osd.device["device_node"]).rpartition("/")[2]}],
            "daemons": [osd.name],
        }
        for osd in ceph.osds(cloud)
        if osd.host.name == host
    ]  # fmt: skip


def hosts(cloud: Cloud) -> list[Json]:
    """The hosts that daemons run on."""
    found = ceph.osds(cloud)
    names: dict[str, list[Any]] = {}
    for osd in found:
        mine = names.setdefault(str(osd.host.name), [])
        mine.append({"type": "osd", "id": str(osd.number), "ceph_version": VERSION})
    return [{"hostname": name, "services": of, "labels": []} for name, of in names.items()]
