"""What the API server tells, packed or not, whole or cut off."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import httpx
import pytest

from backend.errors import Malformed
from backend.sources import kube, kube_news
from backend.sources.kube_news import page_of, whole_of
from backend.sources.projection import projection
from tests.backend.sources.test_kube import PODS, Server, first, pod


def _packed(pods: int) -> bytes:
    listed = {"metadata": {"resourceVersion": "7"}, "items": [pod(f"p{n}") for n in range(pods)]}
    return gzip.compress(json.dumps(listed).encode())


async def test_a_list_may_come_packed_and_is_asked_for_so(tmp_path: Path) -> None:
    server = Server()
    headers = {"Content-Encoding": "gzip"}
    server.answer = lambda _: httpx.Response(200, content=_packed(3), headers=headers)
    answer = await server.source(tmp_path).ask(PODS)
    assert [body["name"] for body in answer()] == ["p0", "p1", "p2"]
    assert server.asked[0].headers["accept-encoding"] == "gzip"


def test_a_packed_object_is_read_whole() -> None:
    assert whole_of(gzip.compress(json.dumps(pod("p")).encode()), is_helm=False) == pod("p")


def test_a_packed_page_that_is_cut_off_is_malformed_and_never_half_a_list() -> None:
    with pytest.raises(Malformed, match="cut off"):
        page_of(_packed(50)[:-20], projection({}), "pods")


def test_a_packed_page_that_is_broken_is_malformed() -> None:
    broken = bytearray(_packed(50))
    broken[40:60] = bytes(20)
    with pytest.raises(Malformed, match="packed"):
        page_of(bytes(broken), projection({}), "pods")


def test_a_packed_page_is_unpacked_only_as_far_as_an_answer_may_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kube_news, "MOST_BYTES", 1 << 20)
    with pytest.raises(Malformed, match="more than 1 MiB"):
        page_of(gzip.compress(b" " * (2 << 20)), projection({}), "pods")


async def test_pages_behind_the_first_are_told_a_few_times_a_second(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kube, "ARRIVE_S", 600.0)
    told = Server(pods=2600).source(tmp_path).teller(PODS).list()
    assert len((await first(told)).bodies) == 100
    rest = await first(told)
    assert (len(rest.bodies), rest.begins, rest.ends) == (2500, False, True)


def test_a_server_that_makes_no_tables_tells_its_objects_by_name_and_age() -> None:
    raw = json.dumps({"kind": "PodList", "metadata": {}, "items": [pod("p")]}).encode()
    (body,) = page_of(raw, kube_news.Tabled(), "pods").bodies
    assert body["name"] == "p"
    news = kube_news.news_of(
        [json.dumps({"type": "ADDED", "object": pod("q")}).encode()], kube_news.Tabled(), "pods"
    )
    assert [one["name"] for one in news.bodies.values()] == ["q"]


def test_a_list_of_nothing_may_be_said_as_null() -> None:
    raw = json.dumps({"kind": "PodMetricsList", "metadata": {}, "items": None}).encode()
    assert page_of(raw, projection({}), "pods").bodies == ()


@pytest.mark.parametrize("item", [1, "x", None, {"metadata": "x"}])
def test_an_item_that_is_no_object_is_malformed_and_no_defect_of_ours(item: object) -> None:
    raw = json.dumps({"metadata": {}, "items": [item]}).encode()
    for _ in range(2):
        with pytest.raises(Malformed, match="no object"):
            page_of(raw, projection({"labels": "metadata.labels"}), "pods")
        raw = json.dumps({"kind": "Table", "rows": [item]}).encode()


@pytest.mark.parametrize("whole", [1, "x", [1], {"metadata": "x"}])
def test_an_event_of_no_object_is_malformed_and_no_defect_of_ours(whole: object) -> None:
    line = json.dumps({"type": "ADDED", "object": whole}).encode()
    with pytest.raises(Malformed, match="no object"):
        kube_news.news_of([line], projection({}), "pods")


def test_no_column_of_a_table_takes_the_place_of_what_an_object_is_known_by() -> None:
    names = ("Name", "Namespace", "Owners", "Deleting", "Labels", "Phase")
    table = {
        "kind": "Table",
        "columnDefinitions": [{"name": name} for name in names],
        "rows": [
            {
                "cells": ["of-another", "elsewhere", "me", "false", "a=b", "Ready"],
                "object": {"metadata": {"uid": "u", "name": "x"}},
            }
        ],
    }
    (body,) = page_of(json.dumps(table).encode(), kube_news.Tabled(), "widgets").bodies
    assert body == {
        "uid": "u",
        "name": "x",
        "owners (printed)": "me",
        "deleting (printed)": "false",
        "labels (printed)": "a=b",
        "phase": "Ready",
    }
