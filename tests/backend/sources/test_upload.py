"""A file goes out as a form, from the disk; one that cannot be read sends nothing."""

from __future__ import annotations

import os
import threading
from email import message_from_bytes
from pathlib import Path
from typing import Dict, List, Tuple

import httpx
import pytest

from backend.errors import Missing
from backend.mask import MASK
from backend.plan import RestWrite
from backend.sources.rest import RestService
from backend.sources.upload import BLOCK_BYTES, FileForm, Part, named
from tests.backend.sources.clouds import Cloud
from tests.backend.sources.loopback import Asked, Reply
from tests.backend.sources.test_rest import of_sysinv, site

CONTENT = bytes(range(256)) * (BLOCK_BYTES // 100)


def parts_of(kind: str, body: bytes) -> Dict[str, Tuple[str, bytes]]:
    """Return the fields of a form as it came: file name ("": none) and content."""
    message = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
    found = {}
    for part in message.walk():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if name and isinstance(content, bytes):
            found[str(name)] = (part.get_filename() or "", content)
    return found


def big(path: Path) -> Path:
    """Return a file larger than is held at a time."""
    file = path / "cert.pem"
    file.write_bytes(CONTENT)
    return file


async def test_a_file_is_sent_as_the_vendors_client_sends_it(tmp_path: Path) -> None:
    form = FileForm((Part(path=str(big(tmp_path))),), {"mode": "ssl_ca"})
    async with site(tmp_path, lambda _: Reply(b'{"success": "yes"}')) as (rest, server):
        answer = await rest.send("POST", "/certificate/certificate_install", upload=form)
        (asked,) = of_sysinv(server)
    assert answer == {"success": "yes"}
    assert parts_of(asked.headers["content-type"], asked.body) == {
        "mode": ("", b"ssl_ca"),
        "file": ("for_upload", CONTENT),
    }
    assert int(asked.headers["content-length"]) == form.length == len(asked.body)
    assert "transfer-encoding" not in asked.headers


async def test_several_files_go_under_their_own_names_and_it_is_told_how_far_they_are(
    tmp_path: Path,
) -> None:
    (tmp_path / "big.sig").write_bytes(b"signed")
    told: List[Tuple[int, int]] = []
    paths = (str(big(tmp_path)), str(tmp_path / "big.sig"))
    form = FileForm(named(paths), {}, lambda gone, of: told.append((gone, of)), patience_s=1800)
    async with site(tmp_path, lambda _: Reply(b"{}")) as (rest, server):
        await rest.send("POST", "/release", upload=form)
        (asked,) = of_sysinv(server)
    assert parts_of(asked.headers["content-type"], asked.body) == {
        "cert.pem": ("cert.pem", CONTENT),
        "big.sig": ("big.sig", b"signed"),
    }
    assert told == sorted(told)
    assert told[-1] == (form.length, form.length)
    assert form.takes_s > 1800


async def test_a_file_met_by_an_expired_token_is_sent_again_from_its_beginning(
    tmp_path: Path,
) -> None:
    cloud = Cloud(
        lambda request: httpx.Response(200 if request.headers["x-auth-token"] == "token-2" else 401)
    )
    form = FileForm((Part(path=str(big(tmp_path))),), {})
    rest = RestService("sysinv", cloud.keystone(tmp_path))
    await rest.send("POST", "/license/install_license", upload=form)
    first, second = (parts_of(one.headers["content-type"], one.content) for one in cloud.asked)
    assert first == second == {"file": ("for_upload", CONTENT)}


async def test_a_file_that_grows_meanwhile_is_sent_as_long_as_it_was_said_to_be(
    tmp_path: Path,
) -> None:
    form = FileForm((Part(path=str(big(tmp_path))),), {})
    with (tmp_path / "cert.pem").open("ab") as file:
        file.write(b"more")

    def script(asked: Asked) -> Reply:
        return Reply(str(len(asked.body)).encode())

    async with site(tmp_path, script) as (rest, _):
        assert await rest.send("POST", "/x", upload=form) == form.length


@pytest.mark.parametrize("name", ["nothing.pem", "."])
def test_a_file_that_cannot_be_read_is_named_with_the_reason(tmp_path: Path, name: str) -> None:
    with pytest.raises(Missing, match=r"cannot be read: (no such file|is a directory)"):
        FileForm((Part(path=str(tmp_path / name)),), {})


def test_a_write_says_its_file_by_its_path_and_no_secret() -> None:
    write = RestWrite(
        service="sysinv",
        method="POST",
        path="/certificate/certificate_install",
        body={"mode": "ssl", "passphrase": "open sesame"},
        secret=frozenset({"passphrase"}),
        file="/tmp/cert.pem",
    )
    assert write.request == (
        "POST sysinv/certificate/certificate_install "
        f'{{"mode": "ssl", "passphrase": "{MASK}"}} file=@/tmp/cert.pem'
    )


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    found: List[BaseException] = []

    def make() -> None:
        try:
            FileForm((Part(path=str(pipe)),), {})
        except Missing as error:
            found.append(error)

    thread = threading.Thread(target=make, daemon=True)
    thread.start()
    thread.join(5)
    assert [str(error) for error in found] == [f"{pipe} cannot be read: it is no file"]
