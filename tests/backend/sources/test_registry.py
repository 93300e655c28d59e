"""A registry that answers otherwise than hoped, on a real wire."""

from __future__ import annotations

import asyncio
import base64
import json
from pathlib import Path
from typing import Any, Dict, List

import pytest

from backend.errors import Forbidden, Malformed, Unauthorized, Unreachable
from backend.registry import Registry
from backend.registry_settings import RegistryWay
from backend.secret import Password, Secret
from backend.settings import CloudSettings
from backend.sources import registry
from backend.sources.registry import RegistrySource
from backend.sources.tls import Pins
from tests.backend.sources.loopback import Asked, Reply, Script, serving

TAGS = Registry(what="tags")
LAYER = {"digest": "sha256:11", "size": 70}
IMAGE = {"schemaVersion": 2, "layers": [LAYER], "config": {"digest": "sha256:22", "size": 7}}


def source_at(port: int, tmp_path: Path, username: str = "") -> RegistrySource:
    password = Password(given=Secret(text="pw")) if username else Password()
    way = RegistryWay(url=f"http://127.0.0.1:{port}", username=username, password=password)
    return RegistrySource(way, CloudSettings(name="c"), Pins(tmp_path / "pins"))


async def told(script: Script, read: Registry, tmp_path: Path, username: str = "") -> List[Any]:
    async with serving(script) as server:
        source = source_at(server.port, tmp_path, username)
        try:
            return list((await source.ask(read, "app"))())
        finally:
            await source.close()


def said(value: Any, status: int = 200, **headers: str) -> Reply:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Reply(body=json.dumps(value).encode(), status=status, headers=named)


async def test_a_long_catalogue_comes_page_by_page_and_sends_nobody_elsewhere(
    tmp_path: Path,
) -> None:
    def script(asked: Asked) -> Reply:
        if "last=b" in asked.target:
            return said({"repositories": ["c"]})
        elsewhere = '<http://192.0.2.1/v2/_catalog?last=b&n=2>; rel="next"'
        return said({"repositories": ["a", "b"]}, Link=elsewhere)

    found = await told(script, Registry(), tmp_path)
    assert [body["name"] for body in found] == ["a", "b", "c"]


async def test_an_image_for_many_machines_is_as_large_as_those_of_it_that_are_there(
    tmp_path: Path,
) -> None:
    index = {
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [
            {"digest": "sha256:aa", "platform": {"os": "linux", "architecture": "amd64"}},
            {"digest": "sha256:bb", "platform": {"os": "linux", "architecture": "arm64"}},
        ],
    }

    def script(asked: Asked) -> Reply:
        if asked.target.startswith("/v2/app/tags"):
            return said({"tags": ["1"]})
        if asked.target.endswith("sha256:aa"):
            return said(IMAGE)
        if asked.target.endswith("sha256:bb"):
            return said({"errors": [{"code": "MANIFEST_UNKNOWN"}]}, 404)
        return said(index, Docker_Content_Digest="sha256:cc")

    (tag,) = await told(script, TAGS, tmp_path)
    assert (tag["digest"], tag["platforms"]) == ("sha256:cc", ["linux/amd64"])
    assert tag["layers"] == {"sha256:11": 70, "sha256:22": 7}


async def test_a_tag_whose_manifest_cannot_be_read_takes_no_other_with_it(tmp_path: Path) -> None:
    def script(asked: Asked) -> Reply:
        if asked.target.startswith("/v2/app/tags"):
            return said({"tags": ["gone", "good", "strange"]})
        if asked.target.endswith("/gone"):
            return said({"errors": [{"message": "manifest unknown"}]}, 404)
        return said(IMAGE if asked.target.endswith("/good") else {"schemaVersion": 1})

    gone, good, strange = await told(script, TAGS, tmp_path)
    assert "manifest unknown" in gone["trouble"]
    assert good["digest"].startswith("sha256:")
    assert "a sort not known here" in strange["trouble"]


async def test_no_tags_are_said_as_null_and_a_repository_of_nothing_as_not_found(
    tmp_path: Path,
) -> None:
    assert await told(lambda _: said({"name": "app", "tags": None}), TAGS, tmp_path) == []
    assert await told(lambda _: said({"errors": []}, 404), TAGS, tmp_path) == []


async def test_what_is_no_registry_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(Malformed, match="no JSON"):
        await told(lambda _: Reply(body=b"<html>hello</html>"), Registry(), tmp_path)


async def test_a_password_goes_to_no_token_server_without_tls_where_the_registry_has_it(
    tmp_path: Path,
) -> None:
    way = RegistryWay(url="https://127.0.0.1:1", username="admin")
    source = RegistrySource(way, CloudSettings(name="c"), Pins(tmp_path / "pins"))
    with pytest.raises(Unauthorized, match="a password does not go there"):
        await source._token('realm="http://127.0.0.1:2/token",service="r"', "s")
    await source.close()


async def test_where_nobody_is_named_a_registry_that_wants_a_name_says_what_to_set(
    tmp_path: Path,
) -> None:
    challenge: Dict[str, str] = {"WWW_Authenticate": 'Basic realm="r"'}
    with pytest.raises(Unauthorized) as refused:
        await told(lambda _: said({}, 401, **challenge), Registry(), tmp_path)
    assert refused.value.advice == "add username and password to registry:"


async def test_a_password_shown_once_is_shown_with_each_request_after_it(tmp_path: Path) -> None:
    pair = f"Basic {base64.b64encode(b'admin:pw').decode()}"
    challenges = []

    def script(asked: Asked) -> Reply:
        if asked.headers.get("authorization") != pair:
            challenges.append(asked.target)
            return said({}, 401, WWW_Authenticate='Basic realm="r"')
        return said({"tags": ["1", "2"]} if "/tags/" in asked.target else IMAGE)

    assert len(await told(script, TAGS, tmp_path, "admin")) == 2
    assert len(challenges) == 1


async def test_a_registry_that_goes_away_is_not_asked_on_for_all_its_other_tags(
    tmp_path: Path,
) -> None:
    tags = [str(number) for number in range(500)]

    def script(asked: Asked) -> Reply:
        if asked.target.startswith("/v2/app/tags"):
            return said({"tags": tags})
        return Reply(cut=True)

    async with serving(script) as server:
        source = source_at(server.port, tmp_path)
        with pytest.raises(Unreachable):
            await source.ask(TAGS, "app")
        left = [task for task in asyncio.all_tasks() if "RegistrySource" in repr(task)]
        await source.close()
    assert left == []


async def test_no_more_manifests_are_held_than_so_many_however_long_it_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "MOST_PARTS", 3, raising=False)

    def script(asked: Asked) -> Reply:
        if asked.target.startswith("/v2/app/tags"):
            return said({"tags": [str(number) for number in range(20)]})
        return said({**IMAGE, "annotations": {"of": asked.target}})

    async with serving(script) as server:
        source = source_at(server.port, tmp_path)
        assert len(list((await source.ask(TAGS, "app"))())) == 20
        await source.close()
    assert len(source._parts) == 3


async def test_a_layer_whose_size_is_none_takes_no_other_tag_with_it(tmp_path: Path) -> None:
    odd = {**IMAGE, "layers": [{"digest": "sha256:11", "size": "large"}]}

    def script(asked: Asked) -> Reply:
        if asked.target.startswith("/v2/app/tags"):
            return said({"tags": ["good", "odd"]})
        return said(IMAGE if asked.target.endswith("/good") else odd)

    good, bad = await told(script, TAGS, tmp_path)
    assert good["digest"].startswith("sha256:")
    assert "'large' is no size" in bad["trouble"]


async def test_what_one_may_not_do_is_no_password_that_was_refused(tmp_path: Path) -> None:
    port = 0

    def script(asked: Asked) -> Reply:
        if asked.target.startswith("/token"):
            return said({"token": "limited"})
        if (
            asked.headers.get("authorization") == "Bearer limited"
            and "_catalog" not in asked.target
        ):
            return said({"tags": None})
        realm = (
            f'Bearer realm="http://127.0.0.1:{port}/token",service="r",error="insufficient_scope"'
        )
        # A registry says so with 401, as it says of a password that is wrong.
        denied = {"errors": [{"code": "UNAUTHORIZED", "message": "authentication required"}]}
        return said(denied, 401, WWW_Authenticate=realm)

    async with serving(script) as server:
        port = server.port
        source = source_at(server.port, tmp_path, "viewer")
        with pytest.raises(Forbidden) as refused:
            await source.ask(Registry(), "")
        assert "viewer may not" in refused.value.advice
        assert list((await source.ask(TAGS, "app"))()) == []
        await source.close()


async def test_an_index_that_names_itself_is_followed_not_without_end(tmp_path: Path) -> None:
    asked_for = []

    def script(asked: Asked) -> Reply:
        if asked.target.startswith("/v2/app/tags"):
            return said({"tags": ["loop"]})
        asked_for.append(asked.target)
        index = {"manifests": [{"digest": f"sha256:{len(asked_for)}"}]}
        return said(index, Docker_Content_Digest=f"sha256:{len(asked_for)}0")

    (tag,) = await told(script, TAGS, tmp_path)
    assert "without end" in tag["trouble"]
    assert len(asked_for) < 9


@pytest.mark.parametrize("challenge", ["Bearer realm", 'Bearer realm="http://[::1"', "Bearer a=,b"])
async def test_a_challenge_that_is_none_is_told_and_no_defect_of_ours(
    tmp_path: Path, challenge: str
) -> None:
    with pytest.raises(Malformed):
        await told(lambda _: said({}, 401, WWW_Authenticate=challenge), Registry(), tmp_path)


async def test_a_next_page_at_no_url_is_told_and_no_defect_of_ours(tmp_path: Path) -> None:
    link = '<http://[::1/v2/_catalog?last=b>; rel="next"'
    with pytest.raises(Malformed):
        await told(lambda _: said({"repositories": ["a"]}, Link=link), Registry(), tmp_path)
