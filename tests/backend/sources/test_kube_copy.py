"""A tar that a container sends: the one file that was asked for is kept, all else is refused."""

from __future__ import annotations

import hashlib
import io
import json
import resource
import socket
import tarfile
from pathlib import Path
from typing import Any, List, Tuple

import pytest
from websocket import ABNF

from backend.errors import Rejected
from backend.sources.kube_copy import _blocks, unpack

Member = Tuple[str, bytes, bytes]


class Line:
    """A websocket that has said all already: a tar in small pieces, then how it ended."""

    def __init__(self, raw: bytes, code: int = 0, words: bytes = b"") -> None:
        self._near, self.sock = socket.socketpair()
        self._near.send(b"x")  # there is always something to be heard
        pieces = [b"\x01" + raw[at : at + 700] for at in range(0, len(raw), 700)]
        status: Any = {"status": "Success"}
        if code:
            cause = {"reason": "ExitCode", "message": str(code)}
            status = {"status": "Failure", "details": {"causes": [cause]}}
        pieces += [b"\x02" + words] if words else []
        self._said = [*pieces, b"\x03" + json.dumps(status).encode()]

    def recv_data(self, *, control_frame: bool) -> Tuple[int, bytes]:
        assert control_frame
        if self._said:
            return ABNF.OPCODE_BINARY, self._said.pop(0)
        return ABNF.OPCODE_CLOSE, b""

    def close(self) -> None:
        self._near.close()
        self.sock.close()


def tarred(*members: Member) -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as tar:
        for name, content, sort in members:
            info = tarfile.TarInfo(name)
            info.size, info.type = len(content), sort
            info.linkname = "/etc/shadow" if sort in (tarfile.SYMTYPE, tarfile.LNKTYPE) else ""
            tar.addfile(info, io.BytesIO(content))
    return raw.getvalue()


def unpacked(tmp_path: Path, raw: bytes, **more: Any) -> Tuple[int, str, Any]:
    line = Line(raw, **more)
    told: List[Tuple[int, int]] = []
    try:
        return unpack(line, "/var/x", tmp_path / "part", lambda *at: told.append(at))
    finally:
        line.close()


def test_the_file_that_was_asked_for_is_kept(tmp_path: Path) -> None:
    size, digest, ran = unpacked(tmp_path, tarred(("./x", b"content" * 1000, tarfile.REGTYPE)))
    assert (size, len(digest), ran.code) == (7000, 64, 0)
    assert (tmp_path / "part").read_bytes() == b"content" * 1000


@pytest.mark.parametrize(
    ("name", "sort"),
    [
        ("../../etc/passwd", tarfile.REGTYPE),
        ("/etc/passwd", tarfile.REGTYPE),
        ("y", tarfile.REGTYPE),
        ("./x/../../y", tarfile.REGTYPE),
        ("x", tarfile.SYMTYPE),
        ("x", tarfile.LNKTYPE),
        ("x", tarfile.CHRTYPE),
        ("x", tarfile.DIRTYPE),
        ("x", tarfile.FIFOTYPE),
    ],
)
def test_a_member_that_would_leave_its_place_is_refused(
    tmp_path: Path, name: str, sort: bytes
) -> None:
    content = b"root" if sort == tarfile.REGTYPE else b""
    with pytest.raises(Rejected, match=r"refused|only files"):
        unpacked(tmp_path, tarred((name, content, sort)))
    assert not (tmp_path / "part").exists()


def test_a_second_member_is_refused(tmp_path: Path) -> None:
    both = (("x", b"a", tarfile.REGTYPE), ("../y", b"b", tarfile.REGTYPE))
    with pytest.raises(Rejected, match="as well: refused"):
        unpacked(tmp_path, tarred(*both))
    assert not (tmp_path.parent / "y").exists()


def test_a_link_in_place_of_our_own_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "part").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Rejected, match="symbolic links"):
        unpacked(tmp_path, tarred(("x", b"a", tarfile.REGTYPE)))
    assert not (tmp_path / "elsewhere").exists()


def test_a_container_without_tar_says_so_itself(tmp_path: Path) -> None:
    _, _, ran = unpacked(tmp_path, b"", code=127, words=b"sh: tar: not found\n")
    assert (ran.code, ran.words) == (127, "sh: tar: not found")
    _, _, ran = unpacked(tmp_path, b"OCI runtime: no tar", code=126)
    assert ran.code == 126


def test_a_disk_that_takes_a_part_of_a_block_alone_is_said_and_not_taken_for_all(
    tmp_path: Path,
) -> None:
    raw = tarred(("x", b"c" * 100_000, tarfile.REGTYPE))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    # As the last block of a disk that is nearly full: some of it is written, and no error is told.
    resource.setrlimit(resource.RLIMIT_FSIZE, (70_000, before[1]))
    try:
        with pytest.raises(Rejected, match="this machine"):
            unpacked(tmp_path, raw)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_of_ours_that_fails_is_no_fault_of_the_line() -> None:
    # Its first byte cannot be read (EIO).
    with io.FileIO("/proc/self/mem") as file, pytest.raises(Rejected, match="this machine"):
        list(_blocks(file, 10, hashlib.sha256(), b"", b"", lambda *_at: None))
