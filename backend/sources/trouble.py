"""What goes wrong on the way to a service, in words."""

from __future__ import annotations

import errno
import os
import socket
import ssl
from typing import Any, Optional, Tuple

import httpx

from backend.errors import Unreachable
from backend.sources.tls import OtherCertificate

# What may go wrong on the way.
TROUBLES: Tuple[type[Exception], ...] = (
    OtherCertificate,
    TimeoutError,
    httpx.TransportError,
    OSError,
)

# A request was, or may have been, under way when these came.
CUTS: Tuple[type[Exception], ...] = (
    httpx.ReadError,
    httpx.WriteError,
    httpx.CloseError,
    httpx.RemoteProtocolError,
)


def unconnected(service: str, endpoint: str, error: BaseException) -> Unreachable:
    """Return why there is no connection: the name, TLS, or what the system says."""
    unknown = _cause(error, socket.gaierror)
    if unknown is not None:
        return Unreachable(service, f"the name of {endpoint} is unknown", "check DNS, or the URL")
    tls = _cause(error, ssl.SSLError)
    if tls is not None:
        advice = "is it http:// instead?" if "WRONG_VERSION" in str(tls) else ""
        return Unreachable(service, f"{endpoint} speaks no TLS: {openssl(tls)}", advice)
    system = _cause(error, OSError)
    code = system.errno if system is not None else None
    if code == errno.ECONNREFUSED:
        return Unreachable(
            service,
            f"connection refused at {endpoint}",
            "the machine is there, the service is not: it may be starting, or elsewhere",
        )
    reason = os.strerror(code).lower() if code else str(error) or type(error).__name__
    return Unreachable(service, f"no connection to {endpoint}: {reason}")


def unverified(error: Exception) -> Optional[ssl.SSLError]:
    """Return why a certificate was not taken, None where that is not what went wrong."""
    if isinstance(error, (httpx.ConnectError, ssl.SSLError)):
        found: Optional[ssl.SSLError] = _cause(error, ssl.SSLCertVerificationError)
        return found
    return None


def _cause(error: Optional[BaseException], kind: type[Any]) -> Any:
    """Return the first error of ``kind`` beneath ``error``; one of several tries stands for all."""
    seen = 0
    while error is not None and seen < 20:
        if isinstance(error, kind) and not (kind is OSError and error.errno is None):
            return error
        several = getattr(error, "exceptions", None)
        error = several[0] if several else error.__cause__ or error.__context__
        seen += 1
    return None


def openssl(error: ssl.SSLError) -> str:
    """Return what OpenSSL says, in words."""
    words = getattr(error, "verify_message", "") or error.reason or str(error)
    return str(words).replace("_", " ").lower()
