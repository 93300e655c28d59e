"""What the real services refused is refused for the same reason, in the same envelope."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from backend.simulator import Simulator
from tests.backend.simulator.client import Client
from tests.backend.simulator.test_vendor_requests import filled

LINES = json.loads((Path(__file__).parent / "refusals.json").read_text(encoding="utf-8"))

TOKENS = {"nobody": "", "stranger": "no-such-token"}
TARGET = re.compile(r"target Config \S+")


async def sent(client: Client, line: dict[str, Any]) -> Any:
    body = line["body"]
    mimetype = line.get("mimetype", "application/json")
    content = body if isinstance(body, str) else json.dumps(body) if body is not None else None
    headers = {"Content-Type": mimetype}
    if line["user"] in TOKENS:
        headers["X-Auth-Token"] = TOKENS[line["user"]]
    return await client.http.request(line["method"], line["path"], content=content, headers=headers)


@pytest.mark.parametrize("line", LINES, ids=[line["name"] for line in LINES])
async def test_the_pretend_cloud_refuses(line: dict[str, Any]) -> None:
    user = line["user"] if line["user"] in {"reader", "operator"} else "admin"
    sim = Simulator(line.get("scene", "site-7"), frozen=True)
    async with sim, Client(sim) as admin, Client(sim, user) as client:
        line = {**line, "path": await filled(admin, line["path"])}
        if "before" in line:
            await sent(admin, {**line, **line["before"], "user": "admin"})
        if "order" in line:
            sim.order(**line["order"])
        reply = await sent(client, line)
    assert reply.status_code == line["status"], reply.text
    # A configuration's id is a name of its own cloud.
    told = TARGET.sub("target Config", reply.text)
    assert json.loads(told) == json.loads(TARGET.sub("target Config", json.dumps(line["answer"])))
    assert reply.headers.get("Allow") == line.get("allow")
