"""One password for many hosts: it is tried on one first, and on no other once that refused it.

Sites lock an account after three wrong passwords (``pam_faillock``), and each of fifty hosts that
are called together would count one: so the others wait until the first said whether it takes it.
"""

from __future__ import annotations

import asyncio
import math
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Callable, Dict, Iterator, List, Optional, Set

from backend.errors import StxError, Unauthorized

# For how long hosts are given at once what one of them took, and all are told why there is no
# password to give, in seconds. What was refused stays so until somebody asks.
TAKEN_S, UNTOLD_S = 60.0, 10.0
ADVICE = "it is not tried again before you ask for it (r): too many lock an account"


@dataclass(frozen=True)
class _Verdict:
    """What came of a trial: ``error`` is why there was nothing to try."""

    host: str
    is_taken: bool
    until_s: float
    error: Optional[StxError] = None


class Trials:
    """What is known of the password of each account, and which host is trying it."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._verdicts: Dict[str, _Verdict] = {}
        self._first: Dict[str, str] = {}
        self._calling: Dict[str, Set[str]] = {}
        # Hosts that refused before somebody asked again: one of them may have one of its own.
        self._odd: Dict[str, Set[str]] = {}
        self._waiting: Dict[str, List[asyncio.Future[None]]] = {}

    def first(self, account: str) -> Optional[str]:
        """Return the host that is trying the account's password now."""
        return self._first.get(account)

    @contextmanager
    def calling(self, account: str, host: str) -> Iterator[None]:
        """Hold that a host is called, which may ask for the password; it is over with the call."""
        self._calling.setdefault(account, set()).add(host)
        try:
            yield
        finally:
            self._calling[account].discard(host)
            if self._first.get(account) == host:
                del self._first[account]
            self._wake(account)

    def may_try(self, account: str, host: str) -> bool:
        """Whether that host may be given the password now; if not, ``turn`` waits for it.

        Raises ``Unauthorized`` where another host refused it, and why there is none to give.
        """
        verdict = self._verdicts.get(account)
        if verdict is not None and self._now_s() < verdict.until_s:
            if verdict.error is not None:
                raise verdict.error
            if not verdict.is_taken:
                words = f"the password of {account} was refused by {verdict.host}: not tried here"
                raise Unauthorized(host, words, ADVICE)
            return True
        odd = self._odd.get(account, set())
        if self._first.get(account, host) != host:
            return False
        if host in odd and self._calling.get(account, set()) - odd:
            return False
        self._first[account] = host
        return True

    def took(self, account: str, host: str) -> None:
        """Hold that a host took the password."""
        self._decide(account, _Verdict(host, is_taken=True, until_s=self._now_s() + TAKEN_S))

    def refused(self, account: str, host: str) -> None:
        """Hold that a host refused it: where others took it lately that is its own matter."""
        if self._first.get(account) == host:
            self._decide(account, _Verdict(host, is_taken=False, until_s=math.inf))

    def untold(self, account: str, host: str, error: StxError) -> None:
        """Hold that there is no password to give."""
        until_s = self._now_s() + UNTOLD_S
        self._decide(account, _Verdict(host, is_taken=False, until_s=until_s, error=error))

    def retry(self) -> None:
        """Let what was refused be tried once more, elsewhere first: somebody asked for it."""
        for account, verdict in self._verdicts.items():
            if not verdict.is_taken and verdict.error is None:
                self._odd.setdefault(account, set()).add(verdict.host)
        self._verdicts.clear()

    async def turn(self, account: str, host: str) -> None:
        """Wait until that host may be given the password. Raises what ``may_try`` does."""
        while not self.may_try(account, host):
            waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.setdefault(account, []).append(waiting)
            await waiting

    def _decide(self, account: str, verdict: _Verdict) -> None:
        self._verdicts[account] = verdict
        self._wake(account)

    def _wake(self, account: str) -> None:
        for waiting in self._waiting.pop(account, ()):
            if not waiting.done():
                waiting.set_result(None)
