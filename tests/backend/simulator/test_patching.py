"""A pretend system older than USM: sw-patch in its place, as its own client speaks with it.

The table is kept after the source of that client (update, cgcs-patch, release 8): method and path
as it sends them, and the keys that it goes on to read.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, AsyncIterator, Dict, List

import pytest_asyncio

from backend.simulator import Simulator
from tests.backend.simulator.client import Client
from tests.backend.simulator.shipped import patch

TABLE = Path(__file__).parent / "vendor_patch_requests.json"
LINES: List[Dict[str, Any]] = json.loads(TABLE.read_text(encoding="utf-8"))
AT = "/patching/v1"


@pytest_asyncio.fixture
async def old() -> AsyncIterator[Client]:
    """A standard cloud with sw-patch, and its administrator."""
    async with (
        Simulator("standard", frozen=True, older=True, token_lifetime_s=10**6) as simulator,
        Client(simulator) as client,
    ):
        yield client


async def states(client: Client) -> Dict[str, str]:
    said = (await client.get(f"{AT}/query"))["pd"]
    return {name: one["patchstate"] for name, one in said.items()}


async def post(client: Client, path: str, **more: Any) -> Any:
    return (await client.http.post(f"{AT}{path}", **more)).json()


async def test_the_catalogue_has_patching_in_the_place_of_usm(old: Client) -> None:
    found = (await old.get("/identity/v3/auth/catalog"))["catalog"]
    names = {one["name"] for one in found}
    assert "patching" in names
    assert "usm" not in names
    assert (await old.http.get("/usm/v1/release")).status_code == 404


async def test_what_its_client_sends_is_taken_one_after_the_other(old: Client) -> None:
    assert len({line["command"].split()[1] for line in LINES}) >= 18
    for line in LINES:
        if "lock" in line:
            await old.act(line["lock"], "lock")
            await old.sim.advance(120)
        more: Dict[str, Any] = {}
        if "file" in line:
            more["files"] = {"file": (line["file"], patch("24.09.9", reboot="N"))}
        reply = await old.http.request(line["method"], line["path"], **more)
        assert reply.status_code == 200, (line["command"], reply.text)
        found = reply.json()
        if "answer" in line:
            assert found == line["answer"], line["command"]
            continue
        rows = found[line["under"]] if "under" in line else found
        for row in rows.values() if line.get("named") else rows if "under" in line else [rows]:
            assert set(line["keys"]) <= row.keys(), line["command"]
        said = " ".join(str(value) for value in found.values())
        assert line.get("says", "") in said, (line["command"], said)
        await old.sim.advance(line.get("after_s", 0))


async def test_a_patch_is_partly_applied_until_every_host_has_installed_it(old: Client) -> None:
    name = "stx_24.09.2"
    assert (await post(old, f"/apply/{name}"))["info"] == f"{name} is now in the repo\n"
    assert (await states(old))[name] == "Partial-Apply"
    for host in list(old.sim.cloud.older.installed):  # type: ignore[union-attr]
        assert "request sent" in (await post(old, f"/host_install_async/{host}"))["info"]
        busy = await post(old, "/remove/stx_24.09.1")
        assert busy == {"error": "Rejected: One or more nodes are installing patches."}
        await old.sim.advance(300)
    assert (await states(old))[name] == "Applied"
    await post(old, f"/remove/{name}")
    assert (await states(old))[name] == "Partial-Remove"


async def test_a_host_that_is_not_locked_rejects_what_wants_a_reboot_unless_forced(
    old: Client,
) -> None:
    await post(old, "/apply/stx_24.09.2/stx_24.09.3")

    async def worker() -> Dict[str, Any]:
        rows = (await old.get(f"{AT}/query_hosts"))["data"]
        return next(row for row in rows if row["hostname"] == "worker-0")

    await post(old, "/host_install_async/worker-0")
    await old.sim.advance(60)
    assert ((await worker())["state"], (await worker())["patch_current"]) == (
        "install-rejected",
        False,
    )
    await post(old, "/host_install_async/worker-0/force")
    await old.sim.advance(300)
    row = await worker()
    assert (row["state"], row["patch_current"], row["requires_reboot"]) == ("idle", True, True)


async def test_what_does_not_fit_is_refused_with_200_and_an_error(old: Client) -> None:
    refused = {
        "/apply/nothing": "Patch nothing does not exist\n",
        "/apply/stx_24.09.3": "stx_24.09.2 is required by: stx_24.09.3\n",
        "/delete/stx_24.09.1": "Patch stx_24.09.1 not in Available state\n",
        "/host_install_async/nobody": "Unknown host specified: nobody\n",
        "/host_install/worker-0": "Deprecated: Use host_install_async",
    }
    for path, words in refused.items():
        assert (await post(old, path))["error"] == words


async def test_a_bad_signature_and_a_file_cut_off_are_said_in_its_words(old: Client) -> None:
    for content, words in (
        (patch("24.09.9", signed=b"nobody"), "Signature check failed"),
        (patch("24.09.9")[:300], "Failed during patch extraction"),
    ):
        said = await post(old, "/upload", files={"file": ("p.patch", content)})
        assert said["error"] == f"Patch validation failed for p:\n{words}\n"
    old.sim.cloud.software.doomed.add("upload")
    reply = await old.http.post(f"{AT}/upload", files={"file": ("p.patch", patch("24.09.9"))})
    assert (reply.status_code, "No space left" in reply.text) == (500, True)


async def test_a_reader_is_not_let_in_to_change_anything() -> None:
    async with (
        Simulator("standard", frozen=True, older=True) as simulator,
        Client(simulator, "reader") as reader,
    ):
        assert (await reader.http.post(f"{AT}/apply/stx_24.09.2")).status_code == 403
        assert (await reader.http.get(f"{AT}/query")).status_code == 200
