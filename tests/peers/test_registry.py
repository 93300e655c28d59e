"""Our registry source against Debian's docker-registry, with skopeo as the second opinion."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, AsyncIterator, Callable, Dict, List

import pytest
import pytest_asyncio

from backend.errors import Rejected, Unauthorized
from backend.kind import Body
from backend.registry import Registry as Ask
from backend.registry import RegistryDelete
from backend.settings import load
from backend.sources.registry import RegistrySource
from backend.sources.tls import Pins
from tests.peers import registry
from tests.peers.registry import Registry

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
