"""Any kind a real cluster knows, by every name it has, with the columns its definition prints."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, Dict, Iterator

import pytest

from backend.kind import Kube
from backend.kinds import kind_named
from backend.kinds.kube_discovered import API_RESOURCES
from tests.peers.cluster import Cluster
from tests.peers.desk import ran
from tests.peers.site import definition, made
from tests.peers.test_kubernetes import agreed, looking

pytestmark = pytest.mark.peer


@pytest.fixture
def crontabs(real_cluster: Cluster) -> Iterator[Cluster]:
    """A custom resource with short names and columns of its own, and one without any schema."""
    one = definition("stable.lab", "v1", "CronTab", "crontabs", namespaced=True)
    one["spec"]["names"]["shortNames"] = ["ct"]
    one["spec"]["versions"][0]["additionalPrinterColumns"] = [
        {"name": "Spec", "type": "string", "jsonPath": ".spec.cronSpec"},
        {"name": "Replicas", "type": "integer", "jsonPath": ".spec.replicas"},
        {"name": "Image", "type": "string", "jsonPath": ".spec.image", "priority": 1},
    ]
    # Named as one of ours: it never stands in its place.
    other = definition("stable.lab", "v1", "Alarm", "alarms", namespaced=True)
    real_cluster.apply(one, other)
    real_cluster.kubectl("wait", "--for=condition=Established", "crd", "--all")
    spec: Dict[str, Any] = {"cronSpec": "* * * * 5", "replicas": 3, "image": "cron:1"}
    real_cluster.apply(made("CronTab", "nightly", "lab", api="stable.lab/v1", spec=spec))
    yield real_cluster
    real_cluster.kubectl("delete", "crd", "crontabs.stable.lab", "alarms.stable.lab")


async def test_a_custom_resource_is_found_by_all_its_names_with_its_own_columns(
    crontabs: Cluster,
) -> None:
    names = ("crontabs", "crontab", "ct", "CronTab", "crontabs.stable.lab")
    for name in names:
        async with looking(crontabs.kubeconfig) as lookout:
            kind = await lookout.discover(name)
            assert kind is not None, name
            assert kind.name == "crontabs"
            assert [column.heading for column in kind.columns] == [
                *("NAME", "SPEC", "REPLICAS", "IMAGE", "AGE")
            ]
            assert [column.wide for column in kind.columns] == [False, False, False, True, False]
            reading = await lookout.watch.read_now(kind.name)
            (row,) = reading.rows
            known = lookout.watch.known
            assert [column.cell(row, known) for column in kind.columns[:4]] == [
                *("lab/nightly", "* * * * 5", 3, "cron:1")
            ]


async def test_what_is_found_never_shadows_what_is_declared(crontabs: Cluster) -> None:
    async with looking(crontabs.kubeconfig) as lookout:
        kind = await lookout.discover("alarms.stable.lab")
        assert kind is not None
        assert kind.name == "alarms.stable.lab"
        assert kind_named("alarms") is not kind
        assert "alarms" not in kind.aliases
        pods = await lookout.discover("po")
        assert pods is kind_named("pods")
        assert await lookout.discover("nothing-of-that-name") is None


async def test_every_resource_kubectl_knows_is_known(real_cluster: Cluster) -> None:
    async with looking(real_cluster.kubeconfig) as lookout:

        async def ours() -> Any:
            return sorted(row.full for row in (await lookout.watch.read_anew(name)).rows)

        async def theirs() -> Any:
            words = ("api-resources", "--verbs=list", "-o", "name")
            return sorted((await asyncio.to_thread(real_cluster.kubectl, *words)).split())

        name = API_RESOURCES.name
        await agreed(ours, theirs)
        # What is declared without care is listed all the same: as the server prints it.
        for row in lookout.watch.known.rows(name):
            kind = await lookout.discover(row.full)
            assert kind is not None
            assert isinstance(kind.read, Kube)


async def test_an_older_server_is_asked_group_by_group(
    real_cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with looking(real_cluster.kubeconfig) as lookout:
        new = (await lookout.watch.read_now(API_RESOURCES.name)).rows
    monkeypatch.setattr("backend.sources.kube_discovery.WHOLE", "application/json")
    async with looking(real_cluster.kubeconfig) as lookout:
        old = (await lookout.watch.read_now(API_RESOURCES.name)).rows
    assert sorted(row.full for row in old) == sorted(row.full for row in new)
    assert {row.full: row.short for row in old} == {row.full: row.short for row in new}


def test_get_prints_what_only_the_cluster_knows(crontabs: Cluster, tmp_path: Path) -> None:
    code, out, _err = ran(crontabs, tmp_path, "get", "ct")
    assert code == 0
    assert "SPEC" in out
    assert "lab/nightly" in out
    code, _out, err = ran(crontabs, tmp_path, "get", "nothing-of-that-name")
    assert code != 0
    assert "there is no kind" in err
