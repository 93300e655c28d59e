"""All that can go wrong, as one tree.

StxError
├── Unreachable            nobody answered: refused, timed out, name unknown, line cut
│   └── Untrusted          somebody answered, with a certificate we do not know (or no longer know)
├── Unauthorized           Keystone, or a service, does not take our credentials
├── Rejected               the service understood, and said no, in its own words
│   ├── Forbidden          … because of who we are
│   └── NotFound           … because it is not there
├── Malformed              the service answered what its kind does not describe
├── Unreadable             a file is there and cannot be read, or written
│   └── NotReadable        … is read, and is not what it should be
├── Missing                what was named is not there: a kind, a row, a deed, an action
├── NotConfigured          this cloud has no such service
│   └── Absent             this machine has no such program: nothing is wrong with it
├── SettingsError          clouds.yaml, an environment variable or a secrets file is wrong
├── StoreError             the record cannot be read or written
└── Refused                our own gate said no: read-only, a blocking reason, a wrong confirmation

Only ``sources/`` turns a library's exceptions into these; above it they travel as values
(``Reading.error``, ``Deed.answer``). ``str(error)`` is what happened, ``advice`` what can be done.
"""

from __future__ import annotations

from typing import Optional


class StxError(Exception):
    """The root: ``str()`` says what happened, ``advice`` what the operator can do about it."""

    def __init__(self, words: str, advice: str = "") -> None:
        super().__init__(words)
        self.words = words
        self.advice = advice

    def __eq__(self, other: object) -> bool:
        """Two errors that say the same are the same: an outage is spoken of once."""
        return type(self) is type(other) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash((type(self), self.words))


class Unreachable(StxError):
    """Nobody answered at ``service``; the request may or may not have arrived if ``sent``."""

    def __init__(self, service: str, words: str, advice: str = "", *, sent: bool = False) -> None:
        super().__init__(f"{service}: {words}", advice)
        self.service = service
        self.sent = sent


class Untrusted(Unreachable):
    """The endpoint showed a certificate that is neither verified nor pinned."""

    def __init__(
        self,
        service: str,
        endpoint: str,
        fingerprint: str,
        pinned: Optional[str] = None,
        *,
        what: str = "certificate",
        advice: str = "",
    ) -> None:
        """Say whether it is new or another than before; ``fingerprint`` is SHA-256.

        ``what`` it is: a ``certificate`` (hex pairs), or a ``host key`` (as ``ssh-keygen -l``).
        """
        if pinned:
            words = f"the {what} of {endpoint} CHANGED: pinned {pinned}, shown {fingerprint}"
            advice = advice or (
                "if it was renewed on purpose, forget the pin: stx-tui doctor --forget-pin"
            )
        else:
            words = f"{endpoint} shows a {what} nobody vouches for: SHA-256 {fingerprint}"
            advice = advice or "compare it on the console of the controller, then accept it once"
        super().__init__(service, words, advice)
        self.endpoint = endpoint
        self.fingerprint = fingerprint
        self.pinned = pinned
        self.what = what


class Unauthorized(StxError):
    """The credentials were refused."""

    def __init__(
        self, service: str, words: str, advice: str = "check user, project and password"
    ) -> None:
        super().__init__(f"{service}: {words}", advice)
        self.service = service


class Rejected(StxError):
    """The service said no; ``reason`` is its own sentence, ``status`` the HTTP status.

    Of a baseboard it is IPMI's completion code; 0 where there is none.
    """

    def __init__(self, service: str, status: int, reason: str, advice: str = "") -> None:
        super().__init__(f"{service} {status or ''}".rstrip() + f": {reason}", advice)
        self.service = service
        self.status = status
        self.reason = reason

    @property
    def is_conflict(self) -> bool:
        """Whether it was changed meanwhile, or another one of its name is there (HTTP 409)."""
        return self.status == 409


class Forbidden(Rejected):
    """The role of this user does not reach."""


class NotFound(Rejected):
    """It is not there, or not any more."""


class Malformed(StxError):
    """An answer that its kind does not describe; ``path`` is the JSON path of the first fault."""

    def __init__(self, kind: str, path: str, words: str) -> None:
        super().__init__(f"{kind}: {path}: {words}", "the rest is shown; please report it")
        self.kind = kind
        self.path = path


class Unreadable(StxError):
    """A file is there and must not, or cannot, be read; ``advice`` says what would give it."""


class NotReadable(Unreadable):
    """A file that somebody carried in cannot be read as what it should be; ``path`` is where."""

    def __init__(self, path: str, words: str, advice: str = "") -> None:
        super().__init__(f"{path}: {words}", advice)
        self.path = path


class Missing(StxError):
    """What somebody named is not there."""


class NotConfigured(StxError):
    """The settings or the catalogue of the cloud have no such service."""


class Absent(NotConfigured):
    """A machine has no such program, or not that part of the system: nothing is wrong with it."""


class SettingsError(StxError):
    """A settings file is wrong; ``file``, ``line`` (from 1) and ``key`` say where."""

    def __init__(
        self, words: str, advice: str = "", *, file: str = "", line: int = 0, key: str = ""
    ) -> None:
        where = ":".join(str(part) for part in (file, line or "") if part)
        super().__init__(": ".join(part for part in (where, key, words) if part), advice)
        self.file = file
        self.line = line
        self.key = key


class StoreError(StxError):
    """The record cannot be read or written; the console goes on without it."""


class Refused(StxError):
    """Our own gate refused before anything was sent."""
