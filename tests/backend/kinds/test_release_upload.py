"""A release on its way to the shelf: what it sends, what stands against it, and how it ends."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, AsyncIterator, Dict, List, Optional, Tuple
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from backend.deed import Deed, Outcome, carrying
from backend.errors import Unreachable
from backend.forms import filled
from backend.kind import Answer, Form
from backend.kinds.release_upload import UPLOAD
from backend.kinds.releases import RELEASES
from backend.simulator import Simulator
from backend.simulator.shipping import SIGNED, members_of
from backend.station import Station
from tests.backend.simulator.client import Client
from tests.backend.simulator.shipped import archive, patch
from tests.backend.sources.sshd import free_port
from tests.test_whole_act import opened

NEW = "starlingx-24.09.303"


@pytest_asyncio.fixture
async def station(tmp_path: Path) -> AsyncIterator[Tuple[Station, Client]]:
    async with Simulator("site-7", frozen=True) as simulator, Client(simulator) as client:
        opened_ = await opened(tmp_path, simulator)
        try:
            yield opened_, client
        finally:
            await opened_.close()


def file(path: Path, name: str, content: bytes = b"x") -> str:
    (path / name).write_bytes(content)
    return str(path / name)


def form(**texts: str) -> Form:
    made = filled(UPLOAD.form, texts)
    assert isinstance(made, Form), made
    return made


async def asked(station: Station, given: Form) -> Any:
    for name in ("hosts", "releases"):
        await station.watch.read_now(name)
    return station.acts.preview(RELEASES, UPLOAD, (), given)


async def uploaded(station: Station, path: str) -> Deed:
    preview = await asked(station, form(file=path))
    (deed,) = await station.acts.do(preview, typed="yes", why="medium 3")
    return deed


async def ended(station: Station, client: Client, deed: Deed) -> Deed:
    """Let the pretend time go on until the deed is over."""
    for _ in range(20):
        await client.sim.advance(15)
        for name in ("hosts", "releases"):
            await station.watch.read_now(name)
        await station.settled()
        deed = next(one for one in station.watch.known.memory.deeds if one.number == deed.number)
        if not deed.is_open:
            break
    return deed


async def test_a_release_from_a_medium_is_brought_onto_the_shelf_and_followed_to_it(
    station: Tuple[Station, Client], tmp_path: Path
) -> None:
    here, client = station
    path = file(tmp_path, f"{NEW}.patch", patch("24.09.303", fill=700_000))
    preview = await asked(here, form(file=path))
    assert preview.requests == (f"POST usm/release @{path}",)
    assert preview.commands == (f"software upload {path}",)
    carried: List[str] = []
    here.watch.listen(lambda known, _: carried.extend(filter(None, map(carrying, known.running()))))
    deed = await uploaded(here, path)
    assert deed.outcome is Outcome.FOLLOWED
    assert carried[-1].endswith("all of it is there, the service is looking at it")
    assert (await ended(here, client, deed)).outcome is Outcome.DONE
    row = here.watch.known.row("releases", NEW)
    assert (row.state, row.cves) == ("available", ("CVE-2026-4711",))


def shelf(client: Client) -> Dict[str, str]:
    """Return what stands on the pretend shelf, by id."""
    return {one["release_id"]: one["state"] for one in client.sim.cloud.software.releases}


async def test_a_bad_signature_of_a_patch_is_refused_in_usms_words_within_its_200(
    station: Tuple[Station, Client], tmp_path: Path
) -> None:
    here, client = station
    before = shelf(client)
    path = file(tmp_path, f"{NEW}.patch", patch("24.09.303", signed=b"by somebody"))
    deed = await uploaded(here, path)
    assert (deed.outcome, deed.answer) == (
        Outcome.REFUSED,
        f"Failed to upload release {NEW}",
    )
    assert shelf(client) == before
    # What was changed after it was signed is refused alike: its sum is another.
    members = members_of(patch("24.09.303"))
    changed = {**members, "software.tar": members["software.tar"] + b"more"}
    deed = await uploaded(here, file(tmp_path, "changed.patch", archive(changed, "w:gz")))
    assert (deed.outcome, deed.answer) == (Outcome.REFUSED, f"Failed to upload release {NEW}")
    assert shelf(client) == before


async def test_a_bad_signature_of_an_image_is_refused_in_usms_words(
    station: Tuple[Station, Client], tmp_path: Path
) -> None:
    here, client = station
    before = shelf(client)
    image = file(tmp_path, "big.iso", b"RELEASE=25.03.0\n")
    given = form(file=image, signature=file(tmp_path, "big.sig", b"by somebody"))
    (deed,) = await here.acts.do(await asked(here, given), typed="yes", why="")
    assert (deed.outcome, deed.answer) == (
        Outcome.REFUSED,
        "Software big.iso:big.sig signature validation failed",
    )
    assert shelf(client) == before


async def test_a_file_that_was_cut_off_on_its_medium_is_refused_in_usms_words(
    station: Tuple[Station, Client], tmp_path: Path
) -> None:
    here, client = station
    before = shelf(client)
    deed = await uploaded(here, file(tmp_path, "short.patch", patch("24.09.303")[:-200]))
    assert deed.outcome is Outcome.REFUSED
    assert deed.answer.startswith("Internal error occurred. Error signature [")
    assert shelf(client) == before


async def test_no_space_for_an_upload_is_refused_in_usms_words_and_was_warned_of(
    station: Tuple[Station, Client], tmp_path: Path
) -> None:
    here, client = station
    before = shelf(client)
    path = file(tmp_path, "long.patch", patch("24.09.303"))
    preview = await asked(here, form(file=path))
    # USM says no more than that it failed: what it may be is said before it is sent.
    warned = {one.check: one.words for one in preview.reasons if one.answer is Answer.CANT_TELL}
    assert warned["room in /scratch of the active controller"] == (
        "where it is full USM says no more than: internal error"
    )
    client.sim.cloud.software.doomed.add("upload")
    deed = await uploaded(here, path)
    assert deed.outcome is Outcome.REFUSED
    assert deed.answer.startswith("Internal error occurred. Error signature [")
    assert shelf(client) == before
    # There is room again: the same file is taken.
    deed = await ended(here, client, await uploaded(here, path))
    assert (deed.outcome, shelf(client)[NEW]) == (Outcome.DONE, "available")


async def test_an_upload_whose_line_is_cut_in_the_middle_is_unknown_and_leaves_nothing_on_the_shelf(
    tmp_path: Path,
) -> None:
    path = file(tmp_path, f"{NEW}.patch", patch("24.09.303", fill=3_000_000))
    async with Simulator("site-7", frozen=True) as simulator, Client(simulator) as client:
        before = shelf(client)
        async with cutting(simulator.url, after=1_000_000) as url:
            here = await opened(tmp_path, simulator, usm=f"{url}/usm")
            try:
                deed = await uploaded(here, path)
                assert deed.outcome is Outcome.UNKNOWN, deed.answer
                assert "usm" in deed.answer
                deed = await ended(here, client, deed)
            finally:
                await here.close()
        assert deed.outcome is Outcome.UNKNOWN
        assert "nothing more of it was seen" in deed.answer
        assert shelf(client) == before
        uploads = [one for one in simulator.requests if one[:2] == ("POST", "/usm/v1/release")]
        assert uploads == []  # cut before it was whole, and never sent again


@asynccontextmanager
async def cutting(url: str, after: int) -> AsyncIterator[str]:
    """Stand before a server, and cut every connection that carried so many bytes to it."""
    there = urlsplit(url)

    async def carry(
        source: asyncio.StreamReader, to: asyncio.StreamWriter, most: Optional[int]
    ) -> None:
        gone = 0
        with suppress(ConnectionError):
            while block := await source.read(65_536):
                gone += len(block)
                if most is not None and gone > most:
                    break
                to.write(block)
                await to.drain()
        to.transport.abort()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(there.hostname, there.port)
        ways = [
            asyncio.ensure_future(carry(reader, far_writer, after)),
            asyncio.ensure_future(carry(far_reader, writer, None)),
        ]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for one in (far_writer, writer):
            one.transport.abort()
        await asyncio.gather(*ways)

    server = await asyncio.start_server(connected, "127.0.0.1", free_port())
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.close()


async def test_an_upload_whose_line_is_lost_is_done_only_when_it_is_seen_on_the_shelf(
    station: Tuple[Station, Client], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, client = station
    path = file(tmp_path, f"{NEW}.patch", patch("24.09.303"))
    send = here.cloud.send

    async def lost(*args: Any) -> Any:
        await send(*args)
        raise Unreachable("usm", "the connection was cut", sent=True)

    monkeypatch.setattr(here.cloud, "send", lost)
    deed = await uploaded(here, path)
    assert deed.outcome is Outcome.UNKNOWN
    assert (await ended(here, client, deed)).outcome is Outcome.DONE

    async def never(*_: Any) -> Any:
        raise Unreachable("usm", "the connection was cut", sent=True)

    monkeypatch.setattr(here.cloud, "send", never)
    deed = await ended(here, client, await uploaded(here, path))
    assert deed.outcome is Outcome.UNKNOWN
    assert "nothing more of it was seen" in deed.answer


async def test_an_upload_that_usm_gives_up_later_has_failed(
    station: Tuple[Station, Client], tmp_path: Path
) -> None:
    here, client = station
    deed = await uploaded(here, file(tmp_path, f"{NEW}.patch", patch("24.09.303")))
    await client.sim.advance(60)
    client.sim.cloud.software.release(NEW)["state"] = "upload-failed"
    deed = await ended(here, client, deed)
    assert (deed.outcome, f"upload-failed of {NEW}" in deed.answer) == (Outcome.FAILED, True)


# --- what stands against it --------------------------------------------------------------------


async def refusals(station: Station, **texts: str) -> Dict[str, str]:
    preview = await asked(station, form(**texts))
    return {one.check: one.words for one in preview.reasons if one.answer is Answer.NO}


async def test_usm_goes_by_the_name_and_an_image_wants_its_signature_beside_it(
    station: Tuple[Station, Client], tmp_path: Path
) -> None:
    here, client = station
    text, image = file(tmp_path, "notes.txt"), file(tmp_path, "big.iso", b"RELEASE=25.03.0\n")
    signature = file(tmp_path, "big.sig", SIGNED)
    (words,) = (await refusals(here, file=text)).values()
    assert "neither" in words
    (words,) = (await refusals(here, file=image)).values()
    assert ".sig alone" in words
    assert not await refusals(here, file=image, signature=signature)
    for name, role in (("controller-0", "Standby"), ("controller-1", "Active")):
        host = client.sim.cloud.named(name)
        host.capabilities = {**host.capabilities, "Personality": f"Controller-{role}"}
    (words,) = (await refusals(here, file=image, signature=signature)).values()
    assert words == "controller-1 is: swact first"


async def test_one_upload_at_a_time(station: Tuple[Station, Client], tmp_path: Path) -> None:
    here, client = station
    path = file(tmp_path, f"{NEW}.patch", patch("24.09.303"))
    client.sim.cloud.software.releases[-1]["state"] = "uploading"
    words = await refusals(here, file=path)
    assert words == {"no other upload is under way": "starlingx-24.09.302 is uploading"}


def test_how_much_of_a_file_is_on_its_way_is_said_with_an_honest_estimate() -> None:
    deed = Deed(
        number="1",
        cloud="c",
        kind="releases",
        action="upload",
        row_id="",
        label="",
        who="ann",
        terminal="",
        began_ms=0,
        sent_ms=0,
    )
    assert carrying(deed) == ""
    some = replace(deed, carried=(12 << 20, 240 << 20, 14_000))
    assert carrying(some) == "12M of 240M, 5 %, 0:14 gone, about 4:26 to go"
    assert carrying(replace(some, answered_ms=15_000)) == ""
