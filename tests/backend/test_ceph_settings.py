"""``ceph:`` of a cloud: which ways there are to it, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.ceph_settings import CephWay
from backend.errors import SettingsError
from backend.settings import load


def ceph(path: Path, text: str) -> CephWay:
    """Return what is read of a cloud whose ``ceph:`` says that."""
    file = path / "clouds.yaml"
    file.write_text(f"clouds: {{site-7: {{ceph: {text}}}}}")
    file.chmod(0o600)
    found = load({}, "site-7", [file]).default
    assert found is not None
    assert found.ceph is not None
    return found.ceph


def test_a_manager_alone_is_the_only_way(tmp_path: Path) -> None:
    way = ceph(tmp_path, "{manager: 'https://10.0.0.1:8443/', username: site, password: 0123}")
    assert not way.is_direct
    assert way.managers == ("https://10.0.0.1:8443",)
    assert (way.username, way.password.read().text) == ("site", "0123")
    assert "0123" not in repr(way)


def test_managers_beside_another_way_come_last_and_may_be_several(tmp_path: Path) -> None:
    urls = "[https://10.0.0.1:8443, https://10.0.0.2:8443/ceph]"
    way = ceph(
        tmp_path,
        f"{{machine: controller-0, manager: {urls}, username: s, password_command: [cat, /x]}}",
    )
    assert way.is_direct
    assert way.managers == ("https://10.0.0.1:8443", "https://10.0.0.2:8443/ceph")
    assert way.password.command == ("cat", "/x")


def test_without_a_manager_ceph_is_asked_itself(tmp_path: Path) -> None:
    way = ceph(tmp_path, "{machine: controller-0}")
    assert (way.is_direct, way.managers) == (True, ())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{manager: ftp://10.0.0.1, username: s, password: x}", "is no http:// or https:// URL"),
        ("{manager: {}, username: s, password: x}", "must be a URL, or a list of them"),
        ("{manager: [], username: s, password: x}", "wants a URL, a username and a password"),
        ("{manager: 'https://10.0.0.1:8443'}", "wants a URL, a username and a password"),
        ("{manager: 'https://u:p@10.0.0.1', username: s, password: x}", "has credentials in a URL"),
        ("{username: site, password: x}", "has a username or a password, and no manager"),
        ("{managers: 'https://10.0.0.1:8443'}", "is no setting known here"),
        ("{machine: --help}", "'--help' is no machine"),
    ],
)
def test_a_mistake_is_told_where_it_is(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(SettingsError, match="ceph") as caught:
        ceph(tmp_path, text)
    assert words in str(caught.value)


def test_a_password_that_others_can_read_is_refused(tmp_path: Path) -> None:
    text = "{manager: 'https://10.0.0.1:8443', username: site, password: x}"
    file = tmp_path / "clouds.yaml"
    file.write_text(f"clouds: {{site-7: {{ceph: {text}}}}}")
    file.chmod(0o644)
    with pytest.raises(SettingsError, match="others can read"):
        load({}, "site-7", [file])
