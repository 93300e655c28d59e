"""Ed25519 signatures of commits of a real OSTree, by keys made here: checked by the console."""

from __future__ import annotations

import base64
import shutil
from pathlib import Path
from typing import Any, List

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from backend.kinds import kind_named
from backend.ostree_signed import checked
from backend.tone import WELL, Tone
from tests.backend.kinds.test_machine_ostree import Machine

pytestmark = pytest.mark.skipif(not shutil.which("ostree"), reason="ostree is not installed")


def public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


@pytest.fixture
def key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


async def signatures(machine: Machine, commit: str) -> List[Any]:
    rows = await machine.read("ostree-signatures", f"here/{commit}")
    return [row for row in rows if row.sort == "ed25519"]


def tone(machine: Machine, row: Any) -> Tone:
    kind: Any = kind_named("ostree-signatures")
    found = kind.look(row, machine.known)
    assert (found == WELL) == (found.tone is Tone.GOOD)
    tone: Tone = found.tone
    return tone


def signed(machine: Machine, *keys: Ed25519PrivateKey) -> str:
    commit = machine.tree.commit("301", curl="8.14.1-2")
    data = machine.tree.commit_bytes(commit)
    machine.tree.sign(commit, *(key.sign(data) for key in keys))
    return commit


async def test_a_signature_by_a_trusted_key_is_good_and_says_by_which(
    machine: Machine, key: Ed25519PrivateKey
) -> None:
    commit = signed(machine, Ed25519PrivateKey.generate(), key)
    machine.tree.trust("trusted", public(Ed25519PrivateKey.generate()), public(key))
    stranger, row = await signatures(machine, commit)
    assert stranger.says == "not by any of the 2 keys that this machine trusts"
    assert tone(machine, stranger) is Tone.WARN
    assert row.key == public(key).hex()
    assert row.says.startswith("Good signature, by the key in ")
    assert row.says.endswith("/etc/ostree/trusted.ed25519.d/vendor")
    assert tone(machine, row) is Tone.GOOD


async def test_a_signature_carried_over_to_another_commit_is_not_proved(
    machine: Machine, key: Ed25519PrivateKey
) -> None:
    commit = signed(machine, key)
    machine.tree.trust("trusted", public(key))
    other = machine.tree.commit("302", curl="8.14.1-3")
    machine.tree.carry_signature(commit, other)
    (row,) = await signatures(machine, other)
    assert (row.says, row.key) == ("not by the one key that this machine trusts", "")
    assert tone(machine, row) is Tone.WARN


async def test_a_key_that_is_revoked_is_called_bad_though_it_is_trusted_too(
    machine: Machine, key: Ed25519PrivateKey
) -> None:
    commit = signed(machine, key)
    machine.tree.trust("trusted", public(key))
    machine.tree.trust("revoked", public(key))
    (row,) = await signatures(machine, commit)
    assert row.says == "BAD signature: made by a key that is revoked here"
    assert tone(machine, row) is Tone.BAD


async def test_without_a_key_here_a_signature_is_told_and_not_called_checked(
    machine: Machine, key: Ed25519PrivateKey
) -> None:
    (row,) = await signatures(machine, signed(machine, key))
    assert row.says == "not checked: this machine trusts no ed25519 key"
    assert tone(machine, row) is Tone.WARN


async def test_a_commit_whose_object_is_damaged_proves_nothing(
    machine: Machine, key: Ed25519PrivateKey
) -> None:
    commit = signed(machine, key)
    raw = machine.tree.commit_bytes(commit)
    machine.tree.trust("trusted", public(key))
    (good,) = await signatures(machine, commit)
    assert tone(machine, good) is Tone.GOOD
    other = commit.translate(str.maketrans("0123456789abcdef", "123456789abcdef0"))
    (found,) = checked(other, "[[byte " + ", ".join(["0x01"] * 64) + "]]", _printed(raw))
    assert found.says.startswith("BAD signature: the commit's own object is damaged")


async def test_a_signature_that_ends_with_a_zero_byte_is_read_whole(
    machine: Machine, key: Ed25519PrivateKey
) -> None:
    commit = machine.tree.commit("301", curl="8.14.1-2")
    # No key makes it: GVariant prints such bytes as a string, with its own escapes.
    odd = b"'\"\\\n\x7f\xff" + b"A" * 57 + b"\0"
    machine.tree.sign(commit, odd, b"B" * 12)
    machine.tree.trust("trusted", public(key))
    whole, short = await signatures(machine, commit)
    assert whole.says == "not by the one key that this machine trusts"
    assert short.says == "BAD signature: 12 bytes, and ed25519 makes 64"


async def test_a_commit_that_lies_elsewhere_is_told_as_signed_and_not_checked(
    machine: Machine, key: Ed25519PrivateKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = signed(machine, key)
    machine.tree.trust("trusted", public(key))
    child = machine.tree.path / "child"
    machine.tree.run("init", f"--repo={child}", "--mode=bare-user-only")
    machine.tree.run("config", f"--repo={child}", "set", "core.parent", str(machine.tree.repo))
    monkeypatch.setenv("OSTREE_REPO", str(child))
    (row,) = await signatures(machine, commit)
    assert row.says == "not checked: the commit's own object lies elsewhere"
    assert tone(machine, row) is Tone.WARN


async def test_a_commit_without_such_a_signature_tells_of_none(machine: Machine) -> None:
    commit = machine.tree.commit("301", curl="8.14.1-2")
    assert await signatures(machine, commit) == []
    assert len(await machine.read("ostree-signatures", f"here/{commit}")) == 1


def _printed(raw: bytes) -> str:
    return f"{base64.b64encode(raw).decode()}\n-- keys\n"
