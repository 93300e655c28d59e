"""Ed25519 signatures of a commit of OSTree, checked here: not every build of ostree can.

OSTree signs the bytes of the commit object, and keeps the signatures beside it under
``ostree.sign.ed25519`` (GVariant's ``aay``). Keys are lines of base64 in files of two folders;
one that is among the revoked is trusted no more.
"""

from __future__ import annotations

import ast
import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Iterator, List, Tuple

METADATA_KEY = "ostree.sign.ed25519"
_SIGNATURE_BYTES, _KEY_BYTES = 64, 32
# The commit object as it lies in the repository, then each line of the keys behind its file. Where
# ostree is told of another sysroot, its keys are looked for below that.
_READ = """
repo=${OSTREE_REPO:-/sysroot/ostree/repo} rest=${1#??} root=${OSTREE_SYSROOT%/}
base64 < "$repo/objects/${1%"$rest"}/$rest.commit" || exit
echo "-- keys"
for sort in trusted revoked; do
    for at in "$root/etc/ostree/$sort" "$root/usr/share/ostree/$sort"; do
        grep -sH "" "$at.ed25519" "$at.ed25519.d"/*
    done
done
true
"""
# GVariant's own text of ``aay``: bytes in hexadecimal; what ends with a zero byte and has no other
# is written as a string without it.
_BYTES = re.compile(
    r"\[((?:byte )?0x[0-9a-f]{2}(?:, 0x[0-9a-f]{2})*)\]"
    r"|(b'(?:[^'\\]|\\.)*'|b\"(?:[^\"\\]|\\.)*\")"
)


def reading(commit: str) -> Tuple[str, ...]:
    """Return the program that prints what ``checked`` reads."""
    return ("sh", "-c", _READ, "sh", commit)


@dataclass(frozen=True)
class Checked:
    """What was found of one signature: the key that made it ("": none known here), and in words."""

    says: str
    key: str = ""


@dataclass(frozen=True)
class _Key:
    raw: bytes
    file: str

    @property
    def is_revoked(self) -> bool:
        return any(part.startswith("revoked.") for part in PurePosixPath(self.file).parts)


def checked(commit: str, signatures: str, said: str) -> List[Checked]:
    """Return what each signature is worth; ``signatures`` as ostree prints them.

    Raises ``ValueError`` where there is none, or where the commit object is not to be read.
    """
    found = list(_signatures(signatures))
    body, is_there, keys = said.partition("-- keys\n")
    raw = base64.b64decode("".join(body.split()), validate=True)
    if not found or not is_there or not raw:
        raise ValueError("no signature, or no commit to check it by")
    if hashlib.sha256(raw).hexdigest() != commit:
        words = "BAD signature: the commit's own object is damaged, its bytes make another name"
        return [Checked(says=words) for _ in found]
    known = list(_keys(keys))
    return [_judged(signature, raw, known) for signature in found]


def _signatures(text: str) -> Iterator[bytes]:
    for numbers, string in _BYTES.findall(text):
        if string:
            yield bytes(ast.literal_eval(string)) + b"\0"
        else:
            yield bytes(int(one, 16) for one in re.findall(r"0x([0-9a-f]{2})", numbers))


def _keys(lines: str) -> Iterator[_Key]:
    """Yield the keys that are 32 bytes in base64; ostree passes over other lines too."""
    for line in lines.splitlines():
        file, _, text = line.partition(":")
        try:
            raw = base64.b64decode(text.strip(), validate=True)
        except binascii.Error:
            continue
        if len(raw) == _KEY_BYTES:
            yield _Key(raw=raw, file=file)


def _judged(signature: bytes, commit: bytes, keys: List[_Key]) -> Checked:
    if len(signature) != _SIGNATURE_BYTES:
        return Checked(says=f"BAD signature: {len(signature)} bytes, and ed25519 makes 64")
    revoked = {key.raw for key in keys if key.is_revoked}
    made_by = next((key for key in keys if _is_by(key.raw, signature, commit)), None)
    if made_by is None:
        trusted = len({key.raw for key in keys} - revoked)
        if not trusted:
            return Checked(says="not checked: this machine trusts no ed25519 key")
        tried = "the one key" if trusted == 1 else f"any of the {trusted} keys"
        return Checked(says=f"not by {tried} that this machine trusts")
    name = made_by.raw.hex()
    if made_by.raw in revoked:
        return Checked(says="BAD signature: made by a key that is revoked here", key=name)
    return Checked(says=f"Good signature, by the key in {made_by.file}", key=name)


def _is_by(key: bytes, signature: bytes, data: bytes) -> bool:
    # Loaded when there is a signature to check: no first screen pays for it.
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, data)
    except InvalidSignature:  # its way of saying no
        return False
    return True
