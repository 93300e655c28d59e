"""What ``software`` and ``sw-manager`` send, one after the other as in a day's work, is taken.

The table is kept after the sources of StarlingX's clients (update, nfv; summer 2026): method,
path, headers and body as they send them, and the keys that they go on to read in the answer.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List

import pytest

from tests.backend.simulator.client import Client
from tests.backend.simulator.shipped import patch
from tests.backend.simulator.test_software import calm

__all__ = ["calm"]

TABLE = Path(__file__).parent / "vendor_software_requests.json"
LINES: List[Dict[str, Any]] = json.loads(TABLE.read_text(encoding="utf-8"))
PHASES = ("build-phase", "apply-phase", "abort-phase")


async def sent(client: Client, line: Dict[str, Any]) -> Any:
    """Send what a line says, after the lock that it may want."""
    more: Dict[str, Any] = {"headers": dict(line["headers"])}
    if "lock" in line:
        await client.act(line["lock"], "lock")
        await client.sim.advance(120)
    if "file" in line:
        # The client reads the boundary of its form into the header; each field is a whole path.
        del more["headers"]["Content-Type"]
        version = Path(line["file"]).name[len("starlingx-") : -len(".patch")]
        more["files"] = {line["file"]: (line["file"], patch(version))}
    if "body" in line:
        versions = await client.get("/platform/v1/kube_versions")
        next_ = next(v for v in versions["kube_versions"] if v["state"] == "available")
        more["content"] = json.dumps(line["body"]).replace("{kube}", next_["version"])
    return await client.http.request(line["method"], line["path"], **more)


def holds(line: Dict[str, Any], reply: Any) -> None:
    """Check an answer against what the client reads of it."""
    assert reply.status_code == line["status"], (line["command"], reply.text)
    found = reply.json() if reply.content and "<html" not in reply.text else None
    if "answer" in line:
        assert found == line["answer"], line["command"]
    if "says" in line:
        said = " ".join(str(found[key]) for key in ("info", "warning", "error"))
        assert line["says"] in said, (line["command"], said)
    rows = found[line["under"]] if "under" in line else found
    for row in (rows if isinstance(rows, list) else [rows]) if "keys" in line else ():
        assert set(line["keys"]) <= row.keys(), line["command"]
        for phase in PHASES if "phase_keys" in line else ():
            assert set(line["phase_keys"]) <= row[phase].keys(), line["command"]


@pytest.mark.parametrize("story", ["deploy", "strategies"])
async def test_the_pretend_cloud_takes_what_the_vendors_clients_send(
    calm: Client,
    story: str,
) -> None:
    lines = [line for line in LINES if line["story"] == story]
    assert lines
    for line in lines:
        holds(line, await sent(calm, line))
        await calm.sim.advance(line.get("after_s", 0))
