"""The packages inside an image, on a real wire: for which machines, and packed how."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import io
import os
import tarfile
from pathlib import Path
from typing import Any, Dict, List

import pytest

from backend.errors import Malformed
from backend.registry import PACKAGES, Registry
from backend.sources import image_layers
from backend.sources.image_layers import OPAQUE, Layer, packages_of
from tests.backend.sources.loopback import Asked, Reply
from tests.backend.sources.test_registry import said, serving, source_at

INDEX = "application/vnd.oci.image.index.v1+json"
# A frame of zstd as its format has it: its sign, a header, and one empty block that is the last.
ZSTD_FRAME = b"\x28\xb5\x2f\xfd\x20\x00\x01\x00\x00"


def layer(version: str) -> bytes:
    """Return a layer with a list of one package."""
    text = f"Package: curl\nStatus: install ok installed\nVersion: {version}\n".encode()
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        info = tarfile.TarInfo("var/lib/dpkg/status")
        info.size = len(text)
        tar.addfile(info, io.BytesIO(text))
    return gzip.compress(made.getvalue())


def of_parts(**texts: str) -> Layer:
    """Return a layer of a distroless image, with its files in this order."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for name, text in texts.items():
            info = tarfile.TarInfo(f"var/lib/dpkg/status.d/{name.replace('_opaque', OPAQUE)}")
            info.size = len(text)
            tar.addfile(info, io.BytesIO(text.encode()))
    raw = made.getvalue()
    return Layer(lambda first, end: raw[first:end], len(raw))


def test_what_a_layer_takes_away_is_of_those_below_wherever_it_is_said() -> None:
    below = of_parts(old="Package: old\nVersion: 1\n")
    above = of_parts(new="Package: new\nVersion: 2\n", _opaque="")
    assert [body["name"] for body in packages_of("app:1", [below, above])] == ["new"]


def digest(raw: bytes) -> str:
    return f"sha256:{hashlib.sha256(raw).hexdigest()}"


class Images:
    """A registry of one image, ``app:1``, made of these layers by platform ("": for any)."""

    def __init__(self, **layers: bytes) -> None:
        self.blobs = {digest(raw): raw for raw in layers.values()}
        self.manifests = {name: self._manifest(raw) for name, raw in layers.items()}

    def _manifest(self, raw: bytes) -> Dict[str, Any]:
        media = "application/vnd.oci.image.layer.v1.tar+gzip"
        return {
            "schemaVersion": 2,
            "layers": [{"digest": digest(raw), "size": len(raw), "mediaType": media}],
            "config": {"digest": "sha256:22", "size": 7},
        }

    def __call__(self, asked: Asked) -> Reply:
        last = asked.target.rpartition("/")[2].replace("%3A", ":")
        if last in self.blobs:
            return Reply(body=self.blobs[last])
        if last in self.manifests:
            return said(self.manifests[last])
        if list(self.manifests) == ["any"]:
            return said(self.manifests["any"])
        children = [
            {"digest": name, "platform": {"os": "linux", "architecture": name}}
            for name in self.manifests
        ]
        return said({"mediaType": INDEX, "manifests": children})


async def packages(images: Images, tmp_path: Path) -> List[Any]:
    async with serving(images) as server:
        source = source_at(server.port, tmp_path)
        try:
            return list((await source.ask(Registry(what=PACKAGES), "app:1"))())
        finally:
            await source.close()


async def test_of_an_image_for_several_machines_those_of_the_hosts_are_told_and_so_is_which(
    tmp_path: Path,
) -> None:
    (found,) = await packages(Images(arm64=layer("1-arm"), amd64=layer("2-amd")), tmp_path)
    assert (found["version"], found["platform"]) == ("2-amd", "linux/amd64")


async def test_where_the_hosts_own_is_not_there_another_is_told_and_so_is_which(
    tmp_path: Path,
) -> None:
    (found,) = await packages(Images(arm64=layer("1-arm"), s390x=layer("3-z")), tmp_path)
    assert (found["version"], found["platform"]) == ("1-arm", "linux/arm64")


async def test_an_image_for_one_machine_alone_says_no_platform(tmp_path: Path) -> None:
    (found,) = await packages(Images(any=layer("1")), tmp_path)
    assert (found["version"], found["platform"]) == ("1", "")


async def test_a_layer_packed_with_zstd_is_told_as_not_read_and_no_half_list_is_shown(
    tmp_path: Path,
) -> None:
    with pytest.raises(Malformed, match="layer 0 is packed with zstd, which is not read here"):
        await packages(Images(any=ZSTD_FRAME), tmp_path)


async def test_an_image_that_nobody_waits_for_any_more_is_not_fetched_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image_layers, "PIECE", 10_000)
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        info = tarfile.TarInfo("large")
        info.size = 400_000
        tar.addfile(info, io.BytesIO(os.urandom(info.size)))
    images, pieces, came = Images(any=made.getvalue()), [], asyncio.Event()

    def script(asked: Asked) -> Reply:
        if "/blobs/" in asked.target:
            pieces.append(asked)
            came.set()
        return images(asked)

    async with serving(script) as server:
        source = source_at(server.port, tmp_path)
        asking = asyncio.ensure_future(source.ask(Registry(what=PACKAGES), "app:1"))
        await came.wait()
        asking.cancel()
        await asyncio.wait([asking])
        # As at the end of the loop: threads that are at work are waited for.
        await asyncio.get_running_loop().shutdown_default_executor()
        await source.close()
    assert len(pieces) <= 3
