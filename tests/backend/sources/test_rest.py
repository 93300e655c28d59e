"""A service on its bad days: over a real socket where the line is what fails."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import AsyncIterator, Callable, List, Optional

import httpx
import pytest

from backend.errors import (
    Forbidden,
    NotConfigured,
    NotFound,
    Rejected,
    StxError,
    Unauthorized,
    Unreachable,
)
from backend.sources.keystone import Keystone
from backend.sources.rest import RestService
from backend.sources.tls import Pins
from tests.backend.sources.clouds import HOUR_MS, SAMPLES, Clock, Cloud, service, settings, token
from tests.backend.sources.loopback import Asked, Reply, Server, serving

HOSTS = (SAMPLES / "ihosts.json").read_bytes()
BAD_TOKEN = {"error": {"code": 401, "title": "Unauthorized", "message": "Who are you?"}}


def sysinv(path: Path, answer: Callable[[httpx.Request], httpx.Response]) -> RestService:
    return RestService("sysinv", Cloud(answer).keystone(path))


class Site:
    """Keystone and sysinv on one loopback server."""

    def __init__(self, script: Callable[[Asked], Reply]) -> None:
        self.script = script
        self.port = 0

    def __call__(self, asked: Asked) -> Reply:
        if asked.target == "/v3/auth/tokens":
            url = f"public R http://127.0.0.1:{self.port}/v1"
            body = token([service("sysinv", "platform", url)])
            headers = {"X-Subject-Token": "t"}
            return Reply(json.dumps(body).encode(), status=201, headers=headers)
        return self.script(asked)


@asynccontextmanager
async def site(
    path: Path, script: Callable[[Asked], Reply], whole_s: float = 5.0
) -> AsyncIterator[tuple[RestService, Server]]:
    ours = Site(script)
    async with serving(ours) as server:
        ours.port = server.port
        found = settings(auth_url=f"http://127.0.0.1:{server.port}/v3")
        keystone = Keystone(found, Pins(path / "pins"), Clock())
        rest = RestService("sysinv", keystone, connect_s=1.0, whole_s=whole_s)
        yield rest, server
        await rest.close()
        await keystone.close()


def of_sysinv(server: Server) -> List[Asked]:
    return [asked for asked in server.asked if asked.target.startswith("/v1")]


# --- what is asked -----------------------------------------------------------------------------


async def test_a_question_goes_out_as_declared_and_its_bytes_come_back(tmp_path: Path) -> None:
    async with site(tmp_path, lambda _: Reply(HOSTS)) as (rest, server):
        assert await rest.get("/ihosts", {"limit": "2", "sort_key": "a b&c"}) == HOSTS
        asked = of_sysinv(server)[0]
    assert asked.target == "/v1/ihosts?limit=2&sort_key=a+b%26c"
    assert asked.headers["user-agent"] == "stx-tui"
    assert asked.headers["x-auth-token"] == "t"
    assert asked.headers["accept"] == "application/json"


async def test_a_change_goes_out_as_json_and_its_answer_comes_back(tmp_path: Path) -> None:
    patch = [{"op": "replace", "path": "/action", "value": "lock"}]
    async with site(tmp_path, lambda _: Reply(b'{"task": "Locking"}')) as (rest, server):
        assert await rest.send("PATCH", "/ihosts/u", patch) == {"task": "Locking"}
        asked = of_sysinv(server)[0]
    assert (asked.method, asked.target) == ("PATCH", "/v1/ihosts/u")
    assert json.loads(asked.body) == patch
    assert asked.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("body", "expected"), [(b"", None), (b" ", None), (b"null", None), (b"<p>ok</p>", "<p>ok</p>")]
)
async def test_a_change_that_was_taken_is_no_failure_whatever_its_body(
    tmp_path: Path, body: bytes, expected: Optional[str]
) -> None:
    rest = sysinv(tmp_path, lambda _: httpx.Response(200, content=body))
    assert await rest.send("DELETE", "/ihosts/u") == expected


@pytest.mark.parametrize(
    ("name", "url", "asked"),
    [
        ("sysinv", "http://h.test:6385/v1", "http://h.test:6385/v1/x"),
        ("sysinv", "http://h.test:6385/v1/", "http://h.test:6385/v1/x"),
        ("fm", "http://h.test:18002", "http://h.test:18002/v1/x"),
        ("fm", "http://h.test:18002/", "http://h.test:18002/v1/x"),
        ("dcmanager", "http://h.test:8119/v1.0", "http://h.test:8119/v1.0/x"),
        ("dcmanager", "http://h.test:8119", "http://h.test:8119/v1.0/x"),
        ("fm", "http://[fd00::2]:18002", "http://[fd00::2]:18002/v1/x"),
        ("fm", "https://söme.test", "https://xn--sme-sna.test/v1/x"),
    ],
)
async def test_the_version_is_added_where_the_catalogue_lacks_it(
    tmp_path: Path, name: str, url: str, asked: str
) -> None:
    cloud = Cloud()
    keystone = cloud.keystone(tmp_path, settings_=settings(endpoints={name: url}))
    await RestService(name, keystone).get("/x")
    assert str(cloud.asked[0].url) == str(httpx.URL(asked))
    assert cloud.asked[0].headers["host"] == httpx.URL(asked).netloc.decode()


async def test_a_catalogue_with_no_url_in_it_is_told(tmp_path: Path) -> None:
    cloud = Cloud()
    cloud.catalogue = [service("sysinv", "platform", "public R %(host)s:6385/v1")]
    with pytest.raises(NotConfigured, match="is no"):
        await RestService("sysinv", cloud.keystone(tmp_path)).get("/x")


async def test_a_catalogue_without_a_service_sends_nothing(tmp_path: Path) -> None:
    cloud = Cloud()
    cloud.catalogue = []
    with pytest.raises(NotConfigured, match="has no sysinv"):
        await RestService("sysinv", cloud.keystone(tmp_path)).get("/ihosts")
    assert cloud.asked == []


@pytest.mark.parametrize(
    ("date", "off_ms"),
    [("Sun, 22 Nov 2026 11:27:00 GMT", HOUR_MS), ("Sun, 22 Nov 2026 09:27:00 GMT", -HOUR_MS)],
)
async def test_a_service_whose_clock_is_an_hour_off_is_known_by_it(
    tmp_path: Path, date: str, off_ms: int
) -> None:
    rest = sysinv(tmp_path, lambda _: httpx.Response(200, headers={"Date": date}))
    await rest.get("/ihosts")
    assert rest.clock_off_ms == off_ms


@pytest.mark.parametrize("date", ["", "yesterday", "Sun, 99 Nov 2026 11:27:00 GMT"])
async def test_a_date_that_is_none_tells_nothing_of_the_clock(tmp_path: Path, date: str) -> None:
    rest = sysinv(tmp_path, lambda _: httpx.Response(200, headers={"Date": date}))
    await rest.get("/ihosts")
    assert rest.clock_off_ms == 0


# --- tokens ------------------------------------------------------------------------------------


async def test_a_token_expired_in_mid_session_is_renewed_once_and_silently(tmp_path: Path) -> None:
    cloud = Cloud(
        lambda request: (
            httpx.Response(200, content=HOSTS)
            if request.headers["x-auth-token"] == "token-2"
            else httpx.Response(401, json=BAD_TOKEN)
        )
    )
    rest = RestService("sysinv", cloud.keystone(tmp_path))
    assert set(await asyncio.gather(*(rest.get("/ihosts") for _ in range(8)))) == {HOSTS}
    assert len(cloud.logins) == 2
    await rest.send("PATCH", "/ihosts/u", [])
    assert len(cloud.logins) == 2


async def test_a_change_met_by_an_expired_token_is_sent_again_with_its_body(tmp_path: Path) -> None:
    cloud = Cloud(
        lambda request: httpx.Response(200 if request.headers["x-auth-token"] == "token-2" else 401)
    )
    await RestService("sysinv", cloud.keystone(tmp_path)).send("PATCH", "/ihosts/u", ["x"])
    assert [asked.content for asked in cloud.asked] == [b'["x"]', b'["x"]']


async def test_401_for_a_new_token_too_is_told_and_does_not_log_in_at_every_poll(
    tmp_path: Path,
) -> None:
    cloud = Cloud(lambda _: httpx.Response(401, json=BAD_TOKEN))
    rest = RestService("sysinv", cloud.keystone(tmp_path))
    for _ in range(5):
        with pytest.raises(Unauthorized, match=r"^sysinv: Who are you\?$"):
            await rest.get("/ihosts")
    assert len(cloud.logins) == 2


async def test_403_says_which_roles_one_has(tmp_path: Path) -> None:
    inner = json.dumps({"faultstring": "Access was denied to this resource."})
    rest = sysinv(tmp_path, lambda _: httpx.Response(403, json={"error_message": inner}))
    with pytest.raises(Forbidden) as caught:
        await rest.send("PATCH", "/ihosts/u", [])
    assert caught.value.reason == "Access was denied to this resource."
    assert caught.value.advice == "admin has in admin: manager, reader, member, admin"


@pytest.mark.parametrize("name", ["401", "403", "404", "500", "503"])
async def test_401_403_404_500_and_503_are_four_kinds_of_error(tmp_path: Path, name: str) -> None:
    kinds = {"401": Unauthorized, "403": Forbidden, "404": NotFound}
    rest = sysinv(tmp_path, lambda _: httpx.Response(int(name), html="<h1>no</h1>"))
    with pytest.raises(StxError) as caught:
        await rest.get("/ihosts")
    assert type(caught.value) is kinds.get(name, Rejected)


@pytest.mark.parametrize("status", [502, 504])
async def test_a_proxy_that_got_no_answer_leaves_open_whether_it_arrived(
    tmp_path: Path, status: int
) -> None:
    rest = sysinv(tmp_path, lambda _: httpx.Response(status, html="<h1>Gateway</h1>"))
    with pytest.raises(Unreachable) as caught:
        await rest.send("PATCH", "/ihosts/u", [])
    assert caught.value.sent


async def test_a_redirect_takes_no_credentials_along(tmp_path: Path) -> None:
    cloud = Cloud(lambda _: httpx.Response(307, headers={"Location": "http://evil.test/v1/ihosts"}))
    with pytest.raises(Rejected, match=r"evil\.test"):
        await RestService("sysinv", cloud.keystone(tmp_path)).get("/ihosts")
    assert {asked.url.host for asked in cloud.asked} == {"127.0.0.1"}


# --- the line ----------------------------------------------------------------------------------


async def test_connection_refused_is_said_with_its_address_and_nothing_was_sent(
    tmp_path: Path,
) -> None:
    async with site(tmp_path, lambda _: Reply()) as (rest, server):
        await rest.get("/ihosts")
        await server.stop()
        for _ in range(2):
            with pytest.raises(Unreachable) as caught:
                await rest.send("PATCH", "/ihosts/u", [])
            assert str(caught.value) == f"sysinv: connection refused at 127.0.0.1:{server.port}"
            assert not caught.value.sent
        with pytest.raises(Unreachable, match="connection refused"):
            await rest.get("/ihosts")


async def test_a_name_that_nobody_knows_is_told_as_such(tmp_path: Path) -> None:
    there = settings(endpoints={"sysinv": "http://no-such-host.invalid:6385/v1"})
    keystone = Cloud().keystone(tmp_path, settings_=there)
    await keystone.token()
    keystone.transport = None
    rest = RestService("sysinv", keystone)
    with pytest.raises(Unreachable, match=r"the name of no-such-host\.invalid:6385 is unknown"):
        await rest.get("/ihosts")
    await rest.close()


async def test_a_service_that_accepts_and_never_answers_is_given_up_in_time(tmp_path: Path) -> None:
    def script(asked: Asked) -> Reply:
        return Reply(hang="slow" in asked.target)

    async with site(tmp_path, script, whole_s=0.3) as (rest, _):
        started = time.monotonic()
        with pytest.raises(Unreachable, match=r"had not answered after 0\.3 s") as caught:
            await rest.send("PATCH", "/slow", [])
        assert caught.value.sent
        with pytest.raises(Unreachable):
            await rest.get("/slow")
        assert time.monotonic() - started < 2
        assert await rest.get("/fast") == b"{}"


async def test_a_service_that_drips_does_not_keep_the_deadline_from_coming(tmp_path: Path) -> None:
    def script(asked: Asked) -> Reply:
        return Reply(b"x" * 1000, drip_s=0.02 if "slow" in asked.target else 0)

    async with site(tmp_path, script, whole_s=0.3) as (rest, _):
        started = time.monotonic()
        with pytest.raises(Unreachable):
            await rest.get("/slow")
        assert time.monotonic() - started < 2


async def test_a_port_that_takes_connections_and_speaks_no_tls_is_given_up_in_time(
    tmp_path: Path,
) -> None:
    async with serving(lambda _: Reply()) as server:
        url = f"https://127.0.0.1:{server.port}/v1"
        keystone = Cloud().keystone(tmp_path, settings_=settings(endpoints={"sysinv": url}))
        await keystone.token()
        keystone.transport = None
        rest = RestService("sysinv", keystone, connect_s=0.3, whole_s=1.0)
        started = time.monotonic()
        with pytest.raises(Unreachable):
            await rest.get("/ihosts")
        assert time.monotonic() - started < 2
        await rest.close()


async def test_services_that_hang_take_no_connections_from_the_others(tmp_path: Path) -> None:
    async with site(tmp_path, lambda a: Reply(hang="slow" in a.target)) as (rest, _):
        other = RestService("sysinv", rest._keystone, whole_s=5.0)
        stuck = [asyncio.ensure_future(rest.get("/slow")) for _ in range(8)]
        await asyncio.sleep(0.05)
        assert await other.get("/fast") == b"{}"
        for task in stuck:
            task.cancel()
        await asyncio.gather(*stuck, return_exceptions=True)
        await other.close()


async def test_connections_are_kept_and_bounded(tmp_path: Path) -> None:
    async with site(tmp_path, lambda _: Reply(HOSTS)) as (rest, server):
        await asyncio.gather(*(rest.get("/ihosts") for _ in range(20)))
        await rest.get("/ihosts")
        # One was Keystone's.
        assert server.connections <= 5


async def test_a_floating_address_that_moves_in_mid_poll_costs_no_reading(tmp_path: Path) -> None:
    """The old controller resets what was kept; the new one takes new connections."""
    async with site(tmp_path, lambda _: Reply(HOSTS)) as (rest, server):
        await asyncio.gather(*(rest.get("/ihosts") for _ in range(4)))
        kept = server.connections
        server.script = cut_old(server.script, kept)
        assert await rest.get("/ihosts") == HOSTS
        assert server.connections == kept + 1
        # The other kept ones lead to the old controller too, and are left at once.
        assert await rest.get("/ihosts") == HOSTS
        assert [asked.connection > kept for asked in server.asked[-2:]] == [True, True]


def cut_old(script: Callable[[Asked], Reply], kept: int) -> Callable[[Asked], Reply]:
    return lambda asked: Reply(cut=True) if asked.connection <= kept else script(asked)


async def test_a_dropped_connection_is_retried_once_and_no_more(tmp_path: Path) -> None:
    async with site(tmp_path, lambda _: Reply(HOSTS)) as (rest, server):
        await rest.get("/ihosts")
        login, server.asked[:] = server.script, []
        server.script = lambda a: Reply(cut=True) if a.target.startswith("/v1") else login(a)
        with pytest.raises(Unreachable, match="was cut") as caught:
            await rest.get("/ihosts")
        assert caught.value.sent
        assert len(of_sysinv(server)) == 2


async def test_a_change_is_never_sent_twice_and_says_that_it_may_have_arrived(
    tmp_path: Path,
) -> None:
    def script(asked: Asked) -> Reply:
        return Reply(HOSTS) if asked.method == "GET" else Reply(cut=True)

    async with site(tmp_path, script) as (rest, server):
        await rest.get("/ihosts")
        server.asked.clear()
        with pytest.raises(Unreachable) as caught:
            await rest.send("PATCH", "/ihosts/u", [])
        assert caught.value.sent
        assert len(of_sysinv(server)) == 1


async def test_a_change_does_not_trust_its_luck_to_a_connection_kept_from_before(
    tmp_path: Path,
) -> None:
    """After a swact a kept one is dead: a lock sent on it would be of unknown outcome."""
    async with site(tmp_path, lambda _: Reply()) as (rest, server):
        await rest.get("/ihosts")
        server.script = cut_old(server.script, server.connections)
        assert await rest.send("PATCH", "/ihosts/u", []) == {}


async def test_one_who_leaves_in_mid_answer_leaves_no_connection_behind(tmp_path: Path) -> None:
    async with site(tmp_path, lambda a: Reply(hang="slow" in a.target)) as (rest, _):
        task = asyncio.ensure_future(rest.get("/slow"))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await rest.get("/fast") == b"{}"


async def test_nothing_is_logged_by_the_library_and_no_token_is_in_any_error(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        async with site(tmp_path, lambda _: Reply(b"no", status=500)) as (rest, _):
            with pytest.raises(Rejected) as caught:
                await rest.send("PATCH", "/ihosts/u", ["hidden-word"])
    said = [record for record in caplog.records if record.name.startswith(("httpx", "httpcore"))]
    assert said == []
    assert "hidden-word" not in repr(caught.value)
    assert "s3cret-word" not in caplog.text


async def test_a_stray_answer_without_end_is_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.sources.wire.MOST_BYTES", 100)
    rest = sysinv(tmp_path, lambda _: httpx.Response(200, content=b"x" * 101))
    with pytest.raises(StxError, match="in one answer"):
        await rest.get("/ihosts")


@pytest.mark.parametrize(
    ("raised", "sent"),
    [
        (httpx.ConnectError("x"), False),
        (httpx.ConnectTimeout("x"), False),
        (httpx.PoolTimeout("x"), False),
        (httpx.ReadError("x"), True),
        (httpx.WriteError("x"), True),
        (httpx.RemoteProtocolError("x"), True),
        (httpx.LocalProtocolError("x"), False),
    ],
)
async def test_each_failure_of_the_library_says_whether_it_may_have_arrived(
    tmp_path: Path, raised: Exception, sent: bool
) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        raise raised

    with pytest.raises(Unreachable) as caught:
        await sysinv(tmp_path, answer).send("PATCH", "/ihosts/u", [])
    assert caught.value.sent is sent
