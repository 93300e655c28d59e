"""A file of objects on the real API server: rehearsed, its difference shown, then applied."""

from __future__ import annotations

from pathlib import Path
from typing import Tuple

import pytest

from backend.creating import Rehearsed, lines_of, rehearse
from backend.deed import Outcome
from backend.errors import Refused
from backend.kinds.kube_create import CREATE, CreateForm
from backend.preview import Preview
from backend.station import Station
from tests.peers.cluster import Cluster
from tests.peers.desk import ran, stationed
from tests.peers.site import made

pytestmark = [pytest.mark.peer, pytest.mark.xdist_group("cluster")]

SITE = """\
# what a site brings
apiVersion: v1
kind: Namespace
metadata:
  name: brought
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
  namespace: brought
data:
  mode: duplex
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: probe
  namespace: brought
spec:
  replicas: 0
  selector:
    matchLabels: {app: probe}
  template:
    metadata:
      labels: {app: probe}
    spec:
      containers:
      - name: main
        image: registry.local:9001/probe:1
"""


async def tried(station: Station, text: str, **asked: str) -> Tuple[Preview, Tuple[Rehearsed, ...]]:
    kind = station.lookout.kinds["configmaps"]
    await station.watch.read_now("configmaps")
    form, found = await rehearse(
        station,
        kind,
        CREATE,
        text,
        CreateForm(file="site.yaml", **asked),  # type: ignore[arg-type]
    )
    return station.acts.preview(kind, CREATE, (), form), found


async def test_a_file_of_several_objects_is_rehearsed_shown_and_applied(
    real_cluster: Cluster, tmp_path: Path
) -> None:
    async with stationed(real_cluster.kubeconfig, tmp_path / "record.db") as station:
        before, found = await tried(station, SITE)
        assert [one.says.partition(";")[0] for one in found] == [
            "Namespace brought would be made",
            "ConfigMap brought/settings would be made",
            "Deployment brought/probe would be made",
        ]
        assert "cannot be tried before its namespace brought is there" in found[1].says
        assert "+  mode: duplex" in found[1].lines
        assert "namespaces/brought" not in real_cluster.kubectl("get", "ns", "-o", "name").split()
        (deed,) = await station.acts.do(before, typed=before.wants, why="a test")
        assert deed.outcome is Outcome.DONE
        mode = "jsonpath={.data.mode}"
        get = ("-n", "brought", "get", "configmap", "settings", "-o")
        assert real_cluster.kubectl(*get, mode) == "duplex"

        # The same again changes nothing; another value shows the one line that differs.
        _same, found = await tried(station, SITE)
        assert not any(one.lines for one in found)
        before, found = await tried(station, SITE.replace("duplex", "simplex"))
        assert [one.placed.name for one in found if one.lines] == ["settings"]
        assert {"-  mode: duplex", "+  mode: simplex"} <= set(found[1].lines)
        assert len(before.writes) == 1
        (deed,) = await station.acts.do(before, typed=before.wants, why="")
        assert deed.outcome is Outcome.DONE
        assert real_cluster.kubectl(*get, mode) == "simplex"
        real_cluster.kubectl("delete", "namespace", "brought", "--wait=false")


async def test_what_the_server_refuses_is_said_with_file_and_line_and_nothing_is_sent(
    real_cluster: Cluster, tmp_path: Path
) -> None:
    text = SITE.replace("brought", "lab").replace("replicas: 0", "replicas: -4")
    async with stationed(real_cluster.kubeconfig, tmp_path / "record.db") as station:
        with pytest.raises(Refused, match=r"site\.yaml:21: Deployment lab/probe: .*greater than"):
            await tried(station, text)
        with pytest.raises(Refused, match=r"site\.yaml:21: .*replcas: field not declared"):
            await tried(station, text.replace("replicas: -4", "replcas: 4"))
        with pytest.raises(Refused, match=r"site\.yaml:15: this cluster knows no Deplyment"):
            await tried(station, text.replace("kind: Deployment", "kind: Deplyment"))
        assert "probe" not in real_cluster.kubectl("-n", "lab", "get", "deploy", "-o", "name")


async def test_fields_that_others_keep_are_taken_over_only_when_forced(
    real_cluster: Cluster, tmp_path: Path
) -> None:
    real_cluster.apply(made("ConfigMap", "theirs", "lab", data={"a": "1"}))
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: theirs}\ndata: {a: mine}\n"
    async with stationed(real_cluster.kubeconfig, tmp_path / "record.db") as station:
        with pytest.raises(Refused, match=r"site\.yaml:4: .*conflict.*force takes these"):
            await tried(station, text, namespace="lab")
        before, found = await tried(station, text, namespace="lab", force="yes")
        assert {"-  a: '1'", "+  a: mine"} <= set(found[0].lines)
        assert "--force-conflicts" in before.commands[0]
        (deed,) = await station.acts.do(before, typed=before.wants, why="")
        assert deed.outcome is Outcome.DONE
    real_cluster.kubectl("-n", "lab", "delete", "configmap", "theirs")


async def test_values_of_a_secret_are_neither_shown_nor_recorded(
    real_cluster: Cluster, tmp_path: Path
) -> None:
    text = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {key: hush-hush}\n"
    async with stationed(real_cluster.kubeconfig, tmp_path / "record.db") as station:
        before, found = await tried(station, text, namespace="lab")
        (deed,) = await station.acts.do(before, typed=before.wants, why="")
        assert deed.outcome is Outcome.DONE
        seen = (*lines_of(found), *before.requests, *deed.sends, *map(str, deed.form.values()))
        assert not any("hush" in line or "aHVzaC1odXNo" in line for line in seen)
        _again, found = await tried(station, text.replace("hush-hush", "an-other"), namespace="lab")
        assert found[0].lines
        assert not any("other" in line for line in found[0].lines)
    real_cluster.kubectl("-n", "lab", "delete", "secret", "s")


def test_the_command_makes_what_a_file_has_after_its_difference(
    real_cluster: Cluster, tmp_path: Path
) -> None:
    file = tmp_path / "one.yaml"
    file.write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: by-hand}\ndata: {a: '1'}\n")
    words = ("create", str(file), "-n", "lab")
    code, _out, err = ran(real_cluster, tmp_path, *words, "--dry-run")
    assert code == 0, err
    assert "ConfigMap lab/by-hand would be made" in err
    assert "by-hand" not in real_cluster.kubectl("-n", "lab", "get", "cm", "-o", "name")
    code, out, err = ran(real_cluster, tmp_path, *words, "--yes")
    assert code == 0, err
    assert "done" in out
    assert "by-hand" in real_cluster.kubectl("-n", "lab", "get", "cm", "-o", "name")
    code, _out, err = ran(real_cluster, tmp_path, *words, "--yes")
    assert code == 6
    assert "nothing is changed" in err
    real_cluster.kubectl("-n", "lab", "delete", "configmap", "by-hand")
