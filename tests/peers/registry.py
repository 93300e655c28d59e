"""Debian's ``docker-registry`` on loopback, over TLS, with images pushed by ``skopeo``.

Who may enter is asked of a token server of ours, which stands in for StarlingX's; or the registry
keeps a file of passwords itself. ``MISSING`` names what of it is not on this machine.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import random
import shutil
import socket
import subprocess
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from tests.backend.sources.authority import Certificate
from tests.peers.keystone import free_port
from tests.peers.redfish import HTPASSWD, PASSWORD, USER

PROGRAMS = ("docker-registry", "skopeo")
MISSING = [name for name in PROGRAMS if shutil.which(name) is None]
SERVICE, ISSUER, START_S = "registry.local:9001", "stand-in", 30.0

_CONF = """\
version: 0.1
log: {{level: error}}
storage:
  filesystem: {{rootdirectory: {room}/images}}
  delete: {{enabled: {deletes}}}
http:
  addr: 127.0.0.1:{port}
  tls: {{certificate: {server}, key: {server}}}
auth:
  {auth}
"""
_BY_TOKEN = (
    "token: {{realm: '{realm}', service: '{service}', issuer: {issuer}, rootcertbundle: {ca}}}"
)
_BY_FILE = "htpasswd: {{realm: basic-realm, path: {path}}}"


class TokenServer:
    """Gives who knows the password a token for what was asked; remembers who asked for what."""

    def __init__(self, authority: Certificate, server: Certificate) -> None:
        self.asked: List[Dict[str, str]] = []
        self.lasts_s = 300
        self._key, self._chain = authority.key, _der(authority)
        tokens = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                tokens.answer(self)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", free_port()), Handler)
        self._server.socket = server.server().wrap_socket(self._server.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self._server.server_port}/token/"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        query = {name: given[0] for name, given in parse_qs(urlsplit(handler.path).query).items()}
        said = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        is_known = handler.headers.get("Authorization") == f"Basic {said}"
        self.asked.append({**query, "known": str(is_known)})
        body = {"access_token": self._token(query), "expires_in": self.lasts_s}
        raw = json.dumps(body if is_known else {"details": "unknown user"}).encode()
        handler.send_response(200 if is_known else 401)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(raw)))
        handler.end_headers()
        handler.wfile.write(raw)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _token(self, query: Dict[str, str]) -> str:
        sort, _, rest = query.get("scope", "").partition(":")
        name, _, verbs = rest.rpartition(":")
        access = [{"type": sort, "name": name, "actions": verbs.split(",")}] if sort else []
        now = int(time.time())
        claims = {"iss": ISSUER, "sub": USER, "aud": query.get("service"), "access": access}
        claims.update(exp=now + self.lasts_s, nbf=now - 10, iat=now, jti=str(random.random()))
        head = {"typ": "JWT", "alg": "ES256", "x5c": [self._chain]}
        text = ".".join(_b64(json.dumps(part).encode()) for part in (head, claims))
        pair = decode_dss_signature(self._key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
        return f"{text}.{_b64(b''.join(number.to_bytes(32, 'big') for number in pair))}"


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _der(certificate: Certificate) -> str:
    found = x509.load_pem_x509_certificate(certificate.path.read_bytes())
    return base64.b64encode(found.public_bytes(serialization.Encoding.DER)).decode()


class Registry:
    """One that runs: where it answers, who vouches for it, and what tests push into it."""

    def __init__(self, room: Path, *, by_token: bool = True, deletes: bool = True) -> None:
        self.room = room
        self.port = free_port()
        self.authority = Certificate(room / "authority.pem", is_authority=True)
        self.server = Certificate(room / "server.pem", by=self.authority)
        self.tokens = TokenServer(self.authority, self.server) if by_token else None
        (room / "htpasswd").write_text(HTPASSWD, encoding="utf-8")
        auth = _BY_FILE.format(path=room / "htpasswd")
        if self.tokens is not None:
            auth = _BY_TOKEN.format(
                realm=self.tokens.url, service=SERVICE, issuer=ISSUER, ca=self.authority.path
            )
        text = _CONF.format(
            room=room,
            port=self.port,
            server=self.server.path,
            auth=auth,
            deletes=str(deletes).lower(),
        )
        (room / "config.yml").write_text(text, encoding="utf-8")
        (room / "certs").mkdir()
        (room / "certs" / "ca.crt").write_bytes(self.authority.path.read_bytes())

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def cloud(self, **registry: str) -> Dict[str, Any]:
        """Return one cloud of a clouds.yaml that has this registry."""
        said = {"url": f"https://{self.host}", "username": USER, "password": PASSWORD, **registry}
        return {"cacert": str(self.authority.path), "registry": said}

    def push(self, image: str, *layers: bytes) -> str:
        """Push an image of these layers under a name and a tag; return its digest."""
        folder = self.room / f"image-{time.monotonic_ns()}"
        folder.mkdir()
        digest = _lay(folder, layers)
        there = ("--dest-creds", f"{USER}:{PASSWORD}", "--dest-cert-dir", str(self.room / "certs"))
        self.skopeo("copy", *there, f"dir:{folder}", f"docker://{self.host}/{image}")
        return digest

    def inspect(self, image: str, *words: str) -> Dict[str, Any]:
        """Return what skopeo says of an image."""
        there = ("--creds", f"{USER}:{PASSWORD}", "--cert-dir", str(self.room / "certs"))
        said = self.skopeo("inspect", *words, *there, f"docker://{self.host}/{image}")
        found: Dict[str, Any] = json.loads(said)
        return found

    def skopeo(self, *words: str) -> str:
        done = subprocess.run(
            ["skopeo", "--insecure-policy", *words],
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
        )
        if done.returncode:
            raise RuntimeError(f"skopeo {words[0]}: {done.stderr[-500:]}")
        return done.stdout


def _lay(folder: Path, layers: Any) -> str:
    """Lay an image into a folder as skopeo's ``dir:`` has it; return its manifest's digest."""

    def blob(raw: bytes, media: str) -> Dict[str, Any]:
        name = hashlib.sha256(raw).hexdigest()
        (folder / name).write_bytes(raw)
        return {"mediaType": media, "size": len(raw), "digest": f"sha256:{name}"}

    docker = "application/vnd.docker"
    # Packed, or skopeo packs them on the way, and the image is another.
    packed = [gzip.compress(raw, mtime=0) for raw in layers]
    parts = [blob(raw, f"{docker}.image.rootfs.diff.tar.gzip") for raw in packed]
    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": {},
        "rootfs": {"type": "layers", "diff_ids": [part["digest"] for part in parts]},
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": f"{docker}.distribution.manifest.v2+json",
        "config": blob(json.dumps(config).encode(), f"{docker}.container.image.v1+json"),
        "layers": parts,
    }
    raw = json.dumps(manifest).encode()
    (folder / "manifest.json").write_bytes(raw)
    (folder / "version").write_text("Directory Transport Version: 1.1\n", encoding="utf-8")
    return f"sha256:{hashlib.sha256(raw).hexdigest()}"


@contextmanager
def registry(room: Path, **of: Any) -> Iterator[Registry]:
    """Run a registry until left."""
    peer = Registry(room, **of)
    log = (room / "log").open("wb")
    process: Optional[subprocess.Popen[bytes]] = None
    try:
        process = subprocess.Popen(
            ["docker-registry", "serve", str(room / "config.yml")], stdout=log, stderr=log
        )
        _until_it_listens(peer, process)
        yield peer
    finally:
        if process is not None:
            process.terminate()
            process.wait()
        log.close()
        if peer.tokens is not None:
            peer.tokens.close()


def _until_it_listens(peer: Registry, process: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + START_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", peer.port), timeout=1).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > ends:
                raise RuntimeError((peer.room / "log").read_text("utf-8")[-2000:]) from None
            time.sleep(0.05)
        else:
            return
