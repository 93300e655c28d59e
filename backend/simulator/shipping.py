"""What is shipped to USM: patch files and images, opened, checked, and put on the shelf.

A patch is what the real ones are: a packed archive with ``metadata.tar``, ``software.tar``, the
sum of both in ``signature`` and a signature in ``signature.v2``. The latter is pretended: there is
no key, and ``SIGNED`` stands for one that the system trusts. An image is pretended whole: a line
that says its release, and beside it ``SIGNED``.
"""

from __future__ import annotations

import email
import hashlib
import io
import re
import tarfile
from functools import partial
from typing import Optional
from xml.etree import ElementTree as ET

from backend.simulator.cloud import Cloud
from backend.simulator.exchange import Answer, Request, answer
from backend.simulator.model import Json
from backend.simulator.refuse import software as refused
from backend.simulator.shelf import release

SIGNED = b"signed, as pretended"
CHECKED = ("metadata.tar", "software.tar")
# Seconds until a release whose files came is on the shelf.
UNPACK_S = 12
_WHOLE = (1 << 128) - 1
_IMAGE = re.compile(rb"RELEASE=(\d+\.\d+)\.(\d+)\n")


def files_of(request: Request) -> dict[str, bytes]:
    """The files of a multipart form by the last part of their names."""
    kind = request.headers.get("content-type", "")
    message = email.message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + request.body)
    found = {}
    for part in message.walk():
        name, content = part.get_filename(), part.get_payload(decode=True)
        if name and isinstance(content, bytes):
            found[name.rpartition("/")[2]] = content
    return found


def upload(cloud: Cloud, request: Request) -> Answer:
    """Take files; what USM finds of one patch it says with 200 and an error within."""
    files = files_of(request)
    if not files:
        raise refused("No files uploaded")
    if "upload" in cloud.software.doomed:
        cloud.software.doomed.discard("upload")
        raise _internal("no space")
    busy = [one["release_id"] for one in cloud.software.releases if one["state"] == "uploading"]
    if busy:
        raise refused(f"Uploading in progress {busy} ... try again later")
    if any(name.rpartition(".")[2] not in {"patch", "iso", "sig"} for name in files):
        raise refused(
            "The file extension is not supported. "
            "Supported extensions include .patch, .iso and .sig"
        )
    info, error = _images(cloud, {k: v for k, v in files.items() if not k.endswith(".patch")})
    for name in sorted(name for name in files if name.endswith(".patch")):
        told, wrong = _patch(cloud, files[name])
        info, error = info + told, error + wrong
    return answer({"info": info, "warning": "", "error": error, "upload_info": []})


def _internal(why: str) -> Exception:
    """What USM did not expect: no word why, for whoever asks; the log has it."""
    mark = hashlib.shake_128(why.encode()).hexdigest(4)
    return refused(f"Internal error occurred. Error signature [{mark}]", 500)


# --- a patch -----------------------------------------------------------------------------------


def _patch(cloud: Cloud, content: bytes) -> tuple[str, str]:
    """Put a patch on the shelf; return what USM says of it, and what was wrong."""
    try:
        members = members_of(content)
        said = metadata_of(members["metadata.tar"])
    except (tarfile.TarError, EOFError, OSError, KeyError, ET.ParseError) as error:
        # A file that was cut off ends here.
        raise _internal("metadata") from error
    release_id = said.findtext("id") or ""
    states = {one["release_id"]: one["state"] for one in cloud.software.releases}
    if release_id in states:
        if states[release_id] != "available":
            return f"{release_id} is not currently in available state to be deployed.\n", ""
        return f"{release_id} is already uploaded. Updated metadata only\n", ""
    if not is_signed(members):
        return "", f"Failed to upload release {release_id}\n"
    _shelve(cloud, said)
    return f"{release_id} is now uploaded\n", ""


def members_of(content: bytes) -> dict[str, bytes]:
    """The files of a packed patch by name; raises what ``tarfile`` does where it is cut off."""
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as tar:
        files = {one.name: tar.extractfile(one) for one in tar.getmembers()}
        return {name: file.read() for name, file in files.items() if file is not None}


def metadata_of(content: bytes) -> ET.Element:
    """What a patch says of itself."""
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        file = tar.extractfile("metadata.xml")
        if file is None:
            raise KeyError("metadata.xml")
        found: ET.Element = ET.fromstring(file.read().decode())  # noqa: S314
        return found


def is_signed(members: dict[str, bytes]) -> bool:
    """Whether its files are those that were signed, by a key that the system trusts."""
    sums = _WHOLE
    for name in CHECKED:
        sums ^= int(hashlib.md5(members[name], usedforsecurity=False).hexdigest(), 16)
    said = members.get("signature", b"").decode()
    return said == f"{sums:x}" and members.get("signature.v2") == SIGNED


def _shelve(cloud: Cloud, said: ET.Element) -> None:
    """Put what the metadata says on the shelf, a while later to be had."""
    base, _, number = (said.findtext("sw_version") or "").rpartition(".")
    reboot = (said.findtext("reboot_required") or "N") == "Y"
    made = release(base, number, "uploading", reboot=reboot, text=said.findtext("description"))
    made.update(_texts(said))
    _comes(cloud, made)


def _texts(said: ET.Element) -> Json:
    requires = [one.text for one in said.iterfind("requires/req_patch_id")]
    packages = [one.text for one in said.iterfind("packages/deb")]
    return {
        "release_id": said.findtext("id"),
        "summary": said.findtext("summary") or "",
        "warnings": said.findtext("warnings") or "",
        "requires": requires,
        "packages": packages,
    }


def _comes(cloud: Cloud, made: Json) -> None:
    cloud.software.releases.append(made)
    cloud.clock.at(UNPACK_S, partial(made.update, state="available"))


# --- an image ----------------------------------------------------------------------------------


def _images(cloud: Cloud, files: dict[str, bytes]) -> tuple[str, str]:
    """Put a major release on the shelf; return what USM says of it, and what was wrong."""
    image = _ending(files, ".iso")
    signature = _ending(files, ".sig")
    if (image is None) != (signature is None):
        return "", "Missing upgrade file or signature file\n"
    if image is None or signature is None:
        return "", ""
    if not cloud.named("controller-0").is_active:
        raise refused("Upload can only be performed on controller-0.")
    if files[signature] != SIGNED:
        raise refused(f"Software {image}:{signature} signature validation failed")
    found = _IMAGE.match(files[image])
    if found is None:
        raise _internal("mount")
    base, number = found[1].decode(), found[2].decode()
    made = release(base, number, "uploading", reboot=True)
    _comes(cloud, made)
    return f"{made['release_id']} is now uploaded\n", ""


def _ending(files: dict[str, bytes], suffix: str) -> Optional[str]:
    return next((name for name in files if name.endswith(suffix)), None)
