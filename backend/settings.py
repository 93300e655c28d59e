"""clouds.yaml and OS_* variables as settings; secrets stay secret.

Searched as OpenStack clients do (``.``, ``~/.config/openstack``, ``/etc/openstack``; the first
found is taken), then ``~/.config/stx-tui`` laid over it: there our own keys of the same cloud may
stand. ``secure.yaml`` beside any of them holds what is secret. A sourced openrc needs no file.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Dict, Mapping, Optional, Sequence, Tuple
from urllib.parse import urlsplit

from backend.bmc_settings import BmcSettings, bmcs_of
from backend.ceph_settings import CephWay, ceph_here, ceph_of
from backend.clouds_yaml import Section, Spot, from_environment, read
from backend.errors import SettingsError
from backend.home import at_home
from backend.registry_settings import RegistryWay, registry_here, registry_of
from backend.secret import Password, Secret, password_of
from backend.ssh_settings import Ssh, ssh_of
from backend.urls import check_url

# The services that Keystone's catalogue leads to.
CATALOGUE = frozenset(
    {"sysinv", "fm", "usm", "patching", "vim", "dcmanager", "keystone", "barbican"}
)
GLYPHS = ("ascii", "dec", "utf8")
COLOURS = ("mono", "8", "16", "256", "full")
INTERFACES = ("public", "internal", "admin")

_AUTH = {
    *("auth_url", "username", "user_id", "password", "password_command", "password_file"),
    *("project_name", "project_id", "tenant_name", "tenant_id"),
    *("user_domain_name", "user_domain_id", "project_domain_name", "project_domain_id"),
    *("domain_name", "domain_id", "default_domain", "default_domain_id"),
}
_OURS = {
    *("auth", "region_name", "interface", "endpoint_type", "cacert", "verify", "insecure"),
    *("read_only", "store", "endpoints", "bmc", "ssh", "ceph", "cables"),
    "registry",
    *("kubeconfig", "kube_context"),
    *("line", "glyphs", "colour", "lock_after_s"),
}
# What OpenStack's own clients may find beside ours; it says nothing to a StarlingX.
_THEIRS = {
    *("auth_type", "profile", "cloud", "regions", "networks", "api_timeout", "force_ipv4"),
    *("identity_api_version", "floating_ip_source", "nat_destination", "dns_nameservers", "cert"),
    *("key", "log_file", "metrics", "cache", "message", "status", "vendor_hook", "disable_vendor"),
}
_THEIR_ENDINGS = (
    *("_api_version", "_service_type", "_service_name", "_interface", "_endpoint_override"),
    *("_max_version", "_min_version", "_default_microversion", "_status_code_retries"),
)

# Who may read it is told apart by the system: on a controller those of group sys_protected.
ADMIN_CONF = Path("/etc/kubernetes/admin.conf")

# Ours for the session, whichever cloud it is.
_SESSION = {
    "STX_TUI_READ_ONLY": "read_only",
    "STX_TUI_STORE": "store",
    "STX_TUI_LINE": "line",
    "STX_TUI_GLYPHS": "glyphs",
    "STX_TUI_COLOUR": "colour",
    "STX_TUI_LOCK_AFTER_S": "lock_after_s",
}


@dataclass(frozen=True)
class Auth:
    """Who one is to Keystone, always within a project. Names or ids; domains default to Default."""

    auth_url: str
    password: Password = field(default_factory=Password)
    username: str = ""
    user_id: str = ""
    user_domain_name: str = ""
    user_domain_id: str = ""
    project_name: str = ""
    project_id: str = ""
    project_domain_name: str = ""
    project_domain_id: str = ""


@dataclass(frozen=True)
class CloudSettings:
    """All that is set of one cloud; what is not configured is None or empty, not broken.

    ``cables`` is the file of a cable plan.
    ``endpoints`` are URLs by service name, for what the catalogue lacks. ``source`` says where it
    was read. ``line`` is bits per second; these and ``glyphs``, ``colour`` None: as detected.
    """

    name: str
    auth: Optional[Auth] = None
    region_name: str = ""
    interface: str = "public"
    cacert: str = ""
    verify: bool = True
    read_only: bool = False
    store: str = ""
    endpoints: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    bmc: Mapping[str, BmcSettings] = field(default_factory=lambda: MappingProxyType({}))
    ssh: Optional[Ssh] = None
    ceph: Optional[CephWay] = None
    registry: Optional[RegistryWay] = None
    kubeconfig: str = ""
    cables: str = ""
    kube_context: str = ""
    line: Optional[int] = None
    glyphs: Optional[str] = None
    colour: Optional[str] = None
    lock_after_s: Optional[int] = None
    source: str = ""

    def has(self, source: str) -> bool:
        """Whether what asks that source makes sense here: without Keystone no service of it does.

        Baseboards, programs and our own record are always there, and a cluster where the platform
        is that has one; what they lack they say.
        """
        if source == "ceph":
            return self.ceph_way is not None
        if source == "registry":
            return self.registry_way is not None
        if source == "kubernetes":
            return bool(self.kubeconfig) or self.auth is not None
        return self.auth is not None or source not in CATALOGUE

    @property
    def ceph_way(self) -> Optional[CephWay]:
        """Where Ceph is asked: as is set, else on this machine where that is set up for one."""
        return self.ceph or ceph_here()

    @property
    def registry_way(self) -> Optional[RegistryWay]:
        """Where images are asked for: as is set, else at this controller; as Keystone's user."""
        way = self.registry or registry_here()
        if way is None or way.username or self.auth is None:
            return way
        return replace(way, username=self.auth.username, password=self.auth.password)

    @property
    def needs_password(self) -> bool:
        """Whether somebody has to be asked before Keystone can be."""
        return self.auth is not None and self.auth.password.is_missing

    def with_password(self, text: str) -> CloudSettings:
        """Return these settings with a password that somebody typed."""
        if self.auth is None:
            return self
        password = Password(given=Secret(text=text))
        return replace(self, auth=replace(self.auth, password=password))


@dataclass(frozen=True)
class Settings:
    """All clouds found, by name, and the one meant (None: none, or several to choose from)."""

    clouds: Mapping[str, CloudSettings]
    default: Optional[CloudSettings] = None


def load(
    env: Mapping[str, str] = os.environ,
    cloud: Optional[str] = None,
    files: Optional[Sequence[Path]] = None,
) -> Settings:
    """Return all clouds that files and environment describe; ``cloud`` names the one meant.

    ``files`` replaces the search; a later one is laid over those before. Without ``cloud``, what
    ``OS_CLOUD`` names is meant, else a sourced openrc, else the only cloud there is.
    Raises ``SettingsError`` with file, line, key and what is allowed.
    """
    sections = _sections(_found(env) if files is None else files)
    session = _session(env)
    clouds = {name: _cloud(name, session.over(part)) for name, part in sections.items()}
    sourced = _sourced(env)
    meant = cloud or env.get("OS_CLOUD") or ""
    if sourced is not None and not (meant and meant in clouds):
        name = meant or _name_of(env["OS_AUTH_URL"])
        clouds[name] = _cloud(name, session.over(sourced))
        meant = name
    if not clouds and _kubeconfig(env) is not None:
        # No StarlingX is known, and a cluster is: that much can be looked at.
        name = meant = meant or "kubernetes"
        clouds[name] = _cloud(name, session.over(_only_kubernetes(env)))
    if meant and meant not in clouds:
        raise SettingsError(
            f"there is no cloud {meant!r}",
            f"there are: {', '.join(sorted(clouds))}" if clouds else "no clouds.yaml was found",
            key="" if cloud else "OS_CLOUD",
        )
    if not meant and len(clouds) == 1:
        meant = next(iter(clouds))
    return Settings(clouds=MappingProxyType(clouds), default=clouds.get(meant))


def alone(name: str, env: Mapping[str, str] = os.environ) -> CloudSettings:
    """Return the settings of no cloud at all, but what is set for the session: read-only, say.

    Raises ``SettingsError`` as ``load`` does.
    """
    return replace(_cloud(name, _session(env)), source="this machine")


def _session(env: Mapping[str, str]) -> Section:
    return from_environment(
        {key: (name, env[name]) for name, key in _SESSION.items() if env.get(name)}
    )


def _found(env: Mapping[str, str]) -> Sequence[Path]:
    """Return the files there are, in the order in which they are laid over each other."""
    home = Path(env.get("HOME") or "/")
    config = Path(env.get("XDG_CONFIG_HOME") or home / ".config")
    rooms = (Path(), config / "openstack", home / ".config" / "openstack", Path("/etc/openstack"))
    found = [
        path
        for name, variable in (
            ("clouds", "OS_CLIENT_CONFIG_FILE"),
            ("secure", "OS_CLIENT_SECURE_FILE"),
        )
        for path in [_first(name, env.get(variable), rooms)]
        if path is not None
    ]
    ours = [_first(name, None, (config / "stx-tui",)) for name in ("clouds", "secure")]
    return [*found, *(path for path in ours if path is not None)]


def _first(name: str, named: Optional[str], rooms: Sequence[Path]) -> Optional[Path]:
    if named:
        return Path(named)
    there = (room / f"{name}{end}" for room in rooms for end in (".yaml", ".yml", ".json"))
    return next((path for path in there if path.is_file()), None)


def _sections(files: Sequence[Path]) -> Mapping[str, Section]:
    sections: Dict[str, Section] = {}
    for path in files:
        clouds = read(path).section("clouds")
        for name, section in (clouds.sections() if clouds else {}).items():
            sections[name] = section.over(sections.get(name))
    return sections


def _sourced(env: Mapping[str, str]) -> Optional[Section]:
    """Return what a sourced openrc says, None where there is none."""
    if not env.get("OS_AUTH_URL"):
        return None
    keys = _AUTH - {"password_command", "password_file"}
    auth = {
        key: Spot(value=env[variable], key=variable, file="environment")
        for key, variable in ((key, f"OS_{key.upper()}") for key in sorted(keys))
        if env.get(variable)
    }
    rest = {
        key: (f"OS_{key.upper()}", env[f"OS_{key.upper()}"])
        for key in ("region_name", "interface", "endpoint_type", "cacert", "insecure", "auth_type")
        if env.get(f"OS_{key.upper()}")
    }
    kubeconfig = _kubeconfig(env)
    if kubeconfig is not None:
        rest["kubeconfig"] = kubeconfig
    spots = dict(from_environment(rest).spots)
    spots["auth"] = Spot(value=auth, key="OS_*", file="environment")
    return Section(Spot(value=spots, key="", file="environment"))


def _only_kubernetes(env: Mapping[str, str]) -> Section:
    found = _kubeconfig(env)
    assert found is not None
    return from_environment({"kubeconfig": found})


def _kubeconfig(env: Mapping[str, str]) -> Optional[Tuple[str, str]]:
    """Return where kubectl would look on a controller, as (who says so, path), None: nowhere."""
    if env.get("KUBECONFIG"):
        return "KUBECONFIG", env["KUBECONFIG"]
    if os.access(ADMIN_CONF, os.R_OK):
        return str(ADMIN_CONF), str(ADMIN_CONF)
    return None


def _name_of(url: str) -> str:
    return urlsplit(url).hostname or "environment"


def _cloud(name: str, said: Section) -> CloudSettings:
    said.only(_OURS, _THEIRS, _THEIR_ENDINGS)
    auth = said.section("auth")
    kind = said.text("auth_type")
    if kind not in {"", "password", "v3password"}:
        raise _spot_of(said, "auth_type").wrong(f"{kind!r} is not spoken", "use password")
    return CloudSettings(
        name=name,
        auth=None if auth is None else _auth(auth),
        region_name=said.text("region_name"),
        interface=_interface(said),
        cacert=_path(said.text("cacert")),
        verify=said.flag("verify", default=True) and not said.flag("insecure", default=False),
        read_only=said.flag("read_only", default=False),
        store=said.text("store"),
        endpoints=MappingProxyType(_endpoints(said)),
        bmc=MappingProxyType(bmcs_of(said.section("bmc"))),
        ssh=ssh_of(said),
        ceph=ceph_of(said),
        registry=registry_of(said),
        cables=_path(said.text("cables")),
        kubeconfig=_paths(said.text("kubeconfig")),
        kube_context=said.text("kube_context"),
        line=said.number("line"),
        glyphs=said.choice("glyphs", GLYPHS) or None,
        colour=said.choice("colour", COLOURS) or None,
        lock_after_s=said.number("lock_after_s"),
        source=":".join(str(part) for part in (said.spot.file, said.spot.line or "") if part),
    )


def _auth(said: Section) -> Auth:
    said.only(_AUTH)
    url = said.text("auth_url")
    where = said.at("auth_url") or said.spot
    if not url:
        raise where.wrong("auth_url is missing", "as in http://192.168.204.1:5000/v3")
    check_url(where, url)
    if urlsplit(url).path.rstrip("/").endswith("/v2.0"):
        raise where.wrong("is Keystone's v2.0, which is not spoken", "use …/v3")
    if not said.text("username", "user_id"):
        raise said.spot.wrong("username is missing")
    if not said.text("project_name", "project_id", "tenant_name", "tenant_id"):
        # A token without a project has no catalogue and no role: nothing could be asked with it.
        raise said.spot.wrong("project_name is missing", "on StarlingX it is admin")
    domain_id = said.text("default_domain_id", "default_domain", "domain_id")
    domain = said.text("domain_name") or ("" if domain_id else "Default")
    return Auth(
        auth_url=url,
        password=password_of(said),
        username=said.text("username"),
        user_id=said.text("user_id"),
        user_domain_name=said.text("user_domain_name") or domain,
        user_domain_id=said.text("user_domain_id") or domain_id,
        project_name=said.text("project_name", "tenant_name"),
        project_id=said.text("project_id", "tenant_id"),
        project_domain_name=said.text("project_domain_name") or domain,
        project_domain_id=said.text("project_domain_id") or domain_id,
    )


def _endpoints(said: Section) -> Dict[str, str]:
    """Return URLs by service: ours under ``endpoints``, OpenStack's as NAME_endpoint_override."""
    ending = "_endpoint_override"
    found: Dict[str, str] = {}
    named = said.section("endpoints")
    for section, cut in ((said, ending), (named, "")):
        for key in section.spots if section else ():
            url = section.text(key) if section and key.endswith(cut) else ""
            if url and section:
                check_url(_spot_of(section, key), url)
                found[key[: len(key) - len(cut)].replace("_", "-")] = url
    return found


def _interface(said: Section) -> str:
    """Return public, internal or admin; OS_ENDPOINT_TYPE says ``internalURL``."""
    spot = said.at("interface", "endpoint_type")
    word = said.text("interface", "endpoint_type").replace("URL", "")
    if spot is not None and word not in INTERFACES:
        raise spot.wrong(f"{word!r} is not one of {', '.join(INTERFACES)}")
    return word or "public"


def _path(text: str) -> str:
    return str(at_home(text)) if text else ""


def _paths(text: str) -> str:
    return os.pathsep.join(_path(part) for part in text.split(os.pathsep))


def _spot_of(said: Section, key: str) -> Spot:
    return said.at(key) or said.spot
