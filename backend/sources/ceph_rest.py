"""Ceph's commands in the words of its manager's REST: which paths answer one, and as what.

The REST (the dashboard's, Ceph 14 and later) is made for a screen: one answer, ``/health/full``,
holds most maps whole, in the shapes of the commands. What it has no path for is ``ENOSYS`` here.
Paths and parameters are those that the dashboards of Ceph 14.2.21, 16.2.15 and 18.2.7 declare.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, Awaitable, Callable, Dict, Iterable, List, Mapping, Tuple
from urllib.parse import quote

from backend.ceph import CephCommand
from backend.errors import Rejected
from backend.kind import Json

# Asks one path and returns its JSON.
Get = Callable[[str], Awaitable[Any]]
FULL = "/health/full"
_OSDS = "/osd"
# The flags that one OSD may have of its own.
_OF_AN_OSD = ("noup", "nodown", "noin", "noout")


@dataclass(frozen=True)
class Order:
    """One request that changes something; ``older`` is the same where the first is not known."""

    method: str
    path: str
    body: Mapping[str, Json]
    older: Tuple[str, str] = ("", "")
    older_body: Mapping[str, Json] = field(default_factory=dict)


async def _status(get: Get, _args: Mapping[str, Json]) -> Any:
    full = await get(FULL)
    osds = [one for one in full["osd_map"]["osds"] if "exists" in one.get("state", ["exists"])]
    return {
        "fsid": full["osd_map"].get("fsid") or full["mon_status"]["monmap"]["fsid"],
        "health": _health(full["health"]),
        "quorum_names": _quorum(full["mon_status"]),
        "monmap": full["mon_status"]["monmap"],
        "osdmap": {
            "num_osds": len(osds),
            "num_up_osds": sum(1 for one in osds if one["up"]),
            "num_in_osds": sum(1 for one in osds if one["in"]),
        },
        "pgmap": {**_groups(full), "num_pools": len(full["osd_map"]["pools"])},
        "mgrmap": full["mgr_map"],
    }


def _health(health: Mapping[str, Any]) -> Any:
    """Return it with its checks by code, as the command has them; the REST has a list."""
    checks = {one["type"]: one for one in health["checks"]}
    return {"status": health["status"], "checks": checks, "mutes": health.get("mutes", [])}


def _quorum(status: Mapping[str, Any]) -> List[str]:
    within = set(status["quorum"])
    monitors = sorted(status["monmap"]["mons"], key=lambda one: one["rank"])
    return [one["name"] for one in monitors if one["rank"] in within]


def _groups(full: Mapping[str, Any]) -> Dict[str, Any]:
    objects, rates = full["pg_info"]["object_stats"], full["client_perf"]
    states, room = full["pg_info"]["statuses"], full["df"]["stats"]
    bytes_s = rates.get("recovering_bytes_per_sec") or 0
    return {
        "num_pgs": sum(states.values()),
        "pgs_by_state": [{"state_name": name, "count": count} for name, count in states.items()],
        "bytes_used": room["total_used_raw_bytes"],
        "bytes_avail": room["total_avail_bytes"],
        "bytes_total": room["total_bytes"],
        "degraded_objects": objects["num_objects_degraded"],
        "misplaced_objects": objects["num_objects_misplaced"],
        "unfound_objects": objects["num_objects_unfound"],
        "degraded_total": objects["num_object_copies"],
        "recovering_bytes_per_sec": bytes_s,
        # It tells bytes alone: as many objects as those are, as large as they are here.
        "recovering_objects_per_sec": round(bytes_s / _object_bytes(full)),
        "read_bytes_sec": rates.get("read_bytes_sec"),
        "write_bytes_sec": rates.get("write_bytes_sec"),
    }


def _object_bytes(full: Mapping[str, Any]) -> float:
    stats = [one["stats"] for one in full["df"]["pools"]]
    count = sum(one.get("objects") or 0 for one in stats)
    return max(sum(one.get("stored") or 0 for one in stats) / count if count else 0.0, 1.0)


async def _health_detail(get: Get, _args: Mapping[str, Json]) -> Any:
    return _health((await get(FULL))["health"])


async def _quorum_status(get: Get, _args: Mapping[str, Json]) -> Any:
    status = (await get(FULL))["mon_status"]
    names = _quorum(status)
    # Of those in quorum the lowest rank leads.
    return {**status, "quorum_names": names, "quorum_leader_name": names[0] if names else ""}


def _part(*keys: str) -> Callable[[Get, Mapping[str, Json]], Awaitable[Any]]:
    """Return what answers with one part of the full health, which has it as the command does."""

    async def part(get: Get, _args: Mapping[str, Json]) -> Any:
        found = await get(FULL)
        for key in keys:
            found = found[key]
        return found

    return part


async def _osd_df(get: Get, _args: Mapping[str, Json]) -> Any:
    nodes = []
    for one in await get(_OSDS):
        stats = one.get("osd_stats") or {}
        kib, used = stats.get("kb"), stats.get("kb_used") or 0
        if kib is not None:
            share = 100.0 * used / kib if kib else 0.0
            nodes.append({"id": one["id"], "kb": kib, "kb_used": used, "utilization": share,
                          "pgs": stats.get("num_pgs")})  # fmt: skip
    return {"nodes": nodes}


async def _osd_perf(get: Get, _args: Mapping[str, Json]) -> Any:
    found = [(one["id"], (one.get("osd_stats") or {}).get("perf_stat"))
             for one in await get(_OSDS)]  # fmt: skip
    return {"osd_perf_infos": [{"id": key, "perf_stats": one} for key, one in found if one]}


async def _devices(get: Get, _args: Mapping[str, Json]) -> Any:
    """Return the disks of all hosts, each once; a host is asked for its own."""
    hosts = [str(one["hostname"]) for one in await get("/host")]
    found = await asyncio.gather(*(get(f"/host/{quote(name, safe='')}/devices") for name in hosts))
    return list({one["devid"]: one for disks in found for one in disks}.values())


async def _log(get: Get, args: Mapping[str, Json]) -> Any:
    lines = (await get("/logs/all"))["clog"]
    # It tells what is for who looks for a fault in Ceph too: hundreds of lines that say nothing.
    told = (one for one in lines if one.get("priority") != "[DBG]" or args.get("level") == "debug")
    wanted = sorted(told, key=lambda one: str(one.get("stamp")))
    number = args.get("num")
    return wanted[-number:] if isinstance(number, int) else wanted


async def _safe_to_destroy(get: Get, args: Mapping[str, Json]) -> Any:
    number = _one_id(args)
    try:
        return await get(f"/osd/safe_to_destroy?ids={number}")
    except Rejected:
        # Ceph 14 has it below each OSD.
        return await get(f"/osd/{number}/safe_to_destroy")


async def _images(get: Get, _args: Mapping[str, Json]) -> Any:
    found = await get("/block/image")
    return [
        {
            "pool": one["pool_name"],
            "name": one["name"],
            "size": one.get("size"),
            "snapshots": len(one.get("snapshots") or ()),
        }
        for pool in found
        for one in pool.get("value") or ()
    ]


Reading = Callable[[Get, Mapping[str, Json]], Awaitable[Any]]
READS: Mapping[str, Reading] = {
    "status": _status,
    "health": _health_detail,
    "quorum_status": _quorum_status,
    "mgr dump": _part("mgr_map"),
    "fs dump": _part("fs_map"),
    "osd dump": _part("osd_map"),
    "osd tree": _part("osd_map", "tree"),
    "osd pool ls": _part("osd_map", "pools"),
    "df": _part("df"),
    "osd crush rule dump": _part("osd_map", "crush", "rules"),
    "osd df": _osd_df,
    "osd perf": _osd_perf,
    "device ls": _devices,
    "log last": _log,
    "osd safe-to-destroy": _safe_to_destroy,
    "rbd images": _images,
}


# --- what changes something --------------------------------------------------------------------


def _one_id(args: Mapping[str, Json]) -> str:
    ids = args.get("ids")
    return quote(str(ids[0] if isinstance(ids, list) else args.get("id")), safe="")


async def _mark(verb: str, args: Mapping[str, Json]) -> Order:
    number = _one_id(args)
    # Ceph 14 and 15 have a path for each verb.
    older = ("POST", f"/osd/{number}/mark_{verb}")
    return Order("PUT", f"/osd/{number}/mark", {"action": verb}, older)


async def _flags(verb: str, args: Mapping[str, Json], get: Get) -> Order:
    now = [str(one) for one in await get("/osd/flags")]
    flag = str(args["key"])
    wanted = [one for one in now if one != flag] + ([flag] if verb == "set" else [])
    return Order("PUT", "/osd/flags", {"flags": list(wanted)})


async def _flag_of_some(verb: str, args: Mapping[str, Json], get: Get) -> Order:
    # It wants them as numbers.
    ids: List[Json] = [int(str(one)) for one in _each(args["who"])]
    flag = str(args["flags"])
    body: Dict[str, Json] = {"flags": {flag: verb == "set"}, "ids": ids}
    path = "/osd/flags/individual"
    if len(ids) != 1:
        return Order("PUT", path, body)
    # Ceph 15 is told all flags of one OSD at once; Ceph 14 has no path for them.
    now = [str(word) for one in await get(_OSDS) if one["id"] == ids[0]
           for word in one.get("state") or () if word in _OF_AN_OSD and word != flag]  # fmt: skip
    older: List[Json] = [*now, *([flag] if verb == "set" else [])]
    return Order("PUT", path, body, ("PUT", f"/osd/{_one_id({'id': ids[0]})}/flags"),
                 {"flags": older})  # fmt: skip


async def order_of(command: CephCommand, get: Get) -> Order:
    """Return the request that is a command; raises ``LookupError`` where the REST has none."""
    args = dict(command.args)
    words = command.prefix.split()
    verb = words[-1]
    if words[0] == "osd" and verb in ("in", "out", "down"):
        return await _mark(verb, args)
    if command.prefix == "osd reweight":
        return Order("POST", f"/osd/{_one_id(args)}/reweight", {"weight": args["weight"]})
    if command.prefix in ("osd set", "osd unset"):
        return await _flags(verb, args, get)
    if command.prefix == "osd pool set-quota":
        key = f"quota_{args['field']}"
        path = f"/pool/{quote(str(args['pool']), safe='')}"
        return Order("PUT", path, {key: int(str(args["val"]))})
    if command.prefix in ("osd set-group", "osd unset-group") and _is_osds(args["who"]):
        return await _flag_of_some("set" if verb == "set-group" else "unset", args, get)
    raise LookupError(command.prefix)


def _is_osds(who: Json) -> bool:
    """Whether a flag is for single OSDs: the REST has none for a host or a class."""
    return all(str(one).isdigit() for one in _each(who))


def _each(who: Json) -> Iterable[Json]:
    return who if isinstance(who, list) else [who]
