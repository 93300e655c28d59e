"""A host's rows of each kind, and the same over all hosts: found, kept, linked and listed."""

from __future__ import annotations

from typing import Callable, Iterator, Optional

from backend.simulator import addressing, cabling, clocks, inventory, machine
from backend.simulator.cloud import Cloud
from backend.simulator.exchange import Answer, Request, answer
from backend.simulator.model import Host, Json, links
from backend.simulator.paging import known, page
from backend.simulator.refuse import client, no_such_path, server

PER_HOST: dict[str, Callable[[Cloud, Host], list[Json]]] = {
    **inventory.PER_HOST,
    **machine.PER_HOST,
    **cabling.PER_HOST,
    **addressing.PER_HOST,
    **clocks.PER_HOST,
}

# What follows a field of the host or of the system, and so is made anew each time.
FOLLOWING = {
    "addresses",
    "routes",
    "isensors",
    "isensorgroups",
    "ptp_instances",
    "ptp_interfaces",
    "lldp_agents",
}

# What only a row asked for by its uuid has.
ALONE = {
    "addresses": {"id", "name", "created_at", "updated_at"},
    "icpus": {
        "function",
        "cpulist",
        "num_cores_on_processor0",
        "num_cores_on_processor1",
        "num_cores_on_processor2",
        "num_cores_on_processor3",
    },
    "lldp_agents": {"tlvs"},
    "lldp_neighbours": {"tlvs"},
}

# kind → what hangs below a row of it, the field by which it does
BELOW = {
    "iinterfaces": {"ports": "interface_uuid"},
    "ports": {"lldp_agents": "port_uuid", "lldp_neighbours": "port_uuid"},
    "isensorgroups": {"isensors": "sensorgroup_uuid"},
}
# Links to what hangs below a row.
LINKED = {
    "ports": ("lldp_agents", "lldp_neighbours"),
    "isensorgroups": ("isensors",),
    "lldp_agents": ("tlvs",),
    "lldp_neighbours": ("tlvs",),
}

WORDS = {"idisks": "disk"}


def children(cloud: Cloud, host: Host, name: str) -> list[Json]:
    """A host's rows of one kind; made when first asked for, then kept. None before inventory."""
    if not host.inv_state:
        return []
    if name in FOLLOWING:
        rows = PER_HOST[name](cloud, host)
        if name.startswith("ptp_"):
            return rows  # made of the system's, which are overlaid already
        rows = cloud.overlay.over(name, rows)
        return [row for row in rows if row.get("forihostid", host.id) == host.id]
    key = (host.uuid, name)
    if key not in cloud.children:
        cloud.children[key] = PER_HOST[name](cloud, host)
    return cloud.children[key]


def linked(row: Json, name: str, base: str) -> Json:
    """A row with the links the request's Host gives it; some kinds have none."""
    if "links" not in row:
        return row
    shown = [sub for sub in LINKED.get(name, ()) if sub in row]
    below = {sub: links(base, name, row["uuid"], sub) for sub in shown}
    return {**row, "links": links(base, name, row["uuid"]), **below}


def listed(request: Request, name: str, rows: list[Json]) -> Answer:
    """Rows as a list under the kind's name, by the page when one is asked for."""
    known(request)
    base = f"{request.base}/platform"
    hidden = ALONE.get(name, set())
    shown, tail = page(request, rows, lambda row: str(row["uuid"]), len(rows))
    drawn = [linked({k: v for k, v in row.items() if k not in hidden}, name, base) for row in shown]
    more = {} if tail is None else {"next": f"{request.base}{request.path}?{tail}"}
    return answer({name: drawn, **more})


def of_host(cloud: Cloud, request: Request, host: Host, name: str) -> Answer:
    """/v1/ihosts/<host>/<kind>."""
    return listed(request, name, children(cloud, host, name))


def everywhere(cloud: Cloud, request: Request, name: str, path: list[str]) -> Answer:
    """/v1/<kind> over all hosts, one row by uuid, or what hangs below one."""
    rows = (row for host in cloud.hosts for row in children(cloud, host, name))
    if path:
        return _one(cloud, request, name, path, rows)
    if name == "iinterfaces":
        raise client("Invalid ihost None")
    if name == "isensorgroups":
        raise server(
            '(psycopg2.errors.UndefinedTable) missing FROM-clause entry for table "i_sensorgroups'
            '_analog"\nLINE 2: FROM i_sensorgroups ORDER BY i_sensorgroups_analog.id ASC'
        )
    return listed(request, name, [] if name == "partitions" else list(rows))


def _one(
    cloud: Cloud, request: Request, name: str, path: list[str], rows: Iterator[Json]
) -> Answer:
    found = next((row for row in rows if row["uuid"] == path[0]), None)
    if found is None:
        raise client(f"No {WORDS.get(name, name)} with id {path[0]}", 404)
    if path[1:]:
        return _below(cloud, request, name, path[1:], found)
    return answer(linked(found, name, f"{request.base}/platform"))


def _below(cloud: Cloud, request: Request, name: str, path: list[str], row: Json) -> Answer:
    by: Optional[str] = BELOW.get(name, {}).get(path[0])
    if by is None or path[1:]:
        raise no_such_path()
    host = cloud.host(row.get("host_uuid") or row["ihost_uuid"])
    rows = children(cloud, host, path[0]) if host is not None else []
    return listed(request, path[0], [one for one in rows if one[by] == row["uuid"]])
