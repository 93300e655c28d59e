"""OSTree, a real one: what can be booted, the log, what differs, what can be done and what not."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Iterator, List

import pytest

from backend.errors import Refused, Rejected, StxError
from backend.kind import Answer, CommandWrite, Kind, Nothing, Risk
from backend.kinds import kind_named
from backend.kinds.machine_ostree import OSTREE
from backend.kinds.machine_ostree_changes import package_changes
from backend.kinds.machine_ostree_status import deployments_of_ostree
from backend.known import Known
from backend.place import Phase, Place
from backend.plan import PAGE
from backend.settings import CloudSettings
from backend.sources.machines import Machines
from backend.sources.tls import Pins
from backend.tone import WELL, Tone
from tests.backend.kinds import machines
from tests.backend.kinds.ostree_tree import BRANCH, STATEROOT, Signer, Tree
from tests.backend.kinds.site import LAPTOP, reading

pytestmark = pytest.mark.skipif(not shutil.which("ostree"), reason="ostree is not installed")


class Machine:
    """This machine, asked and told by its own programs."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tree = Tree(path, monkeypatch)
        self.wire = Machines(CloudSettings(name="here"), Pins(path / "pins.json"))
        self.known = Known(cloud="here", now_ms=0, place=LAPTOP)

    async def read(self, name: str, parent: str = "here") -> List[Any]:
        kind: Any = kind_named(name)
        bodies = list((await self.wire.ask(kind.read, parent))())
        made = reading(name, bodies, parent)
        readings = {**self.known.readings, (name, parent): made}
        self.known = replace(self.known, readings=MappingProxyType(readings))
        return list(made.rows)

    async def act(self, kind: Kind[Any], name: str, row: Any) -> Any:
        action = kind.action(name)
        assert action is not None
        found = action.reasons(row, Nothing(), self.known)
        assert not any(one.blocks for one in found), found
        answer: Any = None
        for step in action.plan(row, Nothing(), self.known).steps:
            assert isinstance(step.write, CommandWrite)
            answer = await self.wire.send(step.write)
            no = step.refusal(answer) if step.refusal is not None else ""
            if no:
                raise Refused(no)
        return answer


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


def refused(kind: Kind[Any], name: str, row: Any, known: Known) -> List[str]:
    action = kind.action(name)
    assert action is not None
    found = action.reasons(row, Nothing(), known)
    return [one.words for one in found if one.answer is Answer.NO]


async def two(machine: Machine) -> List[Any]:
    """Deploy two commits, the newer one last."""
    first = machine.tree.commit("300", curl="8.14.1-1", vim="9.1")
    second = machine.tree.commit("301", curl="8.14.1-2", tmux="3.5")
    for commit in (first, second):
        machine.tree.deploy(commit)
    return await machine.read("ostree-deployments")


async def test_two_deployments_are_told_in_the_order_in_which_they_boot(machine: Machine) -> None:
    newer, older = await two(machine)
    assert (newer.version, newer.stands) == ("24.09.301", "next")
    assert (older.version, older.stands) == ("24.09.300", "kept")
    assert {newer.stateroot, older.stateroot} == {STATEROOT}


async def test_one_is_pinned_and_unpinned_and_a_pinned_one_is_not_undeployed(
    machine: Machine,
) -> None:
    _, older = await two(machine)
    await machine.act(OSTREE, "pin", older)
    _, pinned = await machine.read("ostree-deployments")
    assert pinned.stands == "kept, pinned"
    assert refused(OSTREE, "undeploy", pinned, machine.known) == ["it is pinned: unpin it first"]
    assert refused(OSTREE, "pin", pinned, machine.known) == ["it is pinned"]
    await machine.act(OSTREE, "unpin", pinned)
    _, free = await machine.read("ostree-deployments")
    assert not free.pinned


async def test_an_undeploy_and_a_cleanup_take_it_away_and_its_objects(machine: Machine) -> None:
    newer, older = await two(machine)
    await machine.act(OSTREE, "undeploy", older)
    (left,) = await machine.read("ostree-deployments")
    assert left.commit == newer.commit
    assert (await machine.act(OSTREE, "cleanup", left))["code"] == 0


@pytest.mark.parametrize("name", ["pin", "undeploy"])
async def test_an_act_by_index_looks_again_and_is_refused_where_another_stands_there_now(
    machine: Machine, name: str
) -> None:
    _, older = await two(machine)
    third = machine.tree.commit("302", curl="8.14.1-3")
    # Between the look and the act somebody deploys: what was number 1 is number 2, or is gone.
    machine.tree.run("admin", "pin", "1")
    machine.tree.run("admin", "pin", "0")
    machine.tree.deploy(third)
    before = machine.tree.run("admin", "status")
    with pytest.raises(Refused, match=f"it was number 1, and is number 2 now: {older.commit[:12]}"):
        await machine.act(OSTREE, name, older)
    assert machine.tree.run("admin", "status") == before


async def test_an_act_by_index_on_what_is_gone_or_pinned_meanwhile_is_refused(
    machine: Machine,
) -> None:
    _, older = await two(machine)
    machine.tree.run("admin", "pin", "1")
    with pytest.raises(Refused, match="it was not pinned, and is now"):
        await machine.act(OSTREE, "undeploy", older)
    machine.tree.run("admin", "pin", "--unpin", "1")
    machine.tree.run("admin", "undeploy", "1")
    with pytest.raises(Refused, match=f"{older.commit[:12]} is not deployed any more"):
        await machine.act(OSTREE, "pin", older)


def test_an_act_by_index_is_refused_where_the_second_look_cannot_be_read() -> None:
    known = replace(machines.known(), place=LAPTOP)
    row = known.rows("ostree-deployments")[-1]
    action = OSTREE.action("undeploy")
    assert action is not None
    look, _ = action.plan(row, Nothing(), known).steps
    assert look.refusal is not None
    for answer in (None, {"code": 0, "out": "", "err": ""}, {"code": 0}):
        assert "no deployment" in look.refusal(answer)


async def test_the_way_back_is_a_deploy_of_what_was_there_before(machine: Machine) -> None:
    newer, older = await two(machine)
    assert refused(OSTREE, "rollback", newer, machine.known) == ["the next boot brings it as it is"]
    await machine.act(OSTREE, "rollback", older)
    first, *_ = await machine.read("ostree-deployments")
    assert (first.commit, first.index) == (older.commit, 0)


async def test_the_log_has_versions_and_says_what_is_deployed(machine: Machine) -> None:
    newer, older = await two(machine)
    (ref,) = await machine.read("ostree-refs")
    assert ref.ref == BRANCH
    commits = await machine.read("ostree-commits", f"here/{BRANCH}")
    assert [(row.commit, row.version, row.subject) for row in commits] == [
        (newer.commit, "24.09.301", "Release 24.09.301"),
        (older.commit, "24.09.300", "Release 24.09.300"),
    ]
    kind: Any = kind_named("ostree-commits")
    stands = next(column for column in kind.columns if column.heading == "STANDS")
    assert [stands.cell(row, machine.known) for row in commits] == ["next", "kept"]


async def test_two_commits_differ_in_files_and_in_packages(machine: Machine) -> None:
    newer, older = await two(machine)
    both = f"here/{newer.commit}/{older.commit}"
    files = await machine.read("ostree-files", both)
    said = {row.path: row.change for row in files}
    assert said["/usr/lib/tool"] == "changed"
    assert said["/usr/lib/modules/6.12.301/vmlinuz"] == "new"
    assert said["/usr/lib/modules/6.12.300"] == "gone"
    packages = await machine.read("ostree-packages", both)
    assert [(row.name, row.was, row.now) for row in packages] == [
        ("curl:amd64", "8.14.1-1", "8.14.1-2"),
        ("tmux:amd64", "", "3.5"),
        ("vim:amd64", "9.1", ""),
    ]


async def test_a_commit_is_compared_with_any_of_its_log_and_with_any_branch(
    machine: Machine,
) -> None:
    newer, older = await two(machine)
    third = machine.tree.commit("302", curl="8.14.1-3", tmux="3.5")
    machine.tree.run("refs", "--create=site/7/spare", older.commit)
    rows = await machine.read("ostree-comparisons", f"here/{third}")
    kind: Any = kind_named("ostree-comparisons")
    told = {kind.name_of(row): (row.stands, row.version) for row in rows}
    assert told[newer.commit[:12]] == ("the one before", "24.09.301")
    assert told[older.commit[:12]] == ("2 before", "24.09.300")
    assert told["site/7/spare"] == ("newest of a branch", "")
    (far,) = [row for row in rows if row.against == older.commit]
    packages = await machine.read("ostree-packages", kind.id(far))
    curl = packages[0]
    assert (curl.name, curl.was, curl.now) == ("curl:amd64", "8.14.1-1", "8.14.1-3")
    (branch,) = [row for row in rows if row.against == "site/7/spare"]
    same = await machine.read("ostree-packages", kind.id(branch))
    assert [row.was for row in same] == [row.was for row in packages]
    back = await machine.read("ostree-packages", f"here/{older.commit}/{third}")
    assert [(row.was, row.now) for row in back] == [(row.now, row.was) for row in packages]


async def test_a_package_whose_description_looks_like_fields_and_one_removed_are_told_apart(
    machine: Machine,
) -> None:
    await two(machine)
    text = (
        "Package: curl\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n"
        "Description: says\n .\n Version: 9\n\n"
        "Package: gone\nStatus: deinstall ok config-files\nArchitecture: all\nVersion: 2\n"
    )
    found = package_changes(PAGE.join(("a", "b", text, "")))
    assert [(one["name"], one["now"]) for one in found] == [("curl:amd64", "1")]


async def test_a_commit_that_is_not_there_is_said_and_no_difference_of_nothing(
    machine: Machine,
) -> None:
    newer, _ = await two(machine)
    with pytest.raises(StxError):
        await machine.read("ostree-files", f"here/{newer.commit}/{'0' * 64}")


@pytest.fixture
def signer(tmp_path: Path) -> Iterator[Signer]:
    with Signer(tmp_path / "gpg") as made:
        yield made


@pytest.mark.skipif(not shutil.which("gpg"), reason="gpg is not installed")
async def test_signatures_are_said_in_ostree_s_words_and_none_is_said_too(
    machine: Machine, signer: Signer
) -> None:
    newer, older = await two(machine)
    signer.sign(machine.tree, newer.commit)
    kind: Any = kind_named("ostree-signatures")

    async def said(commit: str) -> Any:
        (row,) = await machine.read("ostree-signatures", f"here/{commit}")
        return row

    unsigned = await said(older.commit)
    assert unsigned.says == "no signature"
    assert kind.look(unsigned, machine.known).tone is Tone.PLAIN
    unknown = await said(newer.commit)
    assert unknown.key.startswith("RSA ")
    assert unknown.says == "Can't check signature: public key not found"
    assert kind.look(unknown, machine.known).tone is Tone.WARN
    signer.trusted_by(machine.tree)
    known = await said(newer.commit)
    assert known.says.startswith('Good signature from "Release')
    assert kind.look(known, machine.known) == WELL


@pytest.mark.skipif(not shutil.which("gpg"), reason="gpg is not installed")
async def test_a_signature_carried_over_to_another_commit_is_called_bad(
    machine: Machine, signer: Signer
) -> None:
    newer, older = await two(machine)
    signer.sign(machine.tree, older.commit)
    signer.trusted_by(machine.tree)
    machine.tree.carry_signature(older.commit, newer.commit)
    (row,) = await machine.read("ostree-signatures", f"here/{newer.commit}")
    assert (row.says.startswith("BAD signature from"), row.made) == (True, "")
    kind: Any = kind_named("ostree-signatures")
    assert kind.look(row, machine.known).tone is Tone.BAD


def test_a_good_signature_of_a_key_that_expired_is_not_called_well(machine: Machine) -> None:
    kind: Any = kind_named("ostree-signatures")
    body = {"machine": "here", "commit": "1" * 64, "sort": "GPG"}
    for words, is_well in (("Key expires Sat Nov 28 2037", True), ("Key expired Nov 2025", False)):
        row = kind.model.read({**body, "says": f'Good signature from "Release" {words}'})
        assert (kind.look(row, machine.known) == WELL) is is_well


async def test_a_commit_from_the_log_is_deployed_and_that_is_destructive(machine: Machine) -> None:
    await two(machine)
    third = machine.tree.commit("302", curl="8.14.1-3")
    newest, *_ = await machine.read("ostree-commits", f"here/{BRANCH}")
    assert newest.commit == third
    commits: Any = kind_named("ostree-commits")
    deploy = commits.action("deploy")
    assert deploy.risk(newest, Nothing(), machine.known) is Risk.DESTRUCTIVE
    await machine.act(commits, "deploy", newest)
    assert machine.tree.known()["0"] == third


async def test_a_broken_object_is_found_by_the_check_in_its_own_words(machine: Machine) -> None:
    await two(machine)
    refs: Any = kind_named("ostree-refs")
    (ref,) = await machine.read("ostree-refs")
    assert (await machine.act(refs, "verify", ref))["code"] == 0
    machine.tree.break_one("tool 301")
    with pytest.raises(Rejected, match="Object missing in commits"):
        await machine.act(refs, "verify", ref)
    newest, *_ = await machine.read("ostree-commits", f"here/{BRANCH}")
    commits: Any = kind_named("ostree-commits")
    with pytest.raises(Rejected, match="find file object"):
        await machine.act(commits, "deploy", newest)


def on_starlingx() -> Known:
    place = Place(platform={"nodetype": "controller"}, phase=Phase.CONFIGURED)
    return machines.known(replace(machines.STANDBY, platform=place.platform))


def test_where_usm_owns_the_software_nothing_is_deployed_behind_its_back() -> None:
    known = on_starlingx()
    rows = known.rows("ostree-deployments")
    words = "USM does: deploy a release there, or turn its deploy back"
    for name in ("rollback", "undeploy", "cleanup"):
        assert words in refused(OSTREE, name, rows[-1], known)
    assert refused(OSTREE, "pin", rows[-1], known) == []
    hosts = [{"uuid": "h", "id": 1, "hostname": "controller-1", "administrative": "unlocked"}]
    hosts[0].update(operational="enabled", availability="available")
    far = replace(
        known,
        place=LAPTOP,
        readings={**known.readings, ("hosts", ""): reading("hosts", hosts)},
    )
    there = rows[-1].model_copy(update={"machine": "controller-1"})
    assert words in refused(OSTREE, "undeploy", there, far)
    # One that sysinv alone knows goes by its address, one of the settings by any name.
    hosts[0]["mgmt_ip"] = "192.168.204.3"
    names = [
        {"uuid": "192.168.204.3", "name": "controller-1", "address": "192.168.204.3"},
        {"uuid": "the-old-one", "name": "the-old-one", "address": "192.168.204.3"},
        {"uuid": "bench", "name": "bench", "address": "10.0.0.9"},
    ]
    more = {("hosts", ""): reading("hosts", hosts), ("machines", ""): reading("machines", names)}
    far = replace(far, readings={**far.readings, **more})
    for machine in ("192.168.204.3", "the-old-one"):
        there = rows[-1].model_copy(update={"machine": machine})
        assert words in refused(OSTREE, "undeploy", there, far)
    action = OSTREE.action("undeploy")
    assert action is not None
    bench = action.reasons(rows[-1].model_copy(update={"machine": "bench"}), Nothing(), far)
    assert bench[0].answer is Answer.CANT_TELL


def test_of_a_machine_elsewhere_nobody_knows_whose_it_is_before_the_hosts_were_read() -> None:
    known = replace(machines.known(), place=LAPTOP)
    known = replace(known, readings={k: v for k, v in known.readings.items() if k[0] != "hosts"})
    row = known.rows("ostree-deployments")[-1].model_copy(update={"machine": "controller-1"})
    action = OSTREE.action("cleanup")
    assert action is not None
    (reason,) = action.reasons(row, Nothing(), known)
    assert reason.answer is Answer.CANT_TELL


def test_what_runs_is_not_undeployed_and_an_unlocked_tree_is_told() -> None:
    known = replace(machines.known(), place=LAPTOP)
    runs = next(row for row in known.rows("ostree-deployments") if row.is_booted)
    assert refused(OSTREE, "undeploy", runs, known) == ["it is what runs now"]
    text = f"* debian {'1' * 64}.0\n    Unlocked: hotfix\n"
    (body,) = deployments_of_ostree(text)
    row = OSTREE.model.read({**body, "machine": "here"})  # type: ignore[dict-item]
    assert "unlocked (hotfix)" in OSTREE.look(row, known).notes[0]
