"""Our login against the real Keystone."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import Path
from typing import AsyncIterator, Callable

import pytest
import pytest_asyncio

from backend.errors import NotConfigured, Unauthorized
from backend.settings import load
from backend.sources.keystone import Keystone
from backend.sources.rest import RestService
from backend.sources.tls import Pins
from tests.backend.sources.loopback import Asked, Reply, serving
from tests.peers.keystone import Peer, shortlived

pytestmark = pytest.mark.peer

Open = Callable[..., Keystone]


def now_ms() -> int:
    return round(time.time() * 1000)


@pytest_asyncio.fixture
async def opened(tmp_path: Path, real_keystone: Peer) -> AsyncIterator[Open]:
    made = []

    def opening(peer: Peer = real_keystone, user: str = "admin", **env: str) -> Keystone:
        said = {**peer.openrc(), "OS_USERNAME": user, "HOME": str(tmp_path), **env}
        settings = load(said, files=[]).default
        assert settings is not None
        made.append(Keystone(settings, Pins(tmp_path / "pins"), now_ms))
        return made[-1]

    yield opening
    for keystone in made:
        await keystone.close()


async def test_a_token_brings_user_project_roles_life_and_catalogue(opened: Open) -> None:
    keystone = opened()
    assert len(await keystone.token()) > 100
    assert (keystone.user, keystone.project) == ("admin", "admin")
    assert "admin" in keystone.roles
    assert abs(keystone.ends_ms - now_ms() - 3_600_000) < 60_000
    assert abs(keystone.clock_off_ms) < 5_000
    assert keystone.endpoint("sysinv").endswith("/v1")
    assert not keystone.endpoint("fm").endswith("/v1")
    assert keystone.endpoint("keystone") == keystone.settings.auth.auth_url  # type: ignore[union-attr]


async def test_a_catalogue_without_a_service_says_so(opened: Open) -> None:
    keystone = opened()
    await keystone.token()
    with pytest.raises(NotConfigured, match="has no dcmanager") as caught:
        keystone.endpoint("dcmanager")
    assert caught.value.advice == "it has fm, keystone, sysinv"


async def test_the_roles_of_a_reader_are_told(opened: Open, real_keystone: Peer) -> None:
    real_keystone.admin().add_user("looker", "look-only", "reader")
    keystone = opened(user="looker", OS_PASSWORD="look-only")
    await keystone.token()
    assert (keystone.user, keystone.roles) == ("looker", ("reader",))


async def test_wrong_password_never_locks_the_account(opened: Open, real_keystone: Peer) -> None:
    """Keystone locks after five: ten polls with a wrong one must cost one."""
    real_keystone.admin().add_user("clumsy", "right", "reader")
    wrong = opened(user="clumsy", OS_PASSWORD="wrong")
    for _ in range(10):
        with pytest.raises(Unauthorized) as caught:
            await wrong.token()
    assert "requires authentication. (clumsy in admin)" in str(caught.value)
    assert await opened(user="clumsy", OS_PASSWORD="right").token()


async def test_a_project_one_is_not_in_is_refused(opened: Open) -> None:
    with pytest.raises(Unauthorized):
        await opened(OS_PROJECT_NAME="elsewhere").token()


async def test_a_token_revoked_in_mid_session_is_renewed_once_and_silently(
    opened: Open, real_keystone: Peer
) -> None:
    admin = real_keystone.admin()

    def script(asked: Asked) -> Reply:
        return Reply(status=200 if admin.knows(asked.headers["x-auth-token"]) else 401)

    async with serving(script) as server:
        keystone = opened()
        first = await keystone.token()
        url = f"http://127.0.0.1:{server.port}/v1"
        keystone.settings = replace(keystone.settings, endpoints={"sysinv": url})
        rest = RestService("sysinv", keystone)
        assert await rest.get("/ihosts") == b"{}"
        admin.revoke(first)
        assert set(await asyncio.gather(*(rest.get("/ihosts") for _ in range(3)))) == {b"{}"}
        assert await keystone.token() != first
        tokens = {asked.headers["x-auth-token"] for asked in server.asked}
        assert len(tokens) == 2
        await rest.close()


async def test_a_token_that_expires_is_renewed_before_anybody_notices(
    opened: Open, real_keystone: Peer
) -> None:
    with shortlived(real_keystone, expiration_s=6) as peer:
        keystone = opened(peer)
        first = await keystone.token()
        assert peer.admin().knows(first)
        await asyncio.sleep(max(keystone.ends_ms - now_ms(), 0) / 1000 + 1.1)
        assert not real_keystone.admin().knows(first)
        second = await keystone.token()
        assert second != first
        assert real_keystone.admin().knows(second)
