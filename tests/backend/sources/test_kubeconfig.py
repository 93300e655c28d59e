"""A kubeconfig: several files and contexts, missing files, plugins, expired certificates."""

from __future__ import annotations

import base64
import json
import os
import stat
import sys
from pathlib import Path
from typing import Any, Dict, Optional

import pytest

from backend.errors import SettingsError, Unauthorized
from backend.sources.kube_credential import credential
from backend.sources.kubeconfig import expired, load, verifying
from tests.backend.sources.authority import Certificate

NOW_MS = 1_800_000_000_000


def written(path: Path, user: Optional[Dict[str, Any]] = None, **more: Any) -> Path:
    said = {
        "current-context": "lab",
        "contexts": [
            {"name": "lab", "context": {"cluster": "c", "user": "me", "namespace": "oran"}},
            {"name": "bare", "context": {"cluster": "c"}},
            {"name": "torn", "context": {"cluster": "nowhere", "user": "me"}},
        ],
        "clusters": [{"name": "c", "cluster": {"server": "https://10.0.0.1:6443/"}}],
        "users": [{"name": "me", "user": user or {"token": "t0ken"}}],
        **more,
    }
    path.write_text(json.dumps(said, indent=1), encoding="utf-8")
    return path


def now() -> int:
    return NOW_MS


# A plugin that gives another token each time it runs: t1, t2, ...
COUNTING = """
path = sys.argv[0] + '.n'
open(path, 'a').write('x')
token = 't%d' % len(open(path).read())
version = 'client.authentication.k8s.io/v1'
print(json.dumps({'apiVersion': version, 'status': {'token': token}}))
"""


def plugin(folder: Path, body: str, **more: Any) -> Dict[str, Any]:
    path = folder / "plugin"
    path.write_text(f"#!{sys.executable}\nimport json, os, sys\n{body}\n", encoding="utf-8")
    path.chmod(0o700)
    version = "client.authentication.k8s.io/v1"
    return {"exec": {"command": "./plugin", "apiVersion": version, "args": ["a"], **more}}


def test_the_current_context_says_who_is_asked_and_as_whom(tmp_path: Path) -> None:
    access = load(str(written(tmp_path / "config")))
    assert (access.context, access.server) == ("lab", "https://10.0.0.1:6443")
    assert (access.user, access.namespace, access.verify) == ("me", "oran", True)
    shown = credential(access, now)
    assert shown.header is not None
    assert shown.header.text == "Bearer t0ken"
    assert "t0ken" not in repr((access, shown))


def test_of_several_contexts_one_is_named_and_another_is_an_error_that_says_them_all(
    tmp_path: Path,
) -> None:
    path = written(tmp_path / "config")
    assert load(str(path), "bare").user == ""
    assert credential(load(str(path), "bare"), now).header is None
    with pytest.raises(SettingsError, match="no context 'prod'") as caught:
        load(str(path), "prod")
    assert caught.value.advice == "there are: bare, lab, torn"
    with pytest.raises(SettingsError, match="no cluster 'nowhere'"):
        load(str(path), "torn")


def test_without_a_current_context_several_are_not_guessed_among(tmp_path: Path) -> None:
    path = written(tmp_path / "config", **{"current-context": ""})
    with pytest.raises(SettingsError, match="no current-context"):
        load(str(path))


def test_of_several_files_the_first_to_say_it_has_it_and_missing_ones_are_passed_over(
    tmp_path: Path,
) -> None:
    first = tmp_path / "first"
    first.write_text("users: [{name: me, user: {token: mine}}]\n", encoding="utf-8")
    second = written(tmp_path / "second")
    access = load(os.pathsep.join(map(str, (first, tmp_path / "none", second))))
    assert access.token is not None
    assert access.token.text == "mine"
    assert access.server == "https://10.0.0.1:6443"


def test_a_kubeconfig_that_is_not_there_is_said_by_name(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="none: no such file"):
        load(str(tmp_path / "none"))


def test_a_certificate_file_that_is_missing_is_told_with_file_and_line(tmp_path: Path) -> None:
    path = written(tmp_path / "config", {"client-certificate": "me.pem", "client-key": "me.pem"})
    with pytest.raises(SettingsError, match="No such file") as caught:
        load(str(path))
    assert caught.value.file == str(path)
    assert caught.value.line > 0
    assert str(tmp_path / "me.pem") in str(caught.value)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"users": [{"name": "me", "user": {"client-certificate-data": "!"}}]}, "no base64"),
        ({"clusters": [{"name": "c", "cluster": {"server": "10.0.0.1"}}]}, "is no URL"),
        ({"clusters": [{"name": "c", "cluster": {"server": "https://[::1"}}]}, "is no URL"),
        ({"users": [{"name": "me", "user": {"auth-provider": {"name": "gcp"}}}]}, "not spoken"),
        ({"contexts": {"lab": 1}}, "must be a list"),
        ({"contexts": [{"name": "lab"}]}, "has no context"),
    ],
)
def test_a_kubeconfig_with_a_mistake_is_told(
    tmp_path: Path, said: Dict[str, Any], words: str
) -> None:
    with pytest.raises(SettingsError, match=words):
        load(str(written(tmp_path / "config", **said)))


def test_certificate_and_key_come_from_files_or_inline_and_leave_no_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = Certificate(tmp_path / "me.pem")
    text = base64.b64encode(mine.path.read_bytes()).decode()
    for user in (
        {"client-certificate": "me.pem", "client-key": "me.pem"},
        {"client-certificate-data": text, "client-key-data": text},
    ):
        access = load(str(written(tmp_path / "config", user)))
        shown = credential(access, now)
        room = tmp_path / "temporary"
        room.mkdir(exist_ok=True)
        monkeypatch.setattr("tempfile.tempdir", str(room))
        assert verifying(access, shown.cert, shown.key).check_hostname
        assert list(room.iterdir()) == []


def test_a_key_that_does_not_belong_to_its_certificate_is_told(tmp_path: Path) -> None:
    mine, other = Certificate(tmp_path / "me.pem"), Certificate(tmp_path / "other.pem")
    user = {"client-certificate": str(mine.path), "client-key": str(other.path)}
    access = load(str(written(tmp_path / "config", user)))
    cert = mine.path.read_bytes().partition(b"-----BEGIN CERT")
    with pytest.raises(SettingsError, match="cannot be used"):
        verifying(
            access, cert[1] + cert[2], other.path.read_bytes().partition(b"-----BEGIN CERT")[0]
        )


def test_a_client_certificate_that_expired_is_known_to_have() -> None:
    assert expired(b"no certificate", NOW_MS) == ""


def test_since_when_a_client_certificate_is_expired(tmp_path: Path) -> None:
    old = Certificate(tmp_path / "old.pem", days=1)
    cert = old.path.read_bytes()
    assert expired(cert, 0) == ""
    assert expired(cert, 4_000_000_000_000).endswith(" ago")


def test_a_plugin_gives_a_token_and_hears_what_it_is_asked(tmp_path: Path) -> None:
    body = (
        "asked = json.loads(os.environ['KUBERNETES_EXEC_INFO'])\n"
        "assert sys.stdin.read() == '' and asked['spec']['interactive'] is False\n"
        "assert asked['spec']['cluster']['server'] == 'https://10.0.0.1:6443'\n"
        "status = {'token': os.environ['MY'] + sys.argv[1],"
        " 'expirationTimestamp': '2027-01-15T08:00:00Z'}\n"
        "print(json.dumps({'apiVersion': asked['apiVersion'], 'status': status}))"
    )
    user = plugin(tmp_path, body, env=[{"name": "MY", "value": "x"}], provideClusterInfo=True)
    shown = credential(load(str(written(tmp_path / "config", user))), now)
    assert shown.header is not None
    assert shown.header.text == "Bearer xa"
    # Renewed a minute before it ends.
    assert shown.ends_ms == 1_800_000_000_000 - 60_000


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("sys.exit('log in first')", "exit code 1: log in first"),
        ("print('hello')", "printed no ExecCredential"),
        ('print(\'{"apiVersion": "v9", "status": {}}\')', "speaks v9"),
        (
            'print(\'{"apiVersion": "client.authentication.k8s.io/v1", "status": {}}\')',
            "neither a token",
        ),
        (
            (
                'print(\'{"apiVersion": "client.authentication.k8s.io/v1", "status":'
                ' {"token": "t", "expirationTimestamp": "tomorrow"}}\')'
            ),
            "printed no ExecCredential",
        ),
        (
            (
                'print(\'{"apiVersion": "client.authentication.k8s.io/v1", "status":'
                ' {"clientCertificateData": 5, "clientKeyData": []}}\')'
            ),
            "printed no ExecCredential",
        ),
        ("print('[' * 100_000)", "printed no ExecCredential"),
    ],
)
def test_a_plugin_that_fails_is_told_in_its_own_words(
    tmp_path: Path, body: str, words: str
) -> None:
    access = load(str(written(tmp_path / "config", plugin(tmp_path, body))))
    with pytest.raises(Unauthorized, match=words) as caught:
        credential(access, now)
    assert f"{tmp_path / 'config'}:" in caught.value.advice


def test_a_plugin_that_is_not_there_is_told(tmp_path: Path) -> None:
    user = {"exec": {"command": "no-such-plugin"}}
    with pytest.raises(Unauthorized, match="cannot be run"):
        credential(load(str(written(tmp_path / "config", user))), now)


def test_a_token_file_is_read_again_every_minute(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("one\n", encoding="utf-8")
    access = load(str(written(tmp_path / "config", {"tokenFile": "token"})))
    shown = credential(access, now)
    assert shown.header is not None
    assert shown.header.text == "Bearer one"
    assert shown.ends_ms == NOW_MS + 60_000
    (tmp_path / "token").unlink()
    with pytest.raises(SettingsError, match="tokenFile cannot be read"):
        credential(access, now)


def test_a_token_file_goes_before_the_token_beside_it_which_is_for_when_it_is_away(
    tmp_path: Path,
) -> None:
    (tmp_path / "token").write_text("new\n", encoding="utf-8")
    user = {"tokenFile": "token", "token": "old"}
    access = load(str(written(tmp_path / "config", user)))
    shown = credential(access, now)
    assert shown.header is not None
    assert shown.header.text == "Bearer new"
    (tmp_path / "token").unlink()
    shown = credential(access, now)
    assert shown.header is not None
    assert shown.header.text == "Bearer old"


def test_who_is_to_act_as_another_never_acts_as_himself(tmp_path: Path) -> None:
    user = {"token": "admins", "as": "viewer", "as-uid": "7", "as-groups": ["readers"]}
    access = load(str(written(tmp_path / "config", user)))
    assert access.acts_as == {
        "Impersonate-User": "viewer",
        "Impersonate-Uid": "7",
        "Impersonate-Group": "readers",
    }
    for more in ({"as-groups": ["a", "b"]}, {"as-user-extra": {"scopes": ["view"]}}):
        with pytest.raises(SettingsError, match="not spoken"):
            load(str(written(tmp_path / "config", {**user, **more})))


def test_a_password_is_shown_as_a_header(tmp_path: Path) -> None:
    user = {"username": "me", "password": "secret"}
    shown = credential(load(str(written(tmp_path / "config", user))), now)
    assert shown.header is not None
    assert shown.header.text == "Basic " + base64.b64encode(b"me:secret").decode()


def test_keys_stand_in_files_of_ones_own_while_openssl_reads_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ssl

    mine = Certificate(tmp_path / "me.pem")
    access = load(
        str(written(tmp_path / "config", {"client-certificate": "me.pem", "client-key": "me.pem"}))
    )
    modes = []

    class Watching(ssl.SSLContext):
        def load_cert_chain(self, certfile: Any, keyfile: Any = None, password: Any = None) -> None:
            modes.extend(stat.S_IMODE(Path(name).stat().st_mode) for name in (certfile, keyfile))

    monkeypatch.setattr(
        ssl, "create_default_context", lambda **_: Watching(ssl.PROTOCOL_TLS_CLIENT)
    )
    verifying(access, mine.path.read_bytes(), mine.path.read_bytes())
    assert modes == [0o600, 0o600]
