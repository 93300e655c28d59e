"""An API server on good and bad days: pages, watches, refusals; over a transport that stands in."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any, AsyncIterator, Callable, Dict, List, Optional

import httpx
import pytest

from backend.errors import (
    Absent,
    Forbidden,
    Malformed,
    NotConfigured,
    Rejected,
    StxError,
    Unauthorized,
    Unreachable,
)
from backend.kind import Kube, KubeHealth, KubeWrite
from backend.kube import Ended, PodLog
from backend.settings import CloudSettings
from backend.sources import kube, kube_api
from backend.sources.kube import KubeSource
from backend.sources.tls import Pins
from backend.told import Told
from tests.backend.sources.test_kubeconfig import COUNTING, plugin, written

PODS = Kube(plural="pods", keep={"node": "spec.nodeName"})
Answer = Callable[[httpx.Request], httpx.Response]


def pod(name: str, version: int = 1, node: str = "w") -> Dict[str, Any]:
    metadata = {"uid": f"id-{name}", "name": name, "resourceVersion": str(version)}
    return {"metadata": metadata, "spec": {"nodeName": node}}


class Line(httpx.AsyncByteStream):
    """What a watch sends: parts as a test gives them; None ends it, an error breaks it."""

    def __init__(self) -> None:
        self.parts: asyncio.Queue[Any] = asyncio.Queue()

    def tell(self, kind: str, whole: Any, cut: int = 0) -> None:
        raw = json.dumps({"type": kind, "object": whole}).encode() + b"\n"
        for part in (raw[:cut], raw[cut:]) if cut else (raw,):
            self.parts.put_nowait(part)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            part = await self.parts.get()
            if part is None:
                return
            if isinstance(part, Exception):
                raise part
            yield part


class Server:
    """Stands where the API server stands: pages of pods, and watches that a test speaks on."""

    def __init__(self, pods: int = 0) -> None:
        self.pods = [pod(f"p{n}") for n in range(pods)]
        self.version = "100"
        self.asked: List[httpx.Request] = []
        self.watches: List[Line] = []
        self.answer: Optional[Answer] = None
        self.watch_answers = False
        self.error: Optional[Exception] = None
        self.coming = asyncio.Condition()

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if self.error is not None:
            raise self.error
        query = dict(request.url.params)
        if "watch" in query and not self.watch_answers:
            return await self.watch()
        if self.answer is not None:
            async with self.coming:
                self.coming.notify_all()
                return self.answer(request)
        if request.url.path == "/version":
            return httpx.Response(200, json={})
        begin = int(query.get("continue", "0"))
        end = begin + int(query["limit"])
        more = {"continue": str(end)} if end < len(self.pods) else {}
        metadata = {"resourceVersion": self.version, **more}
        return httpx.Response(200, json={"metadata": metadata, "items": self.pods[begin:end]})

    async def watched(self, times: int = 1) -> None:
        """Return when it was asked for so many watches."""
        async with self.coming:
            await asyncio.wait_for(self.coming.wait_for(lambda: len(self.watches) >= times), 5)

    async def watch(self) -> httpx.Response:
        async with self.coming:
            self.coming.notify_all()
            return httpx.Response(200, stream=self.line())

    def line(self) -> Line:
        self.watches.append(Line())
        return self.watches[-1]

    def source(self, folder: Path, **user: Any) -> KubeSource:
        path = written(folder / "config", user or None)
        settings = CloudSettings(name="site-7", kubeconfig=str(path))
        pins = Pins(folder / "pins.json")
        return KubeSource(settings, pins, lambda: 0, transport=httpx.MockTransport(self))


def status(code: int, message: str) -> Answer:
    return lambda _: httpx.Response(code, json={"kind": "Status", "message": message, "code": code})


async def _to_its_end(told: AsyncIterator[Told]) -> None:
    async for _ in told:
        pass


async def first(told: AsyncIterator[Told]) -> Told:
    return await asyncio.wait_for(told.__anext__(), 5)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kube, "GATHER_S", 0.02)
    monkeypatch.setattr(kube, "LEAST_S", 0.05)
    for room in (kube, kube_api):
        monkeypatch.setattr(room, "PULSE_S", 0.1)


async def test_a_watch_that_is_ended_at_once_is_not_asked_for_over_and_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kube, "LEAST_S", 0.2)
    server, now_s = Server(pods=1), asyncio.get_running_loop().time
    source = server.source(tmp_path)
    telling = asyncio.ensure_future(_to_its_end(source.teller(PODS).tell()))
    await server.watched()
    began_s = now_s()
    for times in (1, 2):
        server.watches[-1].parts.put_nowait(None)
        await server.watched(times + 1)
    assert now_s() - began_s >= 0.35
    telling.cancel()
    await asyncio.wait([telling])
    await source.close()


async def test_a_list_comes_in_pages_a_screen_full_first(tmp_path: Path) -> None:
    server = Server(pods=1100)
    answer = await server.source(tmp_path).ask(PODS)
    assert [body["name"] for body in answer()] == [f"p{n}" for n in range(1100)]
    assert next(iter(answer())) == {"uid": "id-p0", "name": "p0", "node": "w"}
    assert [request.url.params["limit"] for request in server.asked] == ["100", "500", "500"]
    assert server.asked[0].headers["authorization"] == "Bearer t0ken"


async def test_after_the_list_changes_are_heard_and_gathered_the_last_of_each(
    tmp_path: Path,
) -> None:
    server = Server(pods=2)
    told = server.source(tmp_path).teller(PODS).tell()
    listed = await first(told)
    assert (len(listed.bodies), listed.begins, listed.ends) == (2, True, True)
    coming = asyncio.ensure_future(told.__anext__())
    await server.watched()
    line = server.watches[0]
    line.tell("MODIFIED", pod("p0", 101, "x"), cut=30)
    line.tell("MODIFIED", pod("p0", 102, "y"))
    line.tell("DELETED", pod("p1", 103))
    news = await asyncio.wait_for(coming, 5)
    assert [(body["name"], body["node"]) for body in news.bodies] == [("p0", "y")]
    assert news.gone == ("id-p1",)
    assert server.asked[-1].url.params["resourceVersion"] == "100"
    await told.aclose()  # type: ignore[attr-defined]


async def test_changes_that_came_while_others_were_read_are_gathered_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server(pods=2)
    told = server.source(tmp_path).teller(PODS).tell()
    await first(told)
    coming = asyncio.ensure_future(first(told))
    await server.watched()
    line = server.watches[0]
    line.tell("MODIFIED", pod("p0", 101, "x"))
    assert [body["name"] for body in (await coming).bodies] == ["p0"]
    monkeypatch.setattr(kube, "GATHER_S", 0.5)
    line.tell("MODIFIED", pod("p0", 102, "y"))
    # As long as whoever is told works, it is read.
    while not line.parts.empty():  # noqa: ASYNC110 - a queue says so to nobody
        await asyncio.sleep(0)
    coming = asyncio.ensure_future(first(told))
    await asyncio.sleep(0)
    line.tell("MODIFIED", pod("p1", 103, "y"))
    assert [body["name"] for body in (await coming).bodies] == ["p0", "p1"]
    await told.aclose()


async def test_a_watch_that_ends_goes_on_where_it_stopped_and_lists_nothing_anew(
    tmp_path: Path,
) -> None:
    server = Server(pods=1)
    told = server.source(tmp_path).teller(PODS).tell()
    await first(told)
    coming = asyncio.ensure_future(told.__anext__())
    await server.watched()
    server.watches[0].tell("BOOKMARK", {"metadata": {"resourceVersion": "500"}})
    server.watches[0].parts.put_nowait(None)
    await asyncio.wait_for(coming, 5)
    coming = asyncio.ensure_future(told.__anext__())
    await server.watched(2)
    assert server.asked[-1].url.params["resourceVersion"] == "500"
    coming.cancel()


async def test_a_version_that_is_too_old_lists_anew_unnoticed(tmp_path: Path) -> None:
    server = Server(pods=1)
    told = server.source(tmp_path).teller(PODS).tell()
    await first(told)
    coming = asyncio.ensure_future(told.__anext__())
    await server.watched()
    server.pods, server.version = [pod("p9", 900)], "900"
    server.watches[0].tell("ERROR", {"code": 410, "message": "too old resource version"})
    news = await asyncio.wait_for(coming, 5)
    again = news if news.begins else await first(told)
    assert (again.begins, again.ends, [body["name"] for body in again.bodies]) == (
        True,
        True,
        ["p9"],
    )


async def test_a_resource_that_is_taken_away_while_it_is_heard_is_absent_from_then_on(
    tmp_path: Path,
) -> None:
    server = Server(pods=1)
    told = server.source(tmp_path).teller(PODS).tell()
    await first(told)
    coming = asyncio.ensure_future(first(told))
    await server.watched()
    server.answer = status(404, "404 page not found")
    server.watches[0].tell("ERROR", {"code": 404, "message": "404 page not found"})
    with pytest.raises(Absent, match="this cluster has no pods"):
        await coming


async def test_silence_is_asked_for_a_sign_of_life_and_says_that_all_holds(tmp_path: Path) -> None:
    server = Server(pods=1)
    told = server.source(tmp_path).teller(PODS).tell()
    await first(told)
    assert await first(told) == Told()
    assert server.asked[-1].url.path == "/version"
    server.error = httpx.ConnectError("refused")
    with pytest.raises(Unreachable, match="refused"):
        await asyncio.wait_for(_to_its_end(told), 15)


async def test_a_watch_that_is_cut_is_unreachable_and_called_again_goes_on(tmp_path: Path) -> None:
    server = Server(pods=1)
    teller = server.source(tmp_path).teller(PODS)
    told = teller.tell()
    await first(told)
    coming = asyncio.ensure_future(told.__anext__())
    await server.watched()
    server.watches[0].parts.put_nowait(httpx.ReadError("cut"))
    with pytest.raises(Unreachable, match="cut"):
        await asyncio.wait_for(coming, 5)
    asked = len(server.asked)
    assert await first(teller.tell()) == Told()
    assert "watch" in server.asked[asked].url.params


@pytest.mark.parametrize(
    ("code", "message", "kind", "advice"),
    [
        (403, 'pods is forbidden: User "me" cannot list', Forbidden, "me may not"),
        (401, "Unauthorized", Unauthorized, "does not know me"),
        (404, "the server could not find the requested resource", NotConfigured, "installed"),
        (429, "too many requests", Rejected, ""),
    ],
)
async def test_a_refusal_is_told_in_the_servers_words(
    tmp_path: Path, code: int, message: str, kind: type[StxError], advice: str
) -> None:
    server = Server()
    server.answer = status(code, message)
    with pytest.raises(kind) as caught:
        await server.source(tmp_path).ask(PODS)
    assert advice in caught.value.advice


async def test_a_token_that_is_refused_is_asked_of_its_plugin_once_more(tmp_path: Path) -> None:
    server = Server()

    def answer(request: httpx.Request) -> httpx.Response:
        if request.headers["authorization"] == "Bearer t1":
            return httpx.Response(401, json={"message": "Unauthorized"})
        return httpx.Response(200, json={"metadata": {}, "items": []})

    server.answer = answer
    await server.source(tmp_path, **plugin(tmp_path, COUNTING)).ask(PODS)
    shown = [request.headers["authorization"] for request in server.asked]
    assert shown == ["Bearer t1", "Bearer t2"]


async def test_without_a_kubeconfig_nothing_is_asked(tmp_path: Path) -> None:
    settings = CloudSettings(name="site-7")
    source = KubeSource(settings, Pins(tmp_path / "pins.json"), lambda: 0)
    with pytest.raises(NotConfigured, match="no kubeconfig"):
        await source.ask(PODS)
    await source.close()


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b'{"kind": "Pod"}'])
async def test_an_answer_that_is_no_list_is_malformed(tmp_path: Path, body: bytes) -> None:
    server = Server()
    server.answer = lambda _: httpx.Response(200, content=body)
    with pytest.raises(Malformed):
        await server.source(tmp_path).ask(PODS)


async def test_an_object_of_one_and_a_half_megabytes_is_kept_as_small_as_any(
    tmp_path: Path,
) -> None:
    server = Server(pods=1)
    server.pods[0]["data"] = {"blob": "x" * 1_500_000}
    answer = await server.source(tmp_path).ask(PODS)
    assert list(answer()) == [{"uid": "id-p0", "name": "p0", "node": "w"}]


async def test_of_a_group_whose_version_is_not_declared_the_server_chooses(tmp_path: Path) -> None:
    server = Server()

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/apis/helm.toolkit.fluxcd.io":
            return httpx.Response(200, json={"preferredVersion": {"version": "v2beta1"}})
        return httpx.Response(200, json={"metadata": {}, "items": []})

    server.answer = answer
    source = server.source(tmp_path)
    await source.ask(Kube(group="helm.toolkit.fluxcd.io", version="", plural="helmreleases"))
    path = "/apis/helm.toolkit.fluxcd.io/*/namespaces/a/helmreleases/b"
    await source.send(KubeWrite(method="PATCH", path=path, body={}))
    paths = [request.url.path for request in server.asked]
    assert paths[1] == "/apis/helm.toolkit.fluxcd.io/v2beta1/helmreleases"
    assert paths[2] == "/apis/helm.toolkit.fluxcd.io/v2beta1/namespaces/a/helmreleases/b"


async def test_a_group_that_is_not_installed_is_absent_and_not_broken(tmp_path: Path) -> None:
    server = Server()
    server.answer = status(404, "404 page not found")
    with pytest.raises(NotConfigured, match=r"has no cert-manager\.io"):
        await server.source(tmp_path).ask(Kube(group="cert-manager.io", version="", plural="c"))


async def test_last_lines_are_asked_for_once_a_run_and_what_cannot_be_had_is_said_of_it_alone(
    tmp_path: Path,
) -> None:
    server, asked = Server(), []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path.rpartition("pods/")[2])
        if "never" in request.url.path and "previous" in request.url.params:
            return status(400, 'previous terminated container "main" not found')(request)
        if "gone" in request.url.path:
            return status(404, 'pods "gone" not found')(request)
        return httpx.Response(200, content=b"first\nsecond \xff\x1b[31m\n\n")

    server.answer = answer
    source = server.source(tmp_path)

    def ended(name: str, run: int = 1) -> Ended:
        return Ended(log=PodLog("lab", name, "main", tail=2), pod=f"uid-{name}", run=run)

    rows = list((await source.last([ended("a"), ended("never"), ended("gone")]))())
    assert [row["lines"] for row in rows] == [["second \ufffd\x1b[31m", ""]] * 2 + [[]]
    assert "not found" in rows[2]["trouble"]
    assert sorted(asked) == ["a/log", "gone/log", "never/log", "never/log"]
    await source.last([ended("a"), ended("gone")])
    assert len(asked) == 4
    await source.last([ended("a", run=2)])
    assert asked[4:] == ["a/log"]
    assert list((await source.last([]))()) == []
    await source.close()


async def test_a_server_that_is_not_ready_says_which_check_failed(tmp_path: Path) -> None:
    server = Server()
    # As a real one says it: fifty checks, 2 kB of them.
    hooks = "".join(f"[+]poststarthook/start-informers-of-part-{n} ok\n" for n in range(50))
    server.answer = lambda _: httpx.Response(
        500,
        text=f"[+]ping ok\n[-]etcd failed: reason withheld\n{hooks}"
        "[-]shutdown failed: reason withheld\nreadyz check failed",
    )
    answer = await server.source(tmp_path).health(KubeHealth())
    (said,) = list(answer())
    assert said["failed"] == ["etcd", "shutdown"]
    server.answer = lambda _: httpx.Response(200, text="[+]ping ok\nreadyz check passed")
    answer = await server.source(tmp_path).health(KubeHealth())
    assert next(iter(answer()))["failed"] == []


async def test_the_servers_own_columns_are_fields_and_a_watch_says_them_once(
    tmp_path: Path,
) -> None:
    server = Server()
    tables = Kube(plural="widgets", group="lab", table=True)
    columns = [{"name": "Name"}, {"name": "Colour"}]
    row = {"cells": ["w1", "red"], "object": {"metadata": {"uid": "u1", "name": "w1"}}}
    table = {"kind": "Table", "metadata": {"resourceVersion": "5"}, "columnDefinitions": columns}

    def answer(request: httpx.Request) -> httpx.Response:
        assert "as=Table" in request.headers["accept"]
        return httpx.Response(200, json={**table, "rows": [row]})

    server.answer = answer
    told = server.source(tmp_path).teller(tables).tell()
    assert (await first(told)).bodies == ({"uid": "u1", "name": "w1", "colour": "red"},)
    coming = asyncio.ensure_future(told.__anext__())
    await server.watched()
    row = {**row, "cells": ["w1", "blue"]}
    server.watches[0].tell("MODIFIED", {"kind": "Table", "columnDefinitions": None, "rows": [row]})
    news = await asyncio.wait_for(coming, 5)
    assert news.bodies[0]["colour"] == "blue"
    await told.aclose()  # type: ignore[attr-defined]


@pytest.mark.parametrize("body", [b"<html>a proxy</html>", b'{"kind": "APIGroup"}', b"[]"])
async def test_a_group_that_is_told_in_another_shape_is_malformed(
    tmp_path: Path, body: bytes
) -> None:
    server = Server()
    server.answer = lambda _: httpx.Response(200, content=body)
    with pytest.raises(Malformed):
        await server.source(tmp_path).ask(Kube(group="cert-manager.io", version="", plural="x"))
