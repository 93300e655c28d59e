"""The login: within a project, renewed silently, never a wrong password twice."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, List

import httpx
import pytest

from backend.errors import Forbidden, Malformed, NotConfigured, Rejected, Unauthorized, Unreachable
from backend.secret import Password
from tests.backend.sources.clouds import HOUR_MS, ISSUED_MS, Clock, Cloud, service, settings

DAY_MS = 24 * HOUR_MS


def refused() -> httpx.Response:
    words = "The request you have made requires authentication."
    return httpx.Response(401, json={"error": {"code": 401, "message": words, "title": "U"}})


async def test_a_login_is_always_within_a_project(tmp_path: Path) -> None:
    cloud = Cloud()
    assert await cloud.keystone(tmp_path).token() == "token-1"
    assert cloud.logins == [
        {
            "auth": {
                "identity": {
                    "methods": ["password"],
                    "password": {
                        "user": {
                            "name": "admin",
                            "domain": {"name": "Default"},
                            "password": "s3cret-word",
                        }
                    },
                },
                "scope": {"project": {"name": "admin", "domain": {"name": "Default"}}},
            }
        }
    ]


async def test_the_token_says_who_we_are(tmp_path: Path) -> None:
    keystone = Cloud().keystone(tmp_path)
    assert (keystone.user, keystone.project, keystone.roles) == ("", "", ())
    await keystone.token()
    assert (keystone.user, keystone.project) == ("admin", "admin")
    assert keystone.roles == ("manager", "reader", "member", "admin")
    assert keystone.ends_ms == ISSUED_MS + DAY_MS


async def test_many_waiting_requests_share_one_login(tmp_path: Path) -> None:
    cloud = Cloud()
    keystone = cloud.keystone(tmp_path)
    assert set(await asyncio.gather(*(keystone.token() for _ in range(20)))) == {"token-1"}
    stale = await asyncio.gather(*(keystone.token(stale="token-1") for _ in range(20)))
    assert set(stale) == {"token-2"}
    assert len(cloud.logins) == 2


async def test_many_waiting_requests_share_one_failure(tmp_path: Path) -> None:
    cloud = Cloud()
    cloud.login = lambda: httpx.Response(503, html="<p>no server</p>")
    keystone = cloud.keystone(tmp_path)
    found = await asyncio.gather(*(keystone.token() for _ in range(20)), return_exceptions=True)
    assert {str(error) for error in found} == {"keystone 503: no server"}
    assert len(cloud.logins) == 1
    cloud.login = None
    assert await keystone.token() == "token-2"


async def test_one_who_leaves_while_logging_in_takes_no_other_along(tmp_path: Path) -> None:
    cloud = Cloud()
    keystone = cloud.keystone(tmp_path)
    first = asyncio.ensure_future(keystone.token())
    second = asyncio.ensure_future(keystone.token())
    await asyncio.sleep(0)
    first.cancel()
    assert await second == f"token-{len(cloud.logins)}"


async def test_a_token_is_renewed_shortly_before_its_end(tmp_path: Path) -> None:
    cloud, clock = Cloud(), Clock()
    keystone = cloud.keystone(tmp_path, clock)
    await keystone.token()
    clock.ms += DAY_MS - 61_000
    assert await keystone.token() == "token-1"
    clock.ms += 2_000
    assert await keystone.token() == "token-2"


@pytest.mark.parametrize("off_ms", [HOUR_MS, -HOUR_MS, 400 * DAY_MS])
async def test_a_clock_an_hour_off_neither_renews_at_each_request_nor_keeps_a_dead_token(
    tmp_path: Path, off_ms: int
) -> None:
    cloud, clock = Cloud(), Clock(ISSUED_MS + off_ms)
    keystone = cloud.keystone(tmp_path, clock)
    for _ in range(3):
        assert await keystone.token() == "token-1"
    assert keystone.clock_off_ms == -off_ms
    clock.ms += DAY_MS
    assert await keystone.token() == "token-2"


async def test_wrong_password_is_said_and_never_tried_twice(tmp_path: Path) -> None:
    cloud = Cloud()
    cloud.login = refused
    keystone = cloud.keystone(tmp_path)
    for _ in range(3):
        with pytest.raises(Unauthorized) as caught:
            await keystone.token()
    assert str(caught.value) == (
        "keystone: The request you have made requires authentication. (admin in admin)"
    )
    assert "password" in caught.value.advice
    assert len(cloud.logins) == 1
    keystone.retry()
    with pytest.raises(Unauthorized):
        await keystone.token()
    assert len(cloud.logins) == 2


async def test_wrong_password_from_a_command_is_tried_again_once_it_gives_another(
    tmp_path: Path,
) -> None:
    cloud = Cloud()
    cloud.login = refused
    said = tmp_path / "said"
    said.write_text("first\n", encoding="utf-8")
    command = Password(command=("cat", str(said)))
    keystone = cloud.keystone(tmp_path, settings_=settings(password=command))
    for _ in range(2):
        with pytest.raises(Unauthorized):
            await keystone.token()
    said.write_text("second\n", encoding="utf-8")
    cloud.login = None
    assert await keystone.token() == "token-2"
    passwords = [one["auth"]["identity"]["password"]["user"]["password"] for one in cloud.logins]
    assert passwords == ["first", "second"]


async def test_without_a_password_nothing_is_sent(tmp_path: Path) -> None:
    cloud = Cloud()
    keystone = cloud.keystone(tmp_path, settings_=settings(password=Password()))
    with pytest.raises(Unauthorized, match="no password is known"):
        await keystone.token()
    assert cloud.logins == []


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        (httpx.Response(503, html="<p>x</p>"), Rejected),
        (httpx.Response(403, json={"error": {"message": "no"}}), Forbidden),
        (httpx.Response(302, headers={"Location": "http://evil.test/"}), Rejected),
        (httpx.Response(201, json={}), Malformed),
        (httpx.Response(201, json={}, headers={"X-Subject-Token": "t"}), Malformed),
        (httpx.Response(201, content=b"[", headers={"X-Subject-Token": "t"}), Malformed),
        (httpx.Response(201, json={"token": []}, headers={"X-Subject-Token": "t"}), Malformed),
        (httpx.Response(200, html="<p>portal</p>"), Rejected),
    ],
)
async def test_a_keystone_that_answers_otherwise_is_told_as_such(
    tmp_path: Path, response: httpx.Response, kind: type[Exception]
) -> None:
    cloud = Cloud()
    cloud.login = lambda: response
    with pytest.raises(kind):
        await cloud.keystone(tmp_path).token()


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("sysinv", "http://127.0.0.1:16385/v1"),
        ("platform", "http://127.0.0.1:16385/v1"),
        ("fm", "http://127.0.0.1:28002"),
        ("keystone", "http://127.0.0.1:15000/v3"),
        ("vim", "http://127.0.0.1:24545"),
    ],
)
async def test_services_are_found_by_name_or_type(tmp_path: Path, name: str, url: str) -> None:
    keystone = Cloud().keystone(tmp_path)
    await keystone.token()
    assert keystone.endpoint(name) == url


async def test_a_service_registered_under_another_name_is_found_by_its_type(tmp_path: Path) -> None:
    keystone = await catalogued(tmp_path, [service("inventory", "platform", "public R http://i")])
    assert keystone.endpoint("sysinv") == "http://i"


async def catalogued(path: Path, catalogue: List[Any], **more: Any) -> Any:
    cloud = Cloud()
    cloud.catalogue = catalogue
    keystone = cloud.keystone(path, settings_=settings(**more))
    await keystone.token()
    return keystone


@pytest.mark.parametrize(
    ("interface", "there", "expected"),
    [
        ("public", ("public", "internal", "admin"), "public"),
        ("internal", ("public", "internal", "admin"), "internal"),
        ("internal", ("public", "admin"), "public"),
        ("public", ("internal", "admin"), "internal"),
        ("admin", ("admin", "public"), "admin"),
    ],
)
async def test_an_interface_that_is_missing_falls_back_but_never_to_admin(
    tmp_path: Path, interface: str, there: List[str], expected: str
) -> None:
    rows = [service("fm", "faultmanagement", *(f"{one} R http://{one}" for one in there))]
    keystone = await catalogued(tmp_path, rows, interface=interface)
    assert keystone.endpoint("fm") == f"http://{expected}"


async def test_admin_alone_is_not_taken_unasked(tmp_path: Path) -> None:
    keystone = await catalogued(tmp_path, [service("fm", "x", "admin R http://a")])
    with pytest.raises(NotConfigured) as caught:
        keystone.endpoint("fm")
    assert "admin" in caught.value.advice


async def test_regions_are_never_guessed(tmp_path: Path) -> None:
    rows = [service("fm", "x", "public One http://1", "public SystemController http://2")]
    keystone = await catalogued(tmp_path, rows)
    with pytest.raises(NotConfigured) as caught:
        keystone.endpoint("fm")
    assert "One, SystemController" in caught.value.advice
    chosen = await catalogued(tmp_path, rows, region_name="SystemController")
    assert chosen.endpoint("fm") == "http://2"
    with pytest.raises(NotConfigured, match="region Two"):
        (await catalogued(tmp_path, rows, region_name="Two")).endpoint("fm")


async def test_a_catalogue_without_a_service_says_which_it_has(tmp_path: Path) -> None:
    keystone = await catalogued(tmp_path, [service("fm", "x", "public R http://f")])
    with pytest.raises(NotConfigured) as caught:
        keystone.endpoint("sysinv")
    assert str(caught.value) == "the catalogue of site-7 has no sysinv"
    assert caught.value.advice == "it has fm"
    empty = await catalogued(tmp_path, [])
    with pytest.raises(NotConfigured):
        empty.endpoint("sysinv")


async def test_a_url_in_the_settings_stands_in_for_the_catalogue(tmp_path: Path) -> None:
    keystone = await catalogued(tmp_path, [], endpoints={"usm": "http://u:5493"})
    assert keystone.endpoint("usm") == "http://u:5493"


@pytest.mark.parametrize(
    "url",
    [
        *("http://k.test:5000/v3", "http://k.test:5000/v3/", "http://k.test:5000"),
        *("http://k.test:5000/", "http://[fd00::1]:5000/v3"),
    ],
)
async def test_v3_is_asked_whether_the_url_says_so_or_not(tmp_path: Path, url: str) -> None:
    seen: List[str] = []

    def watch(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        return refused()

    from backend.sources.keystone import Keystone
    from backend.sources.tls import Pins

    keystone = Keystone(
        settings(auth_url=url), Pins(tmp_path / "p"), Clock(), transport=httpx.MockTransport(watch)
    )
    with pytest.raises(Unauthorized):
        await keystone.token()
    assert seen == [url.split("/v3", maxsplit=1)[0].rstrip("/") + "/v3/auth/tokens"]


async def test_connection_refused_by_keystone_is_unreachable_and_not_sent(tmp_path: Path) -> None:
    def refuse(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no")

    from backend.sources.keystone import Keystone
    from backend.sources.tls import Pins

    keystone = Keystone(
        settings(), Pins(tmp_path / "p"), Clock(), transport=httpx.MockTransport(refuse)
    )
    with pytest.raises(Unreachable) as caught:
        await keystone.token()
    assert not caught.value.sent


async def test_no_secret_is_in_any_repr(tmp_path: Path) -> None:
    cloud = Cloud()
    keystone = cloud.keystone(tmp_path)
    await keystone.token()
    for thing in (keystone.settings, keystone._token, cloud.keystone(tmp_path), vars(keystone)):
        assert "s3cret-word" not in repr(thing)
        assert "token-1" not in repr(thing)
        assert "s3cret-word" not in str(thing)
