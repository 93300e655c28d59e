"""Our registry source against Debian's docker-registry, with skopeo as the second opinion."""

from __future__ import annotations

import io
import json
import random
import tarfile
from pathlib import Path
from typing import Any, AsyncIterator, Callable, Dict, List

import pytest
import pytest_asyncio

from backend.errors import Malformed, Missing, Rejected, Unauthorized
from backend.kind import Body
from backend.registry import Registry as Ask
from backend.registry import RegistryDelete
from backend.settings import load
from backend.sources.registry import RegistrySource
from backend.sources.tls import Pins
from tests.peers import registry
from tests.peers.registry import Registry
from tests.program import run

pytestmark = [pytest.mark.peer, pytest.mark.xdist_group("registry")]

Open = Callable[..., RegistrySource]
TAGS = Ask(what="tags")


@pytest_asyncio.fixture
async def opened(tmp_path: Path) -> AsyncIterator[Open]:
    made: List[RegistrySource] = []

    def opening(peer: Registry, **said: str) -> RegistrySource:
        path = tmp_path / "clouds.yaml"
        path.write_text(json.dumps({"clouds": {"c": peer.cloud(**said)}}), "utf-8")
        path.chmod(0o600)
        settings = load({"HOME": str(tmp_path)}, "c", [path]).default
        assert settings is not None
        assert settings.registry_way is not None
        made.append(RegistrySource(settings.registry_way, settings, Pins(tmp_path / "pins")))
        return made[-1]

    yield opening
    for source in made:
        await source.close()


async def asked(source: RegistrySource, read: Ask, parent: str = "") -> List[Body]:
    return list((await source.ask(read, parent))())


async def test_a_token_is_got_where_the_registry_says_and_its_images_have_their_sizes(
    real_registry: Registry, opened: Open
) -> None:
    base = b"base" * 5000
    digest = real_registry.push("listed/web:1", base, b"one")
    real_registry.push("listed/web:2", base, b"two" * 100)
    source = opened(real_registry)
    names = [body["name"] for body in await asked(source, Ask())]
    assert "listed/web" in names
    tags: Dict[str, Any] = {body["tag"]: body for body in await asked(source, TAGS, "listed/web")}
    assert sorted(tags) == ["1", "2"]
    assert tags["1"]["digest"] == digest
    assert real_registry.inspect("listed/web:1")["Digest"] == digest
    said = real_registry.inspect("listed/web:1", "--raw")
    sizes = {part["digest"]: part["size"] for part in (*said["layers"], said["config"])}
    assert tags["1"]["layers"] == sizes
    assert len(set(tags["1"]["layers"]) & set(tags["2"]["layers"])) == 1


async def test_a_token_is_asked_for_once_a_scope_while_it_holds(
    real_registry: Registry, opened: Open
) -> None:
    for tag in range(6):
        real_registry.push(f"many/app:{tag}", str(tag).encode())
    source = opened(real_registry)
    assert real_registry.tokens is not None
    before = len(real_registry.tokens.asked)
    assert len(await asked(source, TAGS, "many/app")) == 6
    await asked(source, TAGS, "many/app")
    scopes = [one["scope"] for one in real_registry.tokens.asked[before:]]
    assert scopes == ["repository:many/app:pull"]


async def test_what_is_deleted_by_its_digest_goes_with_all_its_tags(
    real_registry: Registry, opened: Open
) -> None:
    digest = real_registry.push("goes/du:5", b"du")
    real_registry.push("goes/du:stable", b"du")
    source = opened(real_registry)
    assert len(await asked(source, TAGS, "goes/du")) == 2
    await source.send(RegistryDelete(repository="goes/du", digest=digest))
    # The registry says null then, and its catalogue names the repository all the same.
    assert await asked(source, TAGS, "goes/du") == []
    assert "goes/du" in [body["name"] for body in await asked(source, Ask())]


async def test_a_password_that_was_refused_is_not_tried_again_until_somebody_asks(
    real_registry: Registry, opened: Open
) -> None:
    source = opened(real_registry, password="wrong")
    assert real_registry.tokens is not None
    before = len(real_registry.tokens.asked)
    for _ in range(3):
        with pytest.raises(Unauthorized, match="registry"):
            await source.ask(Ask(), "")
    assert len(real_registry.tokens.asked) == before + 1
    source.retry()
    with pytest.raises(Unauthorized):
        await source.ask(Ask(), "")
    assert len(real_registry.tokens.asked) == before + 2


async def test_a_registry_with_passwords_of_its_own_that_lets_nobody_delete_says_so(
    tmp_path: Path, opened: Open
) -> None:
    if registry.MISSING:
        pytest.skip(f"not on this machine: {' '.join(registry.MISSING)}")
    with registry.registry(tmp_path, by_token=False, deletes=False) as peer:
        digest = peer.push("plain/app:1", b"app")
        source = opened(peer)
        assert [body["digest"] for body in await asked(source, TAGS, "plain/app")] == [digest]
        with pytest.raises(Rejected) as refused:
            await source.send(RegistryDelete(repository="plain/app", digest=digest))
        assert "storage.delete.enabled" in refused.value.advice
        with pytest.raises(Unauthorized):
            await opened(peer, password="wrong").ask(Ask(), "")


def layer(files: Dict[str, str]) -> bytes:
    """A layer as a tar of these files."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
    return raw.getvalue()


def stanza(name: str, version: str, more: str = "", status: str = "install ok installed") -> str:
    return f"Package: {name}\nStatus: {status}\nVersion: {version}\n{more}Description: x\n y\n"


STATUS = "var/lib/dpkg/status"
OLD = stanza("curl", "7.74.0-1.3+deb11u9") + "\n" + stanza("vim", "9.0")
NEW = "\n".join(
    (
        stanza("libcurl4", "7.74.0-1.3+deb11u11", "Source: curl\nArchitecture: amd64\n"),
        stanza("gone", "1", status="deinstall ok config-files"),
    )
)


async def test_the_packages_of_an_image_are_read_of_its_layers_a_piece_at_a_time(
    real_registry: Registry, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.sources.image_layers.PIECE", 1000)
    filler = layer({"usr/big": random.Random(1).randbytes(20_000).hex()})
    base = layer({STATUS: OLD})
    real_registry.push("inside/web:1", base, filler, layer({f"./{STATUS}": NEW}))
    source = opened(real_registry)
    (body,) = await asked(source, Ask(what="packages"), "inside/web:1")
    assert (body["name"], body["source"], body["source_version"]) == (
        *("libcurl4", "curl"),
        "7.74.0-1.3+deb11u11",
    )
    assert (body["image"], body["architecture"]) == ("inside/web:1", "amd64")
    assert await asked(source, Ask(what="packages"), "inside/web:1") == [body]


async def test_what_a_layer_takes_away_is_gone_and_an_image_without_a_list_has_none(
    real_registry: Registry, opened: Open
) -> None:
    parts = layer({f"{STATUS}.d/base": "Package: base-files\nVersion: 12\n"})
    real_registry.push("inside/away:1", layer({STATUS: OLD}), layer({"var/lib/.wh.dpkg": ""}))
    real_registry.push("inside/parts:1", parts)
    source = opened(real_registry)
    assert await asked(source, Ask(what="packages"), "inside/away:1") == []
    (part,) = await asked(source, Ask(what="packages"), "inside/parts:1")
    assert (part["name"], part["version"]) == ("base-files", "12")


async def test_a_layer_that_is_no_tar_is_said_and_all_images_at_once_are_refused(
    real_registry: Registry, opened: Open
) -> None:
    real_registry.push("inside/bad:1", b"no tar at all" * 100)
    source = opened(real_registry)
    with pytest.raises(Malformed, match="layer 0 can't be read"):
        await asked(source, Ask(what="packages"), "inside/bad:1")
    with pytest.raises(Missing, match="one at a time"):
        await asked(source, Ask(what="packages"))


async def test_the_command_line_looks_into_the_image_that_is_named_and_into_no_other(
    real_registry: Registry, tmp_path: Path
) -> None:
    real_registry.push("inside/cli:1", layer({STATUS: OLD}))
    folder = tmp_path / ".config" / "openstack"
    folder.mkdir(parents=True)
    path = folder / "clouds.yaml"
    path.write_text(json.dumps({"clouds": {"c": real_registry.cloud()}}), "utf-8")
    path.chmod(0o600)
    named = await run(tmp_path, "get", "image-packages", "--of", "inside/cli:1", "-o", "json")
    assert named.code == 0, named.err
    assert [one["name"] for one in json.loads(named.out)] == ["curl", "vim"]
    every = await run(tmp_path, "get", "image-packages")
    assert every.code != 0
    assert "one at a time" in every.err
