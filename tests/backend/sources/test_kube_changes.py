"""An API server whose versions, tokens, authorities and leisure change while it is listened to."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from typing import Dict, List

import httpx
import pytest

from backend.errors import Absent, Rejected, Unauthorized, Untrusted
from backend.kind import Kube, KubeWrite
from backend.kube import Ended, PodLog
from backend.settings import CloudSettings
from backend.sources import kube, kube_api, kube_logs
from backend.sources.kube import KubeSource
from backend.sources.tls import Pins
from backend.told import Telling, Told
from tests.backend.sources.authority import Certificate
from tests.backend.sources.loopback import Asked, Reply, serving
from tests.backend.sources.test_kube import (
    PODS,
    Answer,
    Server,
    first,
    pod,
    quick,  # noqa: F401 - used by every test here
    status,
)
from tests.backend.sources.test_kubeconfig import COUNTING, plugin, written

FLUX = "source.toolkit.fluxcd.io"
CHARTS = Kube(group=FLUX, version="", plural="helmcharts", keep={})


def versioned(served: Dict[str, List[str]]) -> Answer:
    """Answer as a group does whose resources have versions of their own, the first preferred."""

    def answer(request: httpx.Request) -> httpx.Response:
        _, _, *parts = request.url.path.split("/")[1:]
        if not parts:
            versions = [{"version": one} for one in served]
            body = {"preferredVersion": versions[0], "versions": versions}
            return httpx.Response(200, json=body)
        if len(parts) == 1:
            names = [{"name": name} for name in served.get(parts[0], ())]
            return httpx.Response(200, json={"resources": names})
        if parts[1] not in served.get(parts[0], ()):
            return status(404, "404 page not found")(request)
        return httpx.Response(200, json={"metadata": {}, "items": []})

    return answer


async def test_a_resource_that_the_preferred_version_does_not_serve_is_found_in_an_older_one(
    tmp_path: Path,
) -> None:
    server = Server()
    server.answer = versioned({"v1": ["gitrepositories"], "v1beta2": ["helmcharts"]})
    source = server.source(tmp_path)
    await source.ask(CHARTS)
    path = f"/apis/{FLUX}/*/namespaces/a/helmcharts/b"
    server.answer = lambda _: httpx.Response(200, json={})
    await source.send(KubeWrite(method="PATCH", path=path, body={}))
    paths = [request.url.path for request in server.asked]
    assert paths[-2] == f"/apis/{FLUX}/v1beta2/helmcharts"
    assert paths[-1] == f"/apis/{FLUX}/v1beta2/namespaces/a/helmcharts/b"


async def test_a_version_that_an_upgrade_took_away_is_asked_for_anew(tmp_path: Path) -> None:
    server = Server()
    server.answer = versioned({"v1beta1": ["helmcharts"]})
    source = server.source(tmp_path)
    await source.ask(CHARTS)
    server.answer = versioned({"v1": ["helmcharts"]})
    with pytest.raises(Absent):
        await source.ask(CHARTS)
    await source.ask(CHARTS)
    assert server.asked[-1].url.path == f"/apis/{FLUX}/v1/helmcharts"


async def test_a_list_whose_next_page_is_forgotten_is_listed_anew_in_one_piece(
    tmp_path: Path,
) -> None:
    server = Server(pods=300)

    def answer(request: httpx.Request) -> httpx.Response:
        query = request.url.params
        if "continue" in query:
            return status(410, "The provided continue parameter is too old")(request)
        more = {"continue": "x"} if "limit" in query else {}
        names = ["old"] if more else ["new", "newer"]
        items = [pod(name) for name in names]
        return httpx.Response(200, json={"metadata": more, "items": items})

    server.answer = answer
    answered = await server.source(tmp_path).ask(PODS)
    assert [body["name"] for body in answered()] == ["new", "newer"]
    told = server.source(tmp_path).teller(PODS).list()
    assert [one.begins async for one in told] == [True, True]


@pytest.mark.parametrize("code", [403, 405])
async def test_what_can_be_listed_and_not_watched_is_listed_time_and_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    monkeypatch.setattr(kube, "POLL_S", 0.01)
    server = Server(pods=1)

    def answer(request: httpx.Request) -> httpx.Response:
        if "watch" in request.url.params:
            return status(code, "the server does not allow this")(request)
        return httpx.Response(200, json={"kind": "PodMetricsList", "items": None})

    server.answer, server.watch_answers = answer, True
    told = server.source(tmp_path).teller(PODS).tell()
    assert [(await first(told)).ends for _ in range(3)] == [True] * 3
    await told.aclose()


async def test_versions_that_go_back_list_anew_for_etcd_was_restored(tmp_path: Path) -> None:
    server = Server(pods=1)
    server.version = "5000"
    told = server.source(tmp_path).teller(PODS).tell()
    await first(told)
    coming = asyncio.ensure_future(first(told))
    await server.watched()
    server.pods, server.version = [pod("restored", 90)], "100"
    server.watches[0].tell("BOOKMARK", {"metadata": {"resourceVersion": "100"}})
    news = await coming
    assert (news.begins, [body["name"] for body in news.bodies]) == (True, ["restored"])
    await told.aclose()


async def test_a_watch_whose_token_ended_goes_on_with_the_new_one(tmp_path: Path) -> None:
    server = Server(pods=1)
    (tmp_path / "token").write_text("one", encoding="utf-8")
    source = server.source(tmp_path, tokenFile="token")
    told = source.teller(PODS).tell()
    await first(told)
    (tmp_path / "token").write_text("two", encoding="utf-8")

    def answer(request: httpx.Request) -> httpx.Response:
        if request.headers["authorization"] == "Bearer one":
            return status(401, "Unauthorized")(request)
        return httpx.Response(200, stream=server.line())

    server.answer, server.watch_answers = answer, True
    coming = asyncio.ensure_future(first(told))
    await server.watched()
    server.watches[0].tell("MODIFIED", pod("p0", 101, "x"))
    assert [body["node"] for body in (await coming).bodies] == ["x"]
    await told.aclose()
    await source.close()


async def test_of_many_that_are_refused_at_once_one_runs_the_plugin(tmp_path: Path) -> None:
    server = Server()

    def answer(request: httpx.Request) -> httpx.Response:
        if request.headers["authorization"] == "Bearer t1":
            return status(401, "Unauthorized")(request)
        return httpx.Response(200, json={"metadata": {}, "items": []})

    server.answer = answer
    source = server.source(tmp_path, **plugin(tmp_path, COUNTING))
    await asyncio.gather(*(source.ask(PODS) for _ in range(8)))
    shown = {request.headers["authorization"] for request in server.asked}
    assert shown == {"Bearer t1", "Bearer t2"}


async def test_who_may_not_ask_for_a_sign_of_life_is_answered_all_the_same(tmp_path: Path) -> None:
    server = Server(pods=1)
    told = server.source(tmp_path).teller(PODS).tell()
    await first(told)
    server.answer = status(403, "forbidden: cannot get path /version")
    assert await first(told) == Told()
    await told.aclose()


async def test_a_busy_server_is_asked_again_when_it_says_and_not_told_of(tmp_path: Path) -> None:
    server, times = Server(), []

    def answer(request: httpx.Request) -> httpx.Response:
        times.append(request.method)
        if len(times) < 3:
            return httpx.Response(429, headers={"Retry-After": "0"}, json={"message": "busy"})
        return httpx.Response(200, json={"metadata": {}, "items": []})

    server.answer = answer
    await server.source(tmp_path).ask(PODS)
    assert times == ["GET"] * 3
    times.clear()
    with pytest.raises(Rejected, match="busy"):
        # What changes something is never sent twice.
        await server.source(tmp_path).send(KubeWrite(method="POST", path="/x", body={}))
    assert times == ["POST"]


async def test_a_part_of_the_api_that_is_away_is_not_told_to_be_keystones_fault(
    tmp_path: Path,
) -> None:
    server = Server()
    server.answer = status(503, "the server is currently unable to handle the request")
    with pytest.raises(Rejected) as caught:
        await server.source(tmp_path).ask(PODS)
    assert "api-services" in caught.value.advice


async def test_a_root_ca_that_was_renewed_is_read_anew(tmp_path: Path) -> None:
    old, new = (Certificate(tmp_path / f"{name}.pem", is_authority=True) for name in ("old", "new"))
    leaf = Certificate(tmp_path / "leaf.pem", by=new)

    def config(ca: Certificate, port: int) -> None:
        _, begins, rest = ca.path.read_bytes().partition(b"-----BEGIN CERT")
        text = base64.b64encode(begins + rest).decode()
        cluster = {"server": f"https://127.0.0.1:{port}", "certificate-authority-data": text}
        written(tmp_path / "config", clusters=[{"name": "c", "cluster": cluster}])

    def script(_asked: Asked) -> Reply:
        return Reply(body=b'{"metadata": {}, "items": []}')

    async with serving(script, tls=leaf.server()) as server:
        config(old, server.port)
        settings = CloudSettings(name="site-7", kubeconfig=str(tmp_path / "config"))
        source = KubeSource(settings, Pins(tmp_path / "pins.json"), lambda: 0)
        with pytest.raises(Untrusted):
            await source.ask(PODS)
        config(new, server.port)
        await source.ask(PODS)
        await source.close()


async def test_whoever_acts_as_another_says_so_with_each_request_watch_and_session(
    tmp_path: Path,
) -> None:
    server = Server(pods=1)
    source = server.source(tmp_path, **{"token": "t", "as": "viewer"})
    told = source.teller(PODS).tell()
    await first(told)
    coming = asyncio.ensure_future(first(told))
    await server.watched()
    coming.cancel()
    await asyncio.wait([coming])
    assert {request.headers["impersonate-user"] for request in server.asked} == {"viewer"}
    assert len(server.asked) == 2
    shown = await source.api.beside("/exec", lambda _url, headers, *_more: headers)
    assert shown["Impersonate-User"] == "viewer"
    await source.close()


async def test_a_watch_in_which_nothing_happens_is_asked_for_again_and_not_told_as_an_outage(
    tmp_path: Path,
) -> None:
    # The API server sends no bookmarks of events: on a quiet site their watch says nothing.
    server = Server(pods=1)
    told = server.source(tmp_path).teller(PODS).tell()
    await first(told)
    coming = asyncio.ensure_future(_news(told))
    await server.watched()
    server.watches[0].parts.put_nowait(httpx.ReadTimeout("silence"))
    await server.watched(2)
    assert server.asked[-1].url.params["resourceVersion"] == "100"
    server.watches[1].tell("MODIFIED", pod("p0", 101, "x"))
    assert [body["node"] for body in (await asyncio.wait_for(coming, 5)).bodies] == ["x"]
    await told.aclose()


async def _news(told: Telling) -> Told:
    while not (news := await told.__anext__()).bodies:
        pass
    return news


async def test_the_log_of_a_container_that_says_nothing_from_the_first_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kube_logs, "AGAIN_S", 0.01)
    server = Server()
    server.answer = lambda _: httpx.Response(200, stream=server.line())
    log = kube_logs._arriving(
        server.source(tmp_path).api, PodLog("lab", "web", "main"), pytest.fail
    )
    coming = asyncio.ensure_future(log.__anext__())
    await server.watched()
    server.watches[0].parts.put_nowait(httpx.ReadTimeout("silence"))
    await server.watched(2)
    server.watches[1].parts.put_nowait(b"2026-11-27T10:00:00.000000000Z at last\n")
    assert (await asyncio.wait_for(coming, 5)).endswith(b"at last")
    await log.aclose()


async def test_last_lines_that_could_not_be_read_for_a_moment_are_asked_for_again(
    tmp_path: Path,
) -> None:
    server = Server()
    server.answer = status(500, "the node does not answer")
    source = server.source(tmp_path)
    ended = Ended(log=PodLog("lab", "web", "main", tail=2), pod="u", run=1)
    (row,) = (await source.last([ended]))()
    assert "does not answer" in row["trouble"]
    server.answer = lambda _: httpx.Response(200, content=b"panic: out of words\n")
    (row,) = (await source.last([ended]))()
    assert row["lines"] == ["panic: out of words"]
    await source.close()


async def test_a_plugin_that_fails_is_run_once_for_all_who_wait_for_it_and_again_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = "open(sys.argv[0] + '.n', 'a').write('x')\nsys.exit('log in first')"
    source = Server().source(tmp_path, **plugin(tmp_path, body))
    asked = (source.ask(PODS) for _ in range(8))
    errors = await asyncio.gather(*asked, return_exceptions=True)
    assert {str(error).partition(": log")[2] for error in errors} == {" in first"}
    runs = tmp_path / "plugin.n"
    assert runs.read_text() == "x"
    monkeypatch.setattr(kube_api, "FAILED_S", 0.0)
    with pytest.raises(Unauthorized, match="log in first"):
        await source.ask(PODS)
    assert runs.read_text() == "xx"
