"""Patch files as the real ones are built, their signature apart, which the pretend USM pretends."""

from __future__ import annotations

import hashlib
import io
import tarfile
from typing import Dict

from backend.simulator.shipping import CHECKED, SIGNED

METADATA = """<?xml version="1.0" ?>
<patch>
  <id>starlingx-{version}</id>
  <sw_version>{version}</sw_version>
  <component>starlingx</component>
  <summary>Pretend fixes of {version}</summary>
  <description>Fixes CVE-2026-4711 (curl).</description>
  <reboot_required>{reboot}</reboot_required>
  <requires><req_patch_id>starlingx-24.09.302</req_patch_id></requires>
  <packages><deb>curl_8.14.1-2_amd64.deb</deb></packages>
</patch>
"""


def archive(members: Dict[str, bytes], mode: str = "w") -> bytes:
    """Return a tar archive of these."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as tar:  # type: ignore[call-overload]
        for name, content in members.items():
            told = tarfile.TarInfo(name)
            told.size = len(content)
            tar.addfile(told, io.BytesIO(content))
    return packed.getvalue()


def patch(version: str, *, signed: bytes = SIGNED, reboot: str = "Y", fill: int = 0) -> bytes:
    """Return the patch file of a release; ``fill`` bytes more of software."""
    said = METADATA.format(version=version, reboot=reboot).encode()
    members = {
        "metadata.tar": archive({"metadata.xml": said}),
        "software.tar": archive({"curl.deb": hashlib.shake_128(b"curl").digest(fill or 64)}),
    }
    sums = (1 << 128) - 1
    for name in CHECKED:
        sums ^= int(hashlib.md5(members[name], usedforsecurity=False).hexdigest(), 16)
    signatures = {"signature": f"{sums:x}".encode(), "signature.v2": signed}
    return archive({**members, **signatures}, "w:gz")
