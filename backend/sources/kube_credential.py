"""Who one is to an API server now: a token, a certificate, or what a plugin gives; blocks."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Dict, Optional

from backend.errors import StxError, Unauthorized
from backend.secret import COMMAND_S, Secret
from backend.sources.kubeconfig import SERVICE, Access, Plugin
from backend.units import instant_ms

# A plugin's token is renewed so long before it ends, in ms.
EARLY_MS = 60_000


@dataclass(frozen=True)
class Credential:
    """What one shows: a header, or a certificate; ``ends_ms`` is when it must be renewed."""

    header: Optional[Secret] = None
    cert: bytes = field(default=b"", repr=False)
    key: bytes = field(default=b"", repr=False)
    ends_ms: Optional[int] = None


def credential(access: Access, now_ms: Callable[[], int]) -> Credential:
    """Return what one shows now; blocks on a file or a plugin.

    Raises ``SettingsError`` of a file, ``Unauthorized`` of a plugin that failed.
    """
    if access.token_file:
        return _from_file(access, now_ms)
    if access.token is not None:
        return Credential(header=_bearer(access.token.text), cert=access.cert, key=access.key)
    if access.plugin is not None:
        return _from_plugin(access, access.plugin)
    header = Secret(f"Basic {access.basic.text}") if access.basic is not None else None
    return Credential(header=header, cert=access.cert, key=access.key)


def _from_file(access: Access, now_ms: Callable[[], int]) -> Credential:
    """Return the token that a file holds; one that stands beside it is for when it cannot be read.

    As Kubernetes renews a pod's own token: the file is read again every minute.
    """
    try:
        text = Path(access.token_file).read_text(encoding="utf-8").strip()
    except UnicodeDecodeError:
        # Without the error itself: it holds the bytes of the secret.
        raise access.where.wrong("tokenFile cannot be read: it is no UTF-8") from None
    except OSError as error:
        if access.token is None:
            raise access.where.wrong(f"tokenFile cannot be read: {error}") from error
        text = access.token.text
    return Credential(
        header=_bearer(text), cert=access.cert, key=access.key, ends_ms=now_ms() + EARLY_MS
    )


def _bearer(token: str) -> Secret:
    return Secret(f"Bearer {token}")


def _from_plugin(access: Access, plugin: Plugin) -> Credential:
    name = plugin.command[0]
    spec: Dict[str, object] = {"interactive": False}
    if plugin.wants_cluster:
        ca = base64.b64encode(access.ca).decode()
        spec["cluster"] = {"server": access.server, "certificate-authority-data": ca}
    asked = {"apiVersion": plugin.version, "kind": "ExecCredential", "spec": spec}
    env = {**os.environ, **plugin.env, "KUBERNETES_EXEC_INFO": json.dumps(asked)}
    try:
        done = subprocess.run(
            plugin.command,
            env=env,
            # The terminal is the console's: a plugin that asks there gets the end of a file.
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=COMMAND_S,
            # Nor is it found by name: what asks on /dev/tty would take the console's keys.
            start_new_session=True,
            check=False,
        )
    except (OSError, ValueError) as error:
        raise _failed(plugin, f"{name} cannot be run: {error}") from error
    except subprocess.TimeoutExpired as error:
        raise _failed(plugin, f"{name} gave no credential within {COMMAND_S:g} s") from error
    if done.returncode:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        words = f"{name} failed with exit code {done.returncode}: {lines[-1] if lines else ''}"
        raise _failed(plugin, words.rstrip(": "))
    return _given(plugin, done.stdout)


def _given(plugin: Plugin, output: bytes) -> Credential:
    name = plugin.command[0]
    try:
        said = json.loads(output)
        version, status = said["apiVersion"], said["status"]
        names = ("token", "clientCertificateData", "clientKeyData")
        token, cert, key = ((status.get(name) or "").strip() for name in names)
        until = status.get("expirationTimestamp", "")
        ends_ms = instant_ms(until)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _failed(plugin, f"{name} printed no ExecCredential") from error
    if until and ends_ms is None:
        raise _failed(plugin, f"{name} printed no ExecCredential: it ends at no instant")
    if version != plugin.version:
        raise _failed(plugin, f"{name} speaks {version}, and {plugin.version} was asked for")
    if not token and not (cert and key):
        raise _failed(plugin, f"{name} gave neither a token nor a certificate with its key")
    return Credential(
        header=_bearer(token) if token else None,
        cert=cert.encode(),
        key=key.encode(),
        ends_ms=None if ends_ms is None else ends_ms - EARLY_MS,
    )


def _failed(plugin: Plugin, words: str) -> StxError:
    where = ":".join(str(part) for part in (plugin.spot.file, plugin.spot.line) if part)
    return Unauthorized(SERVICE, words, f"run it by hand; it stands in {where}")
