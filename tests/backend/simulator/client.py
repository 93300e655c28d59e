"""A plain client of the pretend cloud: signs in as a user, asks, and reads JSON."""

from __future__ import annotations

from typing import Any, Optional

import httpx

from backend.simulator import Simulator

PLATFORM = "/platform/v1"
FM = "/faultmanagement/v1"


def credentials(user: str = "admin", password: str = "Pretend-7*") -> dict[str, Any]:
    domain = {"name": "Default"}
    who = {"name": user, "domain": domain, "password": password}
    return {
        "auth": {
            "identity": {"methods": ["password"], "password": {"user": who}},
            "scope": {"project": {"name": "admin", "domain": domain}},
        }
    }


class Client:
    """One user of one pretend cloud."""

    def __init__(self, sim: Simulator, user: str = "admin") -> None:
        self.sim = sim
        self.user = user
        self.http = httpx.AsyncClient(base_url=sim.url, timeout=10)

    async def __aenter__(self) -> Client:
        reply = await self.http.post("/identity/v3/auth/tokens", json=credentials(self.user))
        self.http.headers["X-Auth-Token"] = reply.headers["X-Subject-Token"]
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.http.aclose()

    async def get(self, path: str, **params: Any) -> Any:
        reply = await self.http.get(path, params=params or None)
        assert reply.status_code == 200, reply.text
        return reply.json()

    async def hosts(self) -> dict[Optional[str], dict[str, Any]]:
        rows = (await self.get(f"{PLATFORM}/ihosts"))["ihosts"]
        return {row["hostname"]: row for row in rows}

    async def host(self, name: str) -> dict[str, Any]:
        row = await self.get(f"{PLATFORM}/ihosts/{name}")
        assert isinstance(row, dict)
        return row

    async def alarms(self, **params: Any) -> list[tuple[str, str]]:
        rows = (await self.get(f"{FM}/alarms", **params))["alarms"]
        return [(row["alarm_id"], row["entity_instance_id"]) for row in rows]

    async def patch(self, name: str, **changes: Any) -> httpx.Response:
        uuid = self.sim.cloud.named(name).uuid
        body = [{"op": "replace", "path": f"/{k}", "value": v} for k, v in changes.items()]
        return await self.http.patch(f"{PLATFORM}/ihosts/{uuid}", json=body)

    async def act(self, name: str, action: str) -> httpx.Response:
        return await self.patch(name, action=action)
