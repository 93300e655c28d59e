"""What cores and memory are for, as it is changed; huge pages wait for the next unlock."""

from __future__ import annotations

from backend.simulator.bodies import json_of
from backend.simulator.changers import Changer, number
from backend.simulator.children import children
from backend.simulator.cloud import Cloud
from backend.simulator.exchange import Answer, Request, answer
from backend.simulator.model import Host, Json
from backend.simulator.refuse import client, no_such_method

FUNCTIONS = {
    "platform": "Platform",
    "vswitch": "Vswitch",
    "shared": "Shared",
    "application-isolated": "Application-isolated",
}
ORDER = ("Platform", "Vswitch", "Shared", "Application-isolated")
REST = "Application"
MIB_1G = 1024
FIELDS = (
    "platform_reserved_mib",
    "vm_hugepages_nr_2M_pending",
    "vm_hugepages_nr_1G_pending",
    "vswitch_hugepages_reqd",
    "vswitch_hugepages_size_mib",
    "vm_pending_as_percentage",
)


# --- cores -------------------------------------------------------------------------------------


def modify_cores(cloud: Cloud, request: Request, host: Host) -> Answer:
    """PUT /v1/ihosts/<host>/state/host_cpus_modify: a list of functions with what each gets."""
    if request.method != "PUT":
        raise no_such_method(request.method, "PUT")
    if host.administrative != "locked":
        raise client("Host must be locked.")
    if not host.is_worker:
        raise client("Can only modify worker node cores.")
    rows = children(cloud, host, "icpus")
    nodes = sorted({row["numa_node"] for row in rows})
    counts = {n: _counts([row for row in rows if row["numa_node"] == n]) for n in nodes}
    lists: dict[str, set[int]] = {}
    for cap in json_of(request):
        _take(cap, rows, counts, lists)
    _check(host, rows, counts, lists)
    for node in nodes:
        _give([row for row in rows if row["numa_node"] == node], counts[node], lists)
    return answer({"icpus": rows})


def _counts(rows: list[Json]) -> dict[str, int]:
    return {f: sum(row["allocated_function"] == f for row in rows) for f in ORDER}


def _take(
    cap: Json, rows: list[Json], counts: dict[int, dict[str, int]], lists: dict[str, set[int]]
) -> None:
    function, sockets = FUNCTIONS.get(str(cap.get("function"))), cap.get("sockets") or []
    if function is None or not (sockets or cap.get("cpulist")):
        raise client(
            f"host: cpu function={cap.get('function')} or (socket={sockets}) not specified"
        )
    threads = 1 + max(row["thread"] for row in rows)
    if not sockets:
        lists[function] = _listed(str(cap["cpulist"]))
        if max(lists[function]) > max(row["cpu"] for row in rows):
            raise client("Specified cpulist contains nonexistant CPUs.")
        for of in counts.values():
            of[function] = 0
    for socket in sockets:
        ((node, value),) = socket.items()
        if int(node) not in counts:
            raise client(f"There is no Processor (Socket) {node} on this host.")
        if int(value) < 0:
            raise client("Specified cpu values must be non-negative.")
        counts[int(node)][function] = int(value) * threads


def _listed(text: str) -> set[int]:
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    return found


def _check(
    host: Host, rows: list[Json], counts: dict[int, dict[str, int]], lists: dict[str, set[int]]
) -> None:
    for node, of in counts.items():
        there = sum(row["numa_node"] == node for row in rows)
        if sum(of.values()) > there:
            raise client(
                f"More total logical cores requested than present on Processor {node} ({there} "
                "cores)."
            )
        if of["Shared"] > 2:
            raise client("Shared cores are limited to 1 per processor.")
    totals = {f: sum(of[f] for of in counts.values()) + len(lists.get(f, ())) for f in ORDER}
    if host.is_aio and totals["Platform"] < 2:
        raise client("Platform must have at least two cores.")
    if totals["Platform"] == 0:
        raise client("Platform must have at least one core.")
    if totals["Vswitch"]:
        raise client("vSwitch cpus can only be used with a vswitch_type specified.")
    if len(rows) - sum(totals.values()) + totals["Shared"] <= 0:
        raise client("There must be at least one unused core for Application.")


def _give(rows: list[Json], counts: dict[str, int], lists: dict[str, set[int]]) -> None:
    """Whole cores, the first to the platform, what is left to applications."""
    free = sorted(rows, key=lambda row: (row["core"], row["thread"]))
    for function, cpus in lists.items():
        for row in [row for row in free if row["cpu"] in cpus]:
            row["allocated_function"] = function
            free.remove(row)
    for function in ORDER:
        for _ in range(counts[function]):
            free.pop(0)["allocated_function"] = function
    for row in free:
        row["allocated_function"] = REST


# --- memory ------------------------------------------------------------------------------------


def modify_memory(cloud: Cloud, host: Host, row: Json, changes: Json) -> None:
    """Set aside memory of a node; the pages themselves come with the next unlock."""
    if host.personality == "storage":
        raise client("Operation not permitted.", 403)
    for name in changes:
        if name not in FIELDS:
            raise client(f"Patching Error: can't replace a non-existent object '{name}'")
    if host.administrative != "locked" and (len(cloud.hosts) > 1 or host.is_aio):
        raise client("Host must be locked.")
    pages = {n: v for n, v in changes.items() if n.startswith(("vm_", "vswitch"))}
    if pages and not host.is_worker:
        raise client("Hugepages memory configuration is not supported for this node.")
    after = {**row, **changes}
    share = str(after["vm_pending_as_percentage"]).lower() == "true"
    _check_pages(row, after, share=share)
    _check_platform(row, changes)
    after["platform_reserved_mib"] = int(after["platform_reserved_mib"])
    after["vm_pending_as_percentage"] = share
    if share:
        for size in ("2M", "1G"):
            after[f"vm_hugepages_{size}_percentage"] = after[f"vm_hugepages_nr_{size}_pending"]
    row.update(after)


def _check_pages(row: Json, after: Json, *, share: bool) -> None:
    where = f"Processor {row['numa_node']}: "
    wanted = {}
    for size in ("2M", "1G"):
        value = after[f"vm_hugepages_nr_{size}_pending"]
        words = f"{where}VM huge pages {size} must be a number"
        wanted[size] = number(row[f"vm_hugepages_nr_{size}"] if value is None else value, words)
    if int(after.get("vswitch_hugepages_reqd") or 0):
        raise client(f"{where}vSwitch huge pages must be 0 when vSwitch type is none")
    if wanted["2M"] and wanted["1G"]:
        raise client(f"{where}Host only supports single huge page size.")
    room = row["memtotal_mib"] - int(after["platform_reserved_mib"])
    if share:
        odd = next((size for size, number in wanted.items() if number > 100), None)
        if odd:
            words = f"{odd} hugepage percent allocation must be within 0% - 100%."
            raise client(where + words)
        return
    if wanted["2M"] * 2 + wanted["1G"] * MIB_1G > room:
        size = "1G" if wanted["1G"] else "2M"
        most = room // (MIB_1G if size == "1G" else 2)
        words = f"For a requested vSwitch hugepage allocation of 0 MiB, max {size} pages: {most}"
        raise client(where + words)


def _check_platform(row: Json, changes: Json) -> None:
    if "platform_reserved_mib" not in changes:
        return
    wanted = number(changes["platform_reserved_mib"], "Platform memory must be a number")
    least = row["minimum_platform_reserved_mib"]
    if wanted < least:
        raise client(
            f"Platform reserved memory for numa node {row['numa_node']} must be greater than the "
            f"minimum value {least}"
        )
    if wanted > row["memtotal_mib"] * 2 // 3:
        raise client(
            f"Platform reserved memory {wanted} MiB on node {row['numa_node']} is not within range "
            f"[{least}, {row['memtotal_mib'] * 2 // 3}]"
        )


def settle(cloud: Cloud, host: Host) -> None:
    """The boot of an unlock sets the pages aside that were asked for."""
    for row in children(cloud, host, "imemorys"):
        room = row["memtotal_mib"] - row["platform_reserved_mib"]
        row["memavail_mib"] = room
        for size, mib in (("2M", 2), ("1G", MIB_1G)):
            wanted = row[f"vm_hugepages_nr_{size}_pending"]
            if wanted is None:
                continue
            share = row["vm_pending_as_percentage"]
            pages = room * int(wanted) // 100 // mib if share else int(wanted)
            row[f"vm_hugepages_nr_{size}"] = row[f"vm_hugepages_avail_{size}"] = pages
            row[f"vm_hugepages_nr_{size}_pending"] = None
            row[f"vm_hugepages_{size}_percentage"] = None
        row["vm_pending_as_percentage"] = False


CHANGERS = {"imemorys": Changer(modify=modify_memory)}
