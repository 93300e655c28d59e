"""``ssh:`` of clouds.yaml, and what is told of its mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.errors import SettingsError
from backend.settings import CloudSettings, load

WHOLE = """\
clouds:
  site-7:
    ssh:
      user: sysadmin
      port: 2222
      hosts: {controller-0: 10.10.10.3, worker-0: fd00::5}
      password_command: [pass, site-7]
      key: ~/.ssh/site-7
      jump: controller-0
      folder: /root/site-7
      sudo: true
"""


def read(path: Path, text: str, mode: int = 0o600) -> CloudSettings:
    file = path / "clouds.yaml"
    file.write_text(text, encoding="utf-8")
    file.chmod(mode)
    found = load({"HOME": str(path)}, "site-7", files=(file,)).default
    assert found is not None
    return found


def test_all_of_it_is_read(tmp_path: Path) -> None:
    ssh = read(tmp_path, WHOLE).ssh
    assert ssh is not None
    assert (ssh.user, ssh.port, ssh.jump) == ("sysadmin", 2222, "controller-0")
    assert ssh.hosts == {"controller-0": "10.10.10.3", "worker-0": "fd00::5"}
    assert ssh.key == str(Path("~/.ssh/site-7").expanduser())
    assert ssh.password.command == ("pass", "site-7")
    assert ssh.folder == "/root/site-7"
    assert ssh.sudo


def test_none_of_it_is_absent_and_an_empty_one_is_as_ssh_does(tmp_path: Path) -> None:
    assert read(tmp_path, "clouds: {site-7: {}}").ssh is None
    ssh = read(tmp_path, "clouds: {site-7: {ssh: {}}}").ssh
    assert ssh is not None
    assert (ssh.user, ssh.port, dict(ssh.hosts), ssh.password.is_missing) == ("", None, {}, True)


@pytest.mark.parametrize(
    ("before", "after", "line", "key", "words"),
    [
        ("user: sysadmin", "usr: sysadmin", 4, "ssh.usr", "no setting known here"),
        ("user: sysadmin", "user: -oProxyCommand=id", 4, "ssh.user", "is no user"),
        ("port: 2222", "port: 70000", 5, "ssh.port", "is no port"),
        ("port: 2222", "port: many", 5, "ssh.port", "number"),
        ("10.10.10.3", "-oProxyCommand=id", 6, "ssh.hosts.controller-0", "is no host"),
        ("10.10.10.3", "a b", 6, "ssh.hosts.controller-0", "is no host"),
        ("10.10.10.3", '""', 6, "ssh.hosts.controller-0", "has no address"),
        ("controller-0:", "here:", 6, "ssh.hosts.here", "no name for a host"),
        ("{controller-0: 10.10.10.3, worker-0: fd00::5}", "[a]", 6, "ssh.hosts", "mapping"),
        ("[pass, site-7]", "pass site-7", 7, "ssh.password_command", "must be a list"),
        ("jump: controller-0", "jump: -W", 9, "ssh.jump", "is no host"),
    ],
)
def test_a_mistake_is_told_with_file_line_and_key(
    tmp_path: Path, before: str, after: str, line: int, key: str, words: str
) -> None:
    with pytest.raises(SettingsError, match=words) as told:
        read(tmp_path, WHOLE.replace(before, after, 1))
    assert told.value.line == line
    assert told.value.key.endswith(key)
    assert told.value.file.endswith("clouds.yaml")


def test_a_password_in_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    text = "clouds: {site-7: {ssh: {password: secret}}}"
    with pytest.raises(SettingsError, match="others can read"):
        read(tmp_path, text, mode=0o644)
    ssh = read(tmp_path, text).ssh
    assert ssh is not None
    assert "secret" not in repr(ssh)
