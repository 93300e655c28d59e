"""An object whole: read, edited, rehearsed by the real API server, applied, and what races do."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path
from typing import Any, Dict, Tuple

import pytest

from backend.deed import Outcome
from backend.edits import form_of, would_change
from backend.errors import Rejected
from backend.kind import Body
from backend.preview import Preview
from backend.station import Station
from backend.twin import twins_of
from backend.whole import as_yaml, difference, from_yaml, hidden, three_way
from tests.peers.cluster import Cluster
from tests.peers.desk import done, previewed, ran, stationed
from tests.peers.site import made

pytestmark = pytest.mark.peer


async def opened(station: Station, kind_name: str, name: str) -> Tuple[Any, Any, Body]:
    kind = station.lookout.kinds[kind_name]
    await station.watch.read_now(kind_name)
    row = kind.find(station.watch.known.rows(kind_name), name)
    assert row is not None
    return kind, row, await station.whole(kind, row)


def edit(station: Station, kind: Any, row: Any, base: Body, mine: Body) -> Preview:
    action = next(one for one in kind.actions if one.is_edit)
    form = form_of(action, base, mine)
    assert form is not None
    return station.acts.preview(kind, action, (kind.id(row),), form)


async def test_an_edit_is_rehearsed_shown_and_then_applied(
    real_cluster: Cluster, tmp_path: Path
) -> None:
    real_cluster.apply(made("ConfigMap", "edited", "lab", data={"a": "1", "b": "2"}))
    async with stationed(real_cluster.kubeconfig, tmp_path / "record.db") as station:
        kind, row, base = await opened(station, "configmaps", "lab/edited")
        text = as_yaml(base)
        assert "managedFields" not in text
        mine = from_yaml(text.replace("a: '1'", "a: '5'").replace("  b: '2'\n", ""))
        before = edit(station, kind, row, base, mine)
        words = {one.words for one in before.consequences}
        assert words == {'data.a: "1" -> "5"', 'data.b: "2" -> none'}
        (would,) = await station.acts.rehearse(before)
        assert isinstance(would, dict)
        lines = would_change(base, would)
        assert "-  a: '1'" in lines
        assert "+  a: '5'" in lines
        assert (await station.whole(kind, row))["data"] == {"a": "1", "b": "2"}
        (deed,) = await station.acts.do(before, typed=before.wants, why="a test")
        assert deed.outcome is Outcome.DONE
        assert (await station.whole(kind, row))["data"] == {"a": "5"}


async def test_what_the_server_would_refuse_is_known_before(
    real_cluster: Cluster, tmp_path: Path
) -> None:
    async with stationed(real_cluster.kubeconfig, tmp_path / "record.db") as station:
        kind, row, base = await opened(station, "deployments", "lab/web")
        mine = from_yaml(as_yaml(base))
        mine["spec"]["replicas"] = -1
        with pytest.raises(Rejected, match="must be greater than or equal to 0"):
            await station.acts.rehearse(edit(station, kind, row, base, mine))


async def test_an_edit_that_lost_a_race_is_refused_and_shown_three_ways(
    real_cluster: Cluster, tmp_path: Path
) -> None:
    real_cluster.apply(made("ConfigMap", "raced", "lab", data={"a": "1", "b": "2", "c": "3"}))
    async with stationed(real_cluster.kubeconfig, tmp_path / "record.db") as station:
        kind, row, base = await opened(station, "configmaps", "lab/raced")
        mine = {**base, "data": {**base["data"], "a": "mine", "b": "mine"}}
        before = edit(station, kind, row, base, mine)
        real_cluster.patch(
            "/api/v1/namespaces/lab/configmaps/raced", {"data": {"a": "theirs", "c": "theirs"}}
        )
        with pytest.raises(Rejected, match="has been modified"):
            await station.acts.rehearse(before)
        theirs = await station.whole(kind, row)
        forks = three_way(base, mine, theirs)
        assert [(fork.path, fork.is_conflict) for fork in forks] == [
            ("data.a", True),
            ("data.b", False),
            ("data.c", False),
        ]
        assert forks[0].says == "! data.a: was 1, you mine, they theirs"


async def test_secrets_are_hidden_until_somebody_asks_and_that_is_recorded(
    real_cluster: Cluster, tmp_path: Path
) -> None:
    async with stationed(real_cluster.kubeconfig, tmp_path / "record.db") as station:
        kind, row, base = await opened(station, "secrets", "lab/password")
        assert kind.whole is not None
        text = as_yaml(hidden(base, kind.whole(row).secret))
        assert "b3BlbnNlc2FtZQ==" not in text
        assert "<16 characters>" in text
        before = await previewed(station, "secrets", "reveal", "lab/password")
        (deed,) = await station.acts.do(before, typed=before.wants, why="")
        assert deed.outcome is Outcome.DONE
        assert deed.sends == ("GET /api/v1/namespaces/lab/secrets/password",)
        assert "opensesame" not in str(deed)
        mine: Dict[str, Any] = {**base, "data": {"password": "bmV3"}}
        change = edit(station, kind, row, base, mine)
        assert "bmV3" not in " ".join(change.requests)
        assert [one.words for one in change.consequences] == ["data.password: another value"]
        assert "bmV3" not in str(change.given)


def test_a_file_is_applied_from_the_command_line_after_its_difference(
    real_cluster: Cluster, tmp_path: Path
) -> None:
    real_cluster.apply(made("ConfigMap", "filed", "lab", data={"a": "1"}))
    file = tmp_path / "filed.yaml"
    text = real_cluster.kubectl("-n", "lab", "get", "configmap", "filed", "-o", "yaml")
    file.write_text(text.replace('a: "1"', 'a: "2"'))
    words = ["do", "configmap", "edit", "lab/filed", "--file", str(file), "--yes"]
    code, _out, err = ran(real_cluster, tmp_path, *words)
    assert code == 0
    assert "+  a: '2'" in err
    # The file is of the version before: applied again it lost the race, and says so.
    file.write_text(file.read_text().replace('a: "2"', 'a: "3"'))
    code, _out, err = ran(real_cluster, tmp_path, *words)
    assert code != 0
    assert "it changed since the file was written" in err


def release(revision: int, status: str, **values: str) -> Dict[str, Any]:
    """Return the secret in which Helm keeps a revision, packed as Helm packs it."""
    said = {
        "name": "vault",
        "namespace": "lab",
        "version": revision,
        "info": {"status": status, "notes": "it is there", "description": "Upgrade complete"},
        "chart": {"metadata": {"name": "vault", "version": "0.28.0"}, "values": {"a": 1}},
        "config": values,
        "manifest": "kind: Service\nmetadata:\n  name: vault\n",
    }
    packed = base64.b64encode(gzip.compress(json.dumps(said).encode()))
    labels = {"owner": "helm", "name": "vault", "version": str(revision), "status": status}
    return made(
        "Secret",
        f"sh.helm.release.v1.vault.v{revision}",
        "lab",
        type="helm.sh/release.v1",
        metadata={"labels": {**labels, "modifiedAt": "1795300000"}},
        data={"release": base64.b64encode(packed).decode()},
    )


async def test_helms_own_releases_are_read_from_their_secrets(
    real_cluster: Cluster, tmp_path: Path
) -> None:
    real_cluster.apply(release(1, "superseded", password="old"), release(2, "failed", password="x"))
    async with stationed(real_cluster.kubeconfig, tmp_path / "record.db") as station:
        for name in ("secrets", "helm-revisions"):
            await station.watch.read_now(name)
        known = station.watch.known
        kind = station.lookout.kinds["helm-revisions"]
        rows = known.rows("helm-revisions")
        assert [(row.full_name, row.status, row.is_last) for row in rows] == [
            ("lab/vault.v2", "failed", True),
            ("lab/vault.v1", "superseded", False),
        ]
        assert kind.look(rows[0], known).notes == ("its last revision is failed; y says why",)
        assert kind.whole is not None
        base = await station.whole(kind, rows[0])
        assert base["chart"] == "vault 0.28.0"
        assert base["values"] == {"password": "x"}
        text = as_yaml(hidden(base, kind.whole(rows[0]).secret))
        assert "password: <1 characters>" in text
        assert "kind: Service" not in text
        assert "manifest: |\n  kind: Service\n" in as_yaml(base)
        lines = difference(await station.whole(kind, rows[1]), base)
        assert "-  password: old" in lines
        assert [one.full_name for one in twins_of(kind, rows[0], known)] == ["lab/vault.v1"]
        deed = await done(station, "helm-revisions", "reveal", "lab/vault.v2")
        assert deed.outcome is Outcome.DONE
    words = ("diff", "helm-revision", "lab/vault.v1", "lab/vault.v2")
    code, out, err = ran(real_cluster, tmp_path, *words)
    assert code == 0, err
    assert {"-revision: 1", "+revision: 2", "-  password: <3 characters>"} <= set(out.splitlines())
    real_cluster.kubectl("-n", "lab", "delete", "secret", "-l", "owner=helm")
