"""Keystone gives tokens for passwords, shows them, takes them back, and says who may do what."""

from __future__ import annotations

import subprocess

import httpx
import pytest

from backend.simulator import Simulator
from tests.backend.simulator.client import FM, PLATFORM, Client, credentials

TOKENS = "/identity/v3/auth/tokens"


@pytest.mark.parametrize(("user", "password"), [("admin", "wrong"), ("nobody", "Pretend-7*")])
async def test_a_wrong_password_is_a_401(user: str, password: str, admin: Client) -> None:
    reply = await admin.http.post(TOKENS, json=credentials(user, password))
    assert reply.status_code == 401
    assert reply.json()["error"]["title"] == "Unauthorized"


async def test_a_token_can_be_shown_exchanged_and_revoked(admin: Client) -> None:
    token = admin.http.headers["X-Auth-Token"]
    subject = {"X-Subject-Token": token}
    shown = await admin.http.get(TOKENS, headers=subject)
    assert (shown.status_code, shown.json()["token"]["user"]["name"]) == (200, "admin")
    assert (await admin.http.head(TOKENS, headers=subject)).status_code == 200
    body = {"auth": {"identity": {"methods": ["token"], "token": {"id": token}}}}
    assert (await admin.http.post(TOKENS, json=body)).status_code == 201
    assert (await admin.http.delete(TOKENS, headers=subject)).status_code == 204
    assert (await admin.http.get(TOKENS, headers=subject)).status_code == 401


async def test_the_root_lists_the_version_and_where_it_is(sim: Simulator) -> None:
    async with httpx.AsyncClient(base_url=sim.url) as http:
        reply = await http.get("/identity")
        (version,) = reply.json()["versions"]["values"]
        assert (reply.status_code, reply.headers["Location"]) == (300, version["links"][0]["href"])
        assert (await http.get("/identity/v3")).json()["version"]["id"] == version["id"]
        assert (await http.get("/identity/v3/auth/catalog")).status_code == 401
        assert (await http.get("/identity/v3/nosuch")).status_code == 404
        assert (await http.put(TOKENS)).status_code == 405


async def test_the_catalogue_is_the_tokens(admin: Client) -> None:
    catalogue = (await admin.get("/identity/v3/auth/catalog"))["catalog"]
    types = ["identity", "platform", "faultmanagement", "usm", "nfv"]
    assert [row["type"] for row in catalogue] == types


@pytest.mark.parametrize(
    ("user", "allowed"),
    [
        ("admin", {"read", "patch host", "add host", "delete host", "label", "alarm"}),
        ("operator", {"read", "patch host"}),
        ("reader", {"read"}),
    ],
)
async def test_roles_allow_what_they_allow_in_the_real_one(
    user: str, allowed: set[str], admin: Client
) -> None:
    alarm = (await admin.get(f"{FM}/alarms"))["alarms"][0]["uuid"]
    uuid = (await admin.host("worker-1"))["uuid"]
    worker = {"personality": "worker", "hostname": "worker-9", "mgmt_mac": "52:54:00:6a:00:99"}
    async with Client(admin.sim, user) as client:
        asked = {
            "read": client.http.get(f"{PLATFORM}/ihosts"),
            "patch host": client.act("worker-2", "lock"),
            "add host": client.http.post(f"{PLATFORM}/ihosts", json=worker),
            "label": client.http.post(f"{PLATFORM}/labels/{uuid}", json={"a": "b"}),
            "alarm": client.http.delete(f"{FM}/alarms/{alarm}"),
            "delete host": client.http.delete(f"{PLATFORM}/ihosts/{uuid}"),
        }
        replies = {name: (await request).status_code for name, request in asked.items()}
    assert {name for name, status in replies.items() if status < 300} == allowed
    assert {status for status in replies.values() if status >= 300} <= {403}


def test_the_openrc_sets_in_a_shell_what_it_says() -> None:
    sim = Simulator(frozen=True)
    script = (
        sim.openrc("operator") + 'printf "%s|%s|%s" "$OS_USERNAME" "$OS_PASSWORD" "$OS_AUTH_URL"'
    )
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == f"operator|{sim.password}|{sim.auth_url}"


async def test_the_settings_are_one_cloud_of_a_clouds_yaml(sim: Simulator) -> None:
    settings = sim.settings()
    assert settings["auth"]["auth_url"] == sim.auth_url
    async with httpx.AsyncClient() as http:
        auth = settings["auth"]
        body = credentials(auth["username"], auth["password"])
        assert (await http.post(f"{auth['auth_url']}/auth/tokens", json=body)).status_code == 201
