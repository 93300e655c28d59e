"""Is anybody there? When to lock the console, and what opens it again."""

from __future__ import annotations

import asyncio
import hmac
from typing import TYPE_CHECKING, Callable

if TYPE_CHECKING:
    from backend.settings import CloudSettings

# How often it is looked whether somebody is still there, in seconds.
LOOK_ROUND_S = 5.0


class Alone:
    """Counts from the last key; asks for the password that the cloud itself is asked with."""

    def __init__(self, settings: CloudSettings, now_ms: Callable[[], int]) -> None:
        self._settings = settings
        self._now_ms = now_ms
        self._used_ms = now_ms()

    def used(self) -> None:
        """Somebody typed."""
        self._used_ms = self._now_ms()

    @property
    def is_long(self) -> bool:
        """Whether nobody typed for as long as is set; never where no password is known."""
        after_s = self._settings.lock_after_s or 0
        if not after_s or self._settings.auth is None or self._settings.needs_password:
            return False
        return self._now_ms() - self._used_ms >= after_s * 1000

    async def is_password(self, typed: str) -> bool:
        """Whether it is the one; raises ``SettingsError`` where a command does not tell."""
        assert self._settings.auth is not None
        # A password_command may take its time.
        secret = await asyncio.to_thread(self._settings.auth.password.read)
        # As it stands in the environment: bytes that are no text too.
        one, other = (text.encode("utf-8", "surrogateescape") for text in (typed, secret.text))
        return hmac.compare_digest(one, other)
