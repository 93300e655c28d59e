"""Every request StarlingX's own clients send is taken and answered with what they go on to read."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from backend.simulator import Simulator
from tests.backend.simulator.client import FM, PLATFORM, Client

HERE = Path(__file__).parent
# The first by what one runs a cloud with, the second by what is changed of the things on a host.
TABLES = ("vendor_requests.json", "vendor_host_requests.json")
LINES = [line for name in TABLES for line in json.loads((HERE / name).read_text(encoding="utf-8"))]


async def meant(client: Client, told: str) -> str:
    """What a placeholder stands for in this cloud: uuid:NAME, alarm:TYPE, label:NAME ...

    child:HOST:KIND:WHICH is the row of that number, or of which a field says so; row:KIND:WHICH
    likewise of the cloud, and the:KIND the only one there is.
    """
    kind, _, rest = told.partition(":")
    if kind in {"uuid", "id"}:
        return str((await client.host(rest))[kind])
    if kind == "alarm":
        rows = (await client.get(f"{FM}/alarms"))["alarms"]
        return str(next(row["uuid"] for row in rows if row["alarm_id"] == rest))
    if kind == "event":
        return str((await client.get(f"{FM}/event_log"))["event_log"][0]["uuid"])
    if kind == "suppression":
        rows = (await client.get(f"{FM}/event_suppression"))["event_suppression"]
        return str(next(row["uuid"] for row in rows if row["alarm_id"] == rest))
    if kind in {"the", "row"}:
        return await _row(client, *rest.split(":"))
    name, _, child = rest.partition(":")
    kind, _, index = (child or "labels:0").partition(":")
    rows = (await client.get(f"{PLATFORM}/ihosts/{name}/{kind}"))[kind]
    if index.isdigit():
        return str(rows[int(index)]["uuid"])
    return str(next(row["uuid"] for row in rows if index in row.values()))


async def _row(client: Client, root: str, name: str = "") -> str:
    """The uuid of the one row of a list, or of the one that bears this name somewhere."""
    listed = await client.get(f"{PLATFORM}/{root}")
    (rows,) = [rows for key, rows in listed.items() if key != "next"]
    return str(next(row["uuid"] for row in rows if not name or name in row.values()))


async def filled(client: Client, path: str) -> str:
    for told in re.findall(r"{([a-z]+:[^}\s]+|event)}", path):
        path = path.replace(f"{{{told}}}", await meant(client, told))
    return path


async def sent(client: Client, line: dict[str, Any]) -> Any:
    """Send what a line says."""
    body: dict[str, Any] = {}
    if "body" in line:
        body["content"] = await filled(client, json.dumps(line["body"]))
    if "file" in line:
        body["files"] = {"file": ("for_upload", line["file"].encode())}
    path = await filled(client, line["path"])
    return await client.http.request(line["method"], path, headers=line["headers"], **body)


@pytest.mark.parametrize("line", LINES, ids=[line["command"] for line in LINES])
async def test_the_pretend_cloud_takes(line: dict[str, Any]) -> None:
    sim = Simulator(line.get("scene", "site-7"), frozen=True)
    async with sim, Client(sim) as client:
        for before in line.get("first", ()):
            assert (await sent(client, before)).is_success
        reply = await sent(client, line)
    assert reply.status_code == line["status"], reply.text
    if "keys" in line:
        answer = reply.json()
        rows = answer[line["under"]] if "under" in line else answer
        rows = rows if isinstance(rows, list) else [rows]
        assert rows or "suppress-list" in line["command"]
        for row in rows:
            assert set(line["keys"]) <= row.keys()


async def test_a_suppressed_type_is_listed_as_the_client_asks_for_it(admin: Client) -> None:
    path = await filled(admin, f"{FM}/event_suppression/{{suppression:100.104}}")
    change = [{"path": "/suppression_status", "value": "suppressed", "op": "replace"}]
    await admin.http.patch(path, json=change)
    asked = {"q.field": "suppression_status", "q.op": "eq", "q.value": "suppressed"}
    rows = (await admin.get(f"{FM}/event_suppression", **asked))["event_suppression"]
    assert [row["alarm_id"] for row in rows] == ["100.104"]


async def test_a_bulk_add_tells_what_it_took_and_what_not(admin: Client) -> None:
    xml = (
        "<hosts><host><personality>worker</personality><hostname>worker-9</hostname>"
        "<mgmt_mac>52:54:00:6a:00:99</mgmt_mac></host><host><personality>worker</personality>"
        "<hostname>worker-0</hostname><mgmt_mac>52:54:00:6a:00:98</mgmt_mac></host></hosts>"
    )
    reply = await admin.http.post(f"{PLATFORM}/ihosts/bulk_add", files={"file": ("h.xml", xml)})
    assert reply.json() == {
        "success": "worker-9",
        "error": "worker-0: Host-add Rejected: Hostname already exists",
    }
    broken = await admin.http.post(f"{PLATFORM}/ihosts/bulk_add", files={"file": ("h.xml", "<h")})
    assert "invalid XML" in broken.json()["error"]
