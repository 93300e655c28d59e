"""A real OSTree on a machine behind a real sshd: read, compared, pinned, checked from afar."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, AsyncIterator, List

import pytest
import pytest_asyncio

from backend.errors import Rejected
from backend.kinds import kind_named
from backend.kinds.machine_ostree import OSTREE
from backend.settings import CloudSettings
from backend.sources.machines import Machines
from backend.sources.tls import Pins
from tests.backend.kinds.ostree_tree import BRANCH
from tests.backend.kinds.test_machine_ostree import Machine
from tests.backend.sources.sshd import PROGRAM, serving

pytestmark = [
    pytest.mark.peer,
    pytest.mark.xdist_group("sshd"),
    pytest.mark.skipif(not shutil.which("ostree"), reason="ostree is not installed"),
    pytest.mark.skipif(PROGRAM is None, reason="sshd is not installed"),
]
HOST = "worker-0"


class Far(Machine):
    """That tree once more, behind SSH: what asks here does not know where it lies."""

    async def read(self, name: str, parent: str = HOST) -> List[Any]:
        return await super().read(name, parent)


@pytest_asyncio.fixture
async def far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Far]:
    made = Far(tmp_path, monkeypatch)
    # The far sessions find it by their environment; here nothing is left to find it by.
    there = f"SetEnv OSTREE_SYSROOT={made.tree.sysroot} OSTREE_REPO={made.tree.repo}"
    with serving(there, "PermitRootLogin prohibit-password") as sshd:
        sshd.trusted("127.0.0.1")
        settings = CloudSettings(name="c", ssh=sshd.settings({HOST: "127.0.0.1"}))
        made.wire = Machines(settings, Pins(sshd.folder / "pins.json"))
        try:
            yield made
        finally:
            await made.wire.close()


async def two(far: Far) -> List[Any]:
    first = far.tree.commit("300", curl="8.14.1-1", vim="9.1")
    second = far.tree.commit("301", curl="8.14.1-2", tmux="3.5")
    for commit in (first, second):
        far.tree.deploy(commit)
    return await far.read("ostree-deployments")


async def test_what_a_host_can_boot_is_told_from_afar_and_pinned_there(far: Far) -> None:
    newer, older = await two(far)
    assert (newer.machine, newer.version, older.version) == (HOST, "24.09.301", "24.09.300")
    await far.act(OSTREE, "pin", older)
    assert [row.pinned for row in await far.read("ostree-deployments")] == [False, True]
    assert "Pinned: yes" in far.tree.run("admin", "status")


async def test_its_log_and_what_differs_down_to_packages_come_over(far: Far) -> None:
    newer, older = await two(far)
    log = await far.read("ostree-commits", f"{HOST}/{BRANCH}")
    assert [row.version for row in log] == ["24.09.301", "24.09.300"]
    changes = await far.read("ostree-packages", f"{HOST}/{newer.commit}/{older.commit}")
    assert {row.name.partition(":")[0] for row in changes} == {"curl", "tmux", "vim"}
    (signature,) = await far.read("ostree-signatures", f"{HOST}/{newer.commit}")
    assert signature.says == "no signature"


async def test_a_broken_object_is_found_there_by_its_check_in_ostree_s_own_words(far: Far) -> None:
    await two(far)
    refs: Any = kind_named("ostree-refs")
    (ref,) = await far.read("ostree-refs")
    assert (await far.act(refs, "verify", ref))["code"] == 0
    far.tree.break_one("tool 301")
    with pytest.raises(Rejected, match="Object missing in commits"):
        await far.act(refs, "verify", ref)


async def test_an_undeploy_and_the_way_back_are_done_there(far: Far) -> None:
    newer, older = await two(far)
    await far.act(OSTREE, "rollback", older)
    first, *_ = await far.read("ostree-deployments")
    assert first.commit == older.commit
    await far.act(OSTREE, "undeploy", next(row for row in _ if row.commit == newer.commit))
    assert {row.commit for row in await far.read("ostree-deployments")} == {older.commit}
