"""Settings as people write them, and what they are told where they err."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any, Dict, Optional

import pytest

from backend.errors import SettingsError
from backend.kinds import areas_of
from backend.settings import CloudSettings, Settings, load

OPENRC = {
    "OS_ENDPOINT_TYPE": "internalURL",
    "OS_USERNAME": "admin",
    "OS_PASSWORD": "St8rlingX*",
    "OS_AUTH_TYPE": "password",
    "OS_AUTH_URL": "http://192.168.204.1:5000/v3",
    "OS_PROJECT_NAME": "admin",
    "OS_USER_DOMAIN_NAME": "Default",
    "OS_PROJECT_DOMAIN_NAME": "Default",
    "OS_IDENTITY_API_VERSION": "3",
    "OS_REGION_NAME": "RegionOne",
    "OS_INTERFACE": "internal",
    "CINDER_ENDPOINT_TYPE": "internalURL",
}

SITE = """\
clouds:
  site-7:
    auth:
      auth_url: https://10.10.10.2:5000/v3
      username: admin
      password: 0123
      project_name: admin
    region_name: RegionOne
    interface: public
    identity_api_version: 3
"""


class Room:
    """A home of its own, with the files we write there."""

    def __init__(self, path: Path) -> None:
        self.home = path / "home"
        self.home.mkdir()

    def write(
        self, text: str, name: str = ".config/openstack/clouds.yaml", mode: int = 0o600
    ) -> Path:
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
        return path

    def load(self, cloud: Optional[str] = None, **env: str) -> Settings:
        return load({"HOME": str(self.home), **env}, cloud)

    def wrong(self, cloud: Optional[str] = None, **env: str) -> SettingsError:
        with pytest.raises(SettingsError) as caught:
            self.load(cloud, **env)
        return caught.value


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Room:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    return Room(tmp_path)


def meant(settings: Settings) -> CloudSettings:
    assert settings.default is not None
    return settings.default


def secret(cloud: CloudSettings) -> str:
    assert cloud.auth is not None
    return cloud.auth.password.read().text


# --- what is found -----------------------------------------------------------------------------


def test_with_no_settings_at_all_there_are_no_clouds(room: Room) -> None:
    assert room.load() == Settings(clouds={}, default=None)


def test_a_sourced_openrc_is_enough(room: Room) -> None:
    cloud = meant(room.load(**OPENRC))
    assert (cloud.name, cloud.region_name, cloud.interface) == (
        *("192.168.204.1", "RegionOne"),
        "internal",
    )
    assert cloud.auth is not None
    assert cloud.auth.auth_url == "http://192.168.204.1:5000/v3"
    assert (cloud.auth.username, cloud.auth.project_name) == ("admin", "admin")
    assert secret(cloud) == "St8rlingX*"
    assert not cloud.needs_password
    assert cloud.source == "environment"


def test_an_openrc_without_a_password_says_that_somebody_must_be_asked(room: Room) -> None:
    env = {key: value for key, value in OPENRC.items() if key != "OS_PASSWORD"}
    cloud = meant(room.load(**env))
    assert cloud.needs_password
    with pytest.raises(SettingsError, match="no password"):
        secret(cloud)
    typed = cloud.with_password("typed")
    assert not typed.needs_password
    assert secret(typed) == "typed"


def test_endpoint_type_alone_says_the_interface(room: Room) -> None:
    env = {key: value for key, value in OPENRC.items() if key != "OS_INTERFACE"}
    assert meant(room.load(**env)).interface == "internal"


def test_clouds_yaml_is_read_and_a_password_keeps_its_zero(room: Room) -> None:
    path = room.write(SITE)
    cloud = meant(room.load())
    assert cloud.name == "site-7"
    assert secret(cloud) == "0123"
    assert cloud.source == f"{path}:2"
    assert cloud.verify


@pytest.mark.parametrize(
    "name",
    [
        *(".config/openstack/clouds.yaml", ".config/openstack/clouds.yml"),
        *("../elsewhere/clouds.yaml", ".config/stx-tui/clouds.yaml"),
    ],
)
def test_it_is_searched_where_openstack_clients_search_and_in_our_own_room(
    room: Room, name: str
) -> None:
    room.write(SITE, name)
    assert list(room.load().clouds) == ["site-7"]


def test_xdg_config_home_moves_both_rooms(room: Room) -> None:
    room.write(SITE, "xdg/openstack/clouds.yaml")
    room.write(SITE.replace("site-7", "site-8"), "xdg/stx-tui/clouds.yaml")
    assert set(room.load(XDG_CONFIG_HOME=str(room.home / "xdg")).clouds) == {"site-7", "site-8"}


def test_the_first_found_counts_and_a_named_file_counts_alone(room: Room) -> None:
    room.write(SITE.replace("site-7", "here"), "../elsewhere/clouds.yaml")
    room.write(SITE)
    assert list(room.load().clouds) == ["here"]
    other = room.write(SITE.replace("site-7", "named"), "other.yaml")
    assert list(room.load(OS_CLIENT_CONFIG_FILE=str(other)).clouds) == ["named"]


def test_a_named_file_that_is_not_there_is_a_mistake(room: Room) -> None:
    error = room.wrong(OS_CLIENT_CONFIG_FILE="/no/such/clouds.yaml")
    assert str(error) == "/no/such/clouds.yaml: cannot be read: No such file or directory"


def test_secure_yaml_brings_the_password_and_our_room_its_own_keys(room: Room) -> None:
    room.write(SITE.replace("      password: 0123\n", ""), mode=0o644)
    room.write(
        "clouds: {site-7: {auth: {password: hidden}}}", ".config/openstack/secure.yaml", 0o600
    )
    room.write(
        "clouds: {site-7: {read_only: true, lock_after_s: 600, line: 9600}}",
        ".config/stx-tui/clouds.yaml",
        0o644,
    )
    cloud = meant(room.load())
    assert secret(cloud) == "hidden"
    assert (cloud.read_only, cloud.lock_after_s, cloud.line) == (True, 600, 9600)


def test_anchors_and_merges_of_yaml_are_understood(room: Room) -> None:
    text = SITE.replace("site-7:", "site-7: &site") + "  site-8:\n    <<: *site\n    verify: no\n"
    room.write(text)
    clouds = room.load().clouds
    assert secret(clouds["site-8"]) == "0123"
    assert clouds["site-8"].region_name == "RegionOne"
    assert not clouds["site-8"].verify


def test_which_cloud_is_meant(room: Room) -> None:
    room.write(SITE + SITE.replace("clouds:\n", "").replace("site-7", "site-8"))
    assert room.load().default is None
    assert meant(room.load("site-8")).name == "site-8"
    assert meant(room.load(OS_CLOUD="site-7")).name == "site-7"
    assert meant(room.load("site-8", OS_CLOUD="site-7", **OPENRC)).name == "site-8"
    assert meant(room.load(**OPENRC)).name == "192.168.204.1"
    assert set(room.load(**OPENRC).clouds) == {"site-7", "site-8", "192.168.204.1"}


def test_a_cloud_that_is_not_there_is_told_with_those_that_are(room: Room) -> None:
    room.write(SITE)
    error = room.wrong("site-9")
    assert str(error) == "there is no cloud 'site-9'"
    assert error.advice == "there are: site-7"
    assert room.wrong(OS_CLOUD="site-9").key == "OS_CLOUD"


def test_a_cloud_may_have_bmcs_or_a_kubeconfig_only(room: Room) -> None:
    room.write(
        """\
clouds:
  crates:
    bmc:
      controller-0: {address: "10.10.10.100", username: root, password: secret}
      worker-0: {address: "[fd00::10]:8443", protocol: redfish}
  lab:
    kubeconfig: ~/.kube/config
"""
    )
    clouds = room.load(HOME=str(room.home)).clouds
    crates, lab = clouds["crates"], clouds["lab"]
    assert crates.auth is None
    assert not crates.needs_password
    assert crates.bmc["controller-0"].protocol == "ipmi"
    assert crates.bmc["controller-0"].password.read().text == "secret"
    assert crates.bmc["worker-0"].address == "[fd00::10]:8443"
    assert crates.bmc["worker-0"].password.is_missing
    assert lab.auth is None
    assert lab.kubeconfig.endswith("/.kube/config")
    assert lab.with_password("x") is lab


def test_endpoints_of_ours_and_of_openstack_s_spelling_are_one(room: Room) -> None:
    room.write(
        SITE + "    endpoints: {usm: 'http://u:5493'}\n    fm_endpoint_override: http://f:1\n"
    )
    assert meant(room.load()).endpoints == {"usm": "http://u:5493", "fm": "http://f:1"}


def test_the_session_overrules_every_cloud(room: Room) -> None:
    room.write(SITE + "    read_only: false\n    glyphs: utf8\n")
    env = {"STX_TUI_READ_ONLY": "1", "STX_TUI_GLYPHS": "ascii", "STX_TUI_STORE": "/tmp/x"}
    cloud = meant(room.load(**env))
    assert (cloud.read_only, cloud.glyphs, cloud.store) == (True, "ascii", "/tmp/x")
    assert meant(room.load(**OPENRC, **env)).read_only


@pytest.mark.parametrize(
    ("key", "expected"),
    [({"OS_CACERT": "/ca.pem"}, ("/ca.pem", True)), ({"OS_INSECURE": "true"}, ("", False))],
)
def test_tls_by_environment(room: Room, key: Dict[str, str], expected: Any) -> None:
    cloud = meant(room.load(**OPENRC, **key))
    assert (cloud.cacert, cloud.verify) == expected


# --- what is told ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "words", "advice"),
    [
        ("username", "usrname", 5, "auth.usrname", "no setting known", "did you mean username?"),
        ("region_name", "regoin_name", 8, "regoin_name", "no setting", "did you mean region_name?"),
        (
            "region_name",
            "xyz",
            8,
            "xyz",
            "no setting known",
            "allowed: auth, bmc, cables, cacert, ceph, colour",
        ),
        ("public", "pubic", 9, "interface", "'pubic' is not one of public, internal, admin", ""),
        ("https://10", "htps://10", 4, "auth.auth_url", "is no http:// or https:// URL", ""),
        ("https://10", "https://u:p@10", 4, "auth.auth_url", "has credentials", "keys of their"),
        ("5000", "no", 4, "auth.auth_url", "is no URL", ""),
        ("/v3", "/v2.0", 4, "auth.auth_url", "v2.0, which is not spoken", "use …/v3"),
        ("username: admin", "username: [a]", 5, "auth.username", "must be a text", ""),
        ("      username: admin\n", "", 3, "auth", "username is missing", ""),
        ("      project_name: admin\n", "", 3, "auth", "project_name is missing", "admin"),
        ("      auth_url: https://10.10.10.2:5000/v3\n", "", 3, "auth", "auth_url is missing", ""),
        ("interface: public", "verify: maybe", 9, "verify", "must be true or false", ""),
        ("interface: public", "line: fast", 9, "line", "must be a whole number", ""),
        ("interface: public", "glyphs: utf-8", 9, "glyphs", "'utf-8' is not one of", "utf8?"),
        ("interface: public", "read_only: {}", 9, "read_only", "must be a text", ""),
        ("interface: public", "region_name: b", 9, "region_name", "twice, first on line 8", ""),
        ("interface: public", "auth_type: token", 9, "auth_type", "'token' is not spoken", ""),
        ("interface: public", "bmc: {c: {}}", 9, "bmc.c", "address is missing", "10.10.10.100"),
        ("interface: public", "endpoints: {fm: x}", 9, "endpoints.fm", "'x' is no http", ""),
        ("password: 0123", "password_command: pass x", 6, "auth.password_command", "a list", ""),
        ("password: 0123", "password_command: [[a]]", 6, "auth.password_command[0]", "a text", ""),
    ],
)
def test_clouds_yaml_with_a_mistake_is_told_with_file_line_key_and_what_is_allowed(
    room: Room, old: str, new: str, line: int, key: str, words: str, advice: str
) -> None:
    assert old in SITE
    path = room.write(SITE.replace(old, new))
    error = room.wrong()
    assert (error.file, error.line, error.key) == (str(path), line, f"clouds.site-7.{key}")
    assert str(error).startswith(f"{path}:{line}: clouds.site-7.{key}: ")
    assert words in str(error)
    assert advice in error.advice
    assert "0123" not in str(error)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("clouds:\n  a: [\n", 3, "is no YAML"),
        ("clouds:\n\ta: b\n", 2, "is no YAML"),
        ("clouds: 3\n", 1, "must be a mapping"),
        ("- a\n", 1, "must be a mapping"),
        ("clouds:\n  site: 3\n", 2, "must be a mapping"),
        ("clouds: &a\n  site: *a\n", 1, "nested too deeply"),
        ("clouds: " + "[" * 3000, 0, "nested too deeply"),
        ("clouds:\n  ? [a]\n  : b\n", 2, "a key that is no text"),
        ("a: \x01\n", 0, "is no YAML"),
        ("clouds: *nobody\n", 1, "is no YAML"),
    ],
)
def test_what_is_no_settings_file_is_told_with_its_line(
    room: Room, text: str, line: int, words: str
) -> None:
    path = room.write(text)
    error = room.wrong()
    assert (error.file, error.line) == (str(path), line)
    assert words in str(error)


def test_a_small_file_whose_aliases_multiply_without_end_is_refused_before_they_do(
    room: Room,
) -> None:
    # Nine lines of nine aliases each: 400 bytes that would be 400 million values.
    lines = [f"a{n + 1}: &a{n + 1} [{', '.join([f'*a{n}'] * 9)}]" for n in range(9)]
    room.write("\n".join(["a0: &a0 lol", *lines, ""]))
    began_s = time.process_time()
    assert "its aliases make far more of it than stands there" in str(room.wrong())
    assert time.process_time() - began_s < 10


def test_a_number_of_ten_thousand_digits_is_no_number_here(room: Room) -> None:
    room.write("clouds: {site-7: {lock_after_s: " + "9" * 10_000 + "}}\n")
    error = room.wrong()
    assert error.key == "clouds.site-7.lock_after_s"
    assert "must be a whole number" in str(error)


def test_bytes_that_are_no_text_are_told(room: Room) -> None:
    path = room.write("")
    path.write_bytes(b"clouds: \xff\xfe")
    assert "cannot be read" in str(room.wrong())


@pytest.mark.parametrize("text", ["", "# nothing\n", "clouds:\n", "clouds: {}\n", "other: 1\n"])
def test_a_file_that_says_nothing_is_no_mistake(room: Room, text: str) -> None:
    room.write(text)
    assert room.load().clouds == {}


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("OS_AUTH_URL", "192.168.204.1:5000"),
        ("OS_AUTH_TYPE", "v3oidc"),
        ("OS_INTERFACE", "privat"),
        ("STX_TUI_LINE", "fast"),
    ],
)
def test_a_mistake_in_the_environment_names_its_variable(
    room: Room, variable: str, value: str
) -> None:
    error = room.wrong(**{**OPENRC, variable: value})
    assert (error.key, error.line) == (variable, 0)
    assert str(error).startswith(f"environment: {variable}: ")


def test_an_openrc_without_a_user_is_told(room: Room) -> None:
    env = {key: value for key, value in OPENRC.items() if key != "OS_USERNAME"}
    assert "username is missing" in str(room.wrong(**env))


# --- secrets -----------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620])
def test_a_secrets_file_that_others_can_read_is_refused(room: Room, mode: int) -> None:
    path = room.write(SITE, mode=mode)
    error = room.wrong()
    assert (error.file, error.line, error.key) == (str(path), 6, "clouds.site-7.auth.password")
    assert f"mode {mode:04o}" in str(error)
    assert error.advice == f"chmod 600 {path}"


def test_a_password_file_is_read_when_it_is_ours_alone(room: Room) -> None:
    held = room.write("from-file\nnot this\n", "secret")
    room.write(SITE.replace("password: 0123", f"password_file: {held}"), mode=0o644)
    assert secret(meant(room.load())) == "from-file"
    held.chmod(0o644)
    error = room.wrong()
    assert str(held) in str(error)
    assert error.key == "clouds.site-7.auth.password_file"
    held.unlink()
    assert "cannot be read" in str(room.wrong())


def command(room: Room, code: str) -> CloudSettings:
    argv = f"['{sys.executable}', '-c', \"{code}\"]"
    room.write(SITE.replace("password: 0123", f"password_command: {argv}"))
    return meant(room.load())


def test_a_password_file_that_is_no_text_or_no_file_is_told(room: Room) -> None:
    held = room.home / "secret"
    room.write(SITE.replace("password: 0123", f"password_file: {held}"), mode=0o644)
    held.write_bytes("gr\xfc\xdfe".encode("latin-1"))
    held.chmod(0o600)
    assert "cannot be read" in str(room.wrong())
    held.unlink()
    held.mkdir(mode=0o700)
    error = room.wrong()
    assert "Is a directory" in str(error)
    assert error.key == "clouds.site-7.auth.password_file"


def test_a_password_command_is_run_without_a_shell_only_when_needed(room: Room) -> None:
    cloud = command(room, "import sys; print('it; $HOME')")
    assert not cloud.needs_password
    assert secret(cloud) == "it; $HOME"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import sys; sys.exit('locked')", "failed with exit code 1: locked"),
        ("pass", "gave no password"),
    ],
)
def test_a_password_command_that_fails_says_why(room: Room, code: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        secret(command(room, code))


def test_a_password_command_that_is_not_there_says_so(room: Room) -> None:
    room.write(SITE.replace("password: 0123", "password_command: [no-such-vault]"))
    with pytest.raises(SettingsError, match="no-such-vault cannot be run"):
        secret(meant(room.load()))


def test_a_password_command_that_hangs_is_given_up(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.secret.COMMAND_S", 0.2)
    with pytest.raises(SettingsError, match=r"within 0\.2 s"):
        secret(command(room, "import time; time.sleep(9)"))


def test_a_password_command_that_others_could_have_written_is_not_run(room: Room) -> None:
    path = room.write(SITE.replace("password: 0123", "password_command: [cat]"), mode=0o666)
    error = room.wrong()
    assert (error.file, error.line) == (str(path), 6)
    assert "others can write this file" in str(error)


def test_no_secret_is_in_any_repr(room: Room) -> None:
    room.write(SITE.replace("0123", "hidden-word"))
    settings = room.load(**{**OPENRC, "OS_PASSWORD": "hidden-too"})
    assert "hidden" not in repr(settings)
    assert "hidden" not in str(settings)
    assert "hidden" not in f"{settings.clouds['site-7'].auth}"


NOTHING_BUT = {
    "bmc: {s0: {address: 10.1.2.3, username: admin, password: x}}": [],
    "kubeconfig: /etc/kubernetes/admin.conf": ["Storage", "Containers"],
    "ceph: {manager: 'https://10.1.2.3:8443', username: a, password: x}": ["Storage"],
}


@pytest.mark.parametrize("said", NOTHING_BUT)
def test_an_area_that_has_no_source_in_a_cloud_is_not_offered_there(
    said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.settings.ceph_here", lambda: None)
    monkeypatch.setattr("backend.settings.registry_here", lambda: None)
    path = tmp_path / "clouds.yaml"
    path.write_text(f"clouds:\n  site:\n    {said}\n")
    path.chmod(0o600)
    cloud = load({}, files=[path]).clouds["site"]
    titles = [area.title for area in areas_of(cloud.has)]
    # What needs nothing but the machine one sits on, and the way to baseboards, is always there.
    assert titles == [*NOTHING_BUT[said], "Patches", "Servers", "Machine"]
