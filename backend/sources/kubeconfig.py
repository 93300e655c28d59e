"""A kubeconfig: which API server is meant, and how one is known to it; nothing of it is shown.

The ``kubernetes`` library's loader is not used: it runs credential plugins on the console's own
terminal and swallows their failures, leaves private keys in /tmp until the end, and takes 0.4 s
and 36 MB. Files are merged as kubectl merges those of ``$KUBECONFIG``: the first to say it has it.
"""

from __future__ import annotations

import base64
import binascii
import os
import ssl
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Dict, List, Mapping, Optional, Tuple
from urllib.parse import urlsplit

from backend.clouds_yaml import Section, Spot, read
from backend.errors import SettingsError
from backend.home import at_home
from backend.secret import Secret
from backend.units import instant_ms, span

SERVICE = "kubernetes"


@dataclass(frozen=True)
class Plugin:
    """A program that gives credentials (``client.authentication.k8s.io``)."""

    command: Tuple[str, ...]
    version: str
    env: Mapping[str, str]
    spot: Spot
    wants_cluster: bool = False


@dataclass(frozen=True)
class Access:
    """One context: the API server, who vouches for it, and who one is there.

    ``ca``, ``cert`` and ``key`` are PEM; ``where`` is the file and line that named the user.
    """

    context: str
    server: str
    user: str
    namespace: str
    where: Spot
    ca: bytes = b""
    verify: bool = True
    server_name: str = ""
    cert: bytes = field(default=b"", repr=False)
    key: bytes = field(default=b"", repr=False)
    token: Optional[Secret] = None
    token_file: str = ""
    # As whom one acts, by the headers of impersonation.
    acts_as: Mapping[str, str] = field(default_factory=dict)
    basic: Optional[Secret] = None
    plugin: Optional[Plugin] = None


def load(paths: str, context: str = "") -> Access:
    """Return the access that files (separated as in $PATH) give in a context, else their current.

    Blocks on files. Raises ``SettingsError`` with file, line and what there is.
    """
    files = [at_home(path) for path in paths.split(os.pathsep) if path]
    parts = [_Part(read(path), path) for path in _there(files)]
    meant = context or next((part.current for part in parts if part.current), "")
    contexts = _merged(parts, "contexts")
    if not meant and len(contexts) == 1:
        meant = next(iter(contexts))
    there = f"there are: {', '.join(sorted(contexts)) or 'none'}"
    if not meant:
        raise SettingsError("no current-context", there, file=str(files[0]), key="current-context")
    if meant not in contexts:
        raise SettingsError(f"no context {meant!r}", there, file=str(files[0]), key="contexts")
    chosen, _ = _inner(contexts[meant], "context")
    cluster, folder = _named(parts, "clusters", "cluster", chosen)
    if cluster is None:
        raise chosen.spot.wrong("has no cluster")
    user, home = _named(parts, "users", "user", chosen)
    server = cluster.text("server").rstrip("/")
    try:
        parts_of = urlsplit(server)
    except ValueError:  # a bracket that is not closed, say
        parts_of = urlsplit("")
    if parts_of.scheme not in {"http", "https"} or not parts_of.hostname:
        spot = cluster.at("server") or cluster.spot
        raise spot.wrong(f"{server!r} is no URL", "as in https://192.168.206.1:6443")
    return _access(meant, server, chosen, (cluster, folder), (user, home))


def _access(
    context: str,
    server: str,
    chosen: Section,
    cluster: Tuple[Section, Path],
    user: Tuple[Optional[Section], Path],
) -> Access:
    said, home = user
    if said is not None and said.at("auth-provider") is not None:
        spot = said.at("auth-provider") or said.spot
        raise spot.wrong("is not spoken (nor by kubectl since 1.26)", "use exec")
    is_basic = said is not None and said.text("username")
    basic = f"{said.text('username')}:{said.text('password')}" if said and is_basic else ""
    token = said.text("token") if said is not None else ""
    token_file = said.text("tokenFile") if said is not None else ""
    return Access(
        context=context,
        server=server,
        user=chosen.text("user"),
        namespace=chosen.text("namespace") or "default",
        where=(said or chosen).spot,
        ca=_pem(*cluster, "certificate-authority"),
        verify=not cluster[0].flag("insecure-skip-tls-verify", default=False),
        server_name=cluster[0].text("tls-server-name"),
        cert=_pem(said, home, "client-certificate") if said else b"",
        key=_pem(said, home, "client-key") if said else b"",
        token=Secret(token) if token else None,
        token_file=str(home / token_file) if token_file else "",
        acts_as=_acts_as(said) if said else {},
        basic=Secret(base64.b64encode(basic.encode()).decode()) if basic else None,
        plugin=_plugin(said, home) if said else None,
    )


def _acts_as(said: Section) -> Dict[str, str]:
    """Return the headers by which a user acts as another, with that one's rights alone.

    Raises ``SettingsError``: to act as oneself instead may be to act with more.
    """
    found = {}
    for key, header in (("as", "User"), ("as-uid", "Uid")):
        if said.text(key):
            found[f"Impersonate-{header}"] = said.text(key)
    spot = said.at("as-groups")
    groups = said.words("as-groups") if spot is not None and spot.value else ()
    if spot is not None and len(groups) > 1:
        raise spot.wrong("several groups are not spoken", "name one, or use a user of its own")
    if groups:
        found["Impersonate-Group"] = groups[0]
    extra = said.at("as-user-extra")
    if extra is not None and extra.value:
        raise extra.wrong("is not spoken", "use a user of its own")
    return found


# --- files -------------------------------------------------------------------------------------


class _Part:
    """One file: what it says, and the folder its relative paths start from."""

    def __init__(self, said: Section, path: Path) -> None:
        self.said = said
        self.folder = path.parent
        self.current = said.text("current-context")


def _there(files: List[Path]) -> List[Path]:
    """Return the files that exist; kubectl too passes over those of several that do not."""
    there = [path for path in files if path.exists()]
    if not there:
        names = ", ".join(map(str, files)) or "kubeconfig"
        raise SettingsError(f"{names}: no such file", "name one: kubeconfig: in clouds.yaml")
    return there


def _merged(parts: List[_Part], key: str) -> Dict[str, Tuple[Section, Path]]:
    found: Dict[str, Tuple[Section, Path]] = {}
    for part in parts:
        spot = part.said.at(key)
        if spot is not None and not isinstance(spot.value, tuple):
            raise spot.wrong("must be a list")
        for one in spot.value if spot is not None and isinstance(spot.value, tuple) else ():
            entry = Section(one)
            found.setdefault(entry.text("name"), (entry, part.folder))
    return found


def _inner(entry: Tuple[Section, Path], key: str) -> Tuple[Section, Path]:
    section = entry[0].section(key)
    if section is None:
        raise entry[0].spot.wrong(f"has no {key}")
    return section, entry[1]


def _named(
    parts: List[_Part], listed: str, key: str, chosen: Section
) -> Tuple[Optional[Section], Path]:
    """Return the cluster or user that a context names, None where it names none."""
    name = chosen.text(key)
    if not name:
        return None, Path()
    entries = _merged(parts, listed)
    if name not in entries:
        spot = chosen.at(key) or chosen.spot
        raise spot.wrong(f"no {key} {name!r}", f"there are: {', '.join(sorted(entries)) or 'none'}")
    return _inner(entries[name], key)


def _pem(said: Section, folder: Path, key: str) -> bytes:
    """Return what ``KEY-data`` holds, else the file that ``KEY`` names, else nothing."""
    inline = said.at(f"{key}-data")
    if inline is not None:
        try:
            return base64.b64decode(said.text(f"{key}-data"), validate=True)
        except (binascii.Error, ValueError) as error:
            raise inline.wrong("is no base64") from error
    spot = said.at(key)
    if spot is None or not said.text(key):
        return b""
    path = folder / at_home(said.text(key))
    try:
        return path.read_bytes()
    except OSError as error:
        raise spot.wrong(f"{path} cannot be read: {os.strerror(error.errno or 0)}") from error


def _plugin(said: Section, folder: Path) -> Optional[Plugin]:
    section = said.section("exec")
    if section is None:
        return None
    command = section.text("command")
    if not command:
        raise section.spot.wrong("command is missing")
    if "/" in command:
        # As kubectl: a path is from the file it stands in, a name is looked up in $PATH.
        command = str(folder / command)
    env = {}
    listed = section.at("env")
    for one in listed.value if listed is not None and isinstance(listed.value, tuple) else ():
        pair = Section(one)
        env[pair.text("name")] = pair.text("value")
    args = section.words("args") if section.at("args") and section.spots["args"].value else ()
    return Plugin(
        command=(command, *args),
        version=section.text("apiVersion") or "client.authentication.k8s.io/v1",
        env=env,
        spot=section.spot,
        wants_cluster=section.flag("provideClusterInfo", default=False),
    )


# --- TLS ---------------------------------------------------------------------------------------


def verifying(access: Access, cert: bytes, key: bytes) -> ssl.SSLContext:
    """Return the context for connections to its API server; raises ``SettingsError``."""
    try:
        tls = ssl.create_default_context(cadata=access.ca.decode("ascii") if access.ca else None)
    except (ssl.SSLError, ValueError) as error:
        raise access.where.wrong(f"certificate-authority is no PEM: {error}") from error
    if not access.verify:
        # `insecure-skip-tls-verify` of that very kubeconfig: kubectl checks nothing there either.
        tls.check_hostname = False
        tls.verify_mode = ssl.CERT_NONE
    return with_client(tls, access.where, cert, key)


def with_client(tls: ssl.SSLContext, where: Spot, cert: bytes, key: bytes) -> ssl.SSLContext:
    """Give a context one's own certificate; OpenSSL reads it from files, gone at once."""
    if not cert:
        return tls
    with tempfile.TemporaryDirectory(prefix="stx-tui-") as folder:
        names = []
        for name, text in (("cert", cert), ("key", key)):
            path = Path(folder) / name
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(text)
            names.append(str(path))
        try:
            tls.load_cert_chain(*names)
        except (ssl.SSLError, OSError) as error:
            reason = getattr(error, "reason", None) or error
            words = f"client certificate and key cannot be used: {reason}"
            raise where.wrong(words, "do they belong together?") from error
    return tls


def expired(cert: bytes, now_ms: int) -> str:
    """Return since when a client certificate is not valid any more, "" where it is."""
    from cryptography import x509

    try:
        # The seconds are all it takes; the property with a time zone is newer than Debian 11's.
        ends = x509.load_pem_x509_certificate(cert)
    except ValueError:
        return ""
    after = getattr(ends, "not_valid_after_utc", None) or ends.not_valid_after
    ended_ms = instant_ms(after.strftime("%Y-%m-%dT%H:%M:%S+00:00")) or 0
    if now_ms <= ended_ms:
        return ""
    return f"{after:%Y-%m-%d %H:%M}Z, {span(now_ms - ended_ms)} ago"
