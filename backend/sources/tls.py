"""Whom we speak to: verified by an authority, or pinned by fingerprint after being shown once.

The comparison is made inside the handshake, through ``SSLContext.sslobject_class`` where asyncio
speaks, and ``sslsocket_class`` where a library blocks on a socket: it holds for every connection,
before the first byte of any request.
"""

from __future__ import annotations

import hashlib
import json
import os
import ssl
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Dict, Mapping, Optional, Tuple

from backend.errors import SettingsError


class OtherCertificate(Exception):
    """The peer showed a certificate that is not the pinned one; nothing was sent to it."""

    def __init__(self, fingerprint: str, pinned: str) -> None:
        super().__init__(f"shown {fingerprint}")
        self.fingerprint = fingerprint
        self.pinned = pinned


def fingerprint(certificate: bytes) -> str:
    """Return the SHA-256 of a DER certificate as ``AB:CD:…``, as ``openssl x509`` prints it."""
    digest = hashlib.sha256(certificate).hexdigest().upper()
    return ":".join(digest[at : at + 2] for at in range(0, len(digest), 2))


def context(
    *, pinned: Optional[str] = None, cacert: str = "", verify: bool = True
) -> ssl.SSLContext:
    """Return the context of one endpoint's connections.

    With ``pinned`` that certificate and no other is taken, whoever signed it; with ``pinned=""``
    none is, so that the handshake ends in ``OtherCertificate`` telling which was shown. Without,
    the authorities of ``cacert`` or of this machine vouch. Raises ``SettingsError`` of cacert.
    """
    if pinned is None and verify:
        return _verifying(cacert)
    # No authority is asked here, and none would know: what a person accepted is held instead, by
    # comparing the certificate in the handshake, before a byte of ours. Only `verify: false` of
    # clouds.yaml, said by that same person, checks nothing.
    # A plain SSLContext: what comes from create_default_context would load authorities in vain.
    unverified = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    unverified.check_hostname = False
    unverified.verify_mode = ssl.CERT_NONE
    if pinned is not None:
        unverified.sslobject_class, unverified.sslsocket_class = _comparing(pinned)
    return unverified


def _verifying(cacert: str) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=cacert or None)
    except (OSError, ssl.SSLError) as error:
        reason = error.strerror or str(error)
        raise SettingsError(f"{cacert} cannot be used: {reason}", key="cacert") from error


def _comparing(pinned: str) -> Tuple[type[ssl.SSLObject], type[ssl.SSLSocket]]:
    def hold(certificate: Optional[bytes]) -> None:
        shown = fingerprint(certificate or b"")
        if shown != pinned:
            raise OtherCertificate(shown, pinned)

    class Comparing(ssl.SSLObject):
        def do_handshake(self) -> None:
            super().do_handshake()
            hold(self.getpeercert(binary_form=True))

    class ComparingSocket(ssl.SSLSocket):
        def do_handshake(self, block: bool = False) -> None:
            super().do_handshake(block)
            try:
                hold(self.getpeercert(binary_form=True))
            except OtherCertificate:
                self.close()
                raise

    return Comparing, ComparingSocket


class Pins:
    """Certificates that somebody accepted, by endpoint (``host:port``), in a file of their own.

    The file is JSON of mode 0600, replaced as a whole; what another process pins or forgets is
    seen at the next ``get``. A damaged file raises ``SettingsError``: nothing is trusted by mishap.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known: Dict[str, str] = {}
        self._stamp: Optional[Tuple[int, int, int]] = None
        self._unsaved: Optional[Dict[str, str]] = None

    def get(self, endpoint: str) -> Optional[str]:
        """Return the fingerprint pinned for ``endpoint``."""
        return self._read().get(endpoint)

    def vouches(self, endpoint: str, shown: str) -> bool:
        """Whether this very certificate was accepted for another port of the same host.

        The services of a StarlingX share one address and one certificate: one is asked once.
        """
        host = _host(endpoint)
        return any(_host(other) == host and shown == pin for other, pin in self._read().items())

    def all(self) -> Mapping[str, str]:
        """Return all pins, by endpoint."""
        return dict(self._read())

    def pin(self, endpoint: str, shown: str) -> None:
        """Accept ``shown`` for ``endpoint`` from now on."""
        self._write({**self._read(), endpoint: shown})

    def forget(self, endpoint: str) -> int:
        """Forget ``endpoint``, or all ports of a bare host; return how many were forgotten."""
        known = self._read()
        kept = {
            other: pin
            for other, pin in known.items()
            if endpoint not in {other, _host(other), _host(other).strip("[]")}
        }
        if len(kept) != len(known):
            self._write(kept)
        return len(known) - len(kept)

    def _read(self) -> Mapping[str, str]:
        if self._unsaved is not None:
            return self._unsaved
        try:
            there = self.path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except OSError as error:
            raise SettingsError(f"cannot be read: {error.strerror}", file=str(self.path)) from error
        stamp = (there.st_mtime_ns, there.st_size, there.st_ino)
        if stamp != self._stamp:
            self._known = _parsed(self.path)
            self._stamp = stamp
        return self._known

    def _write(self, pins: Dict[str, str]) -> None:
        # In memory first: a disk that is full or read-only costs the next start one question.
        self._unsaved = pins
        partial = ""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle, partial = tempfile.mkstemp(dir=self.path.parent, prefix=self.path.name)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump({"pins": pins}, file, indent=1, sort_keys=True)
                file.flush()
                os.fsync(file.fileno())
            Path(partial).replace(self.path)
        except OSError as error:
            if partial:
                with suppress(FileNotFoundError):
                    Path(partial).unlink()
            words = f"cannot be written: {error.strerror}; this holds until the console ends"
            raise SettingsError(words, file=str(self.path)) from error
        self._unsaved = None


def _host(endpoint: str) -> str:
    return endpoint.rpartition(":")[0]


def _parsed(path: Path) -> Dict[str, str]:
    try:
        pins = json.loads(path.read_text(encoding="utf-8"))["pins"]
        return {str(endpoint): _pin(shown) for endpoint, shown in pins.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        words = f"holds no pins ({error}); no certificate is taken until it is mended"
        raise SettingsError(words, f"look at it, then remove {path}", file=str(path)) from error


def _pin(shown: object) -> str:
    if isinstance(shown, str):
        return shown
    raise TypeError("a pin is no text")
