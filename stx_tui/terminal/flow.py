"""How far behind the far end is, told by its own answers: what lies between swallows bytes."""

from __future__ import annotations

from collections import deque
from typing import Optional

ASK = b"\x1b[5n"
"""Are you well? A VT100 and all after it say ESC [ 0 n when they have come to it."""

_PACED_S = 0.6  # of a paced line may be under way until it is known how soon it answers
_SPARE_S = 0.35  # and this more than the soonest answer took, from then on
_LEAST, _MOST = 512, 8192
_SOON_S, _LATE_S = 0.5, 1.0
_AGAIN_S = 3.0
_TRIES = 10


class Flow:
    """Counts bytes that were sent and not yet answered for; at most `window` may be.

    A pty, sshd and a terminal server take kilobytes that the terminal has not seen: without an
    answer, a line that stood still would first show all that was old. Terminals that never answer
    are not waited for. An answer that got lost is asked for again, in four bytes. Where keys
    come for half a minute and answers do not, another terminal was plugged in.
    """

    def __init__(self, bps: Optional[int]) -> None:
        self._bps = bps
        self._soonest = _PACED_S - _SPARE_S
        self.window = _MOST // 2 if bps is None else self._paced(bps)
        self._sent = 0
        self._answered = 0
        self._asked: deque[tuple[int, float]] = deque()
        self._asked_at = 0
        self._trusted = False
        self._tries = 0
        self._keyed = False

    @property
    def outstanding(self) -> int:
        """Answers that are still to come."""
        return len(self._asked)

    def sent(self, count: int) -> None:
        self._sent += count

    def wants_to_ask(self, now: float) -> bool:
        """Whether ASK should follow what was just sent."""
        if self._asked and not self.has_room():
            return now - self._asked[-1][1] >= _AGAIN_S
        if not self._trusted:
            # One question is enough to learn whether it answers; but that may get lost.
            return not self._asked or self._sent - self._asked_at >= 2 * _MOST
        return self._sent - self._asked_at >= self.window // 2

    def asked(self, now: float) -> None:
        """ASK is sent next; what is counted as answered for ends before it."""
        if not self.has_room():
            # Answers were lost; whichever comes now is for this question.
            self._asked.clear()
            self._tries += 1
            if self._keyed and self._tries >= _TRIES:
                # Keys arrive and answers do not: this terminal no longer answers.
                self._trusted = False
        if not self._trusted:
            # Nobody answered so far: who is plugged in later answers the newest.
            self._asked.clear()
        self._asked.append((self._sent, now))
        self._asked_at = self._sent
        self._keyed = False

    def answer(self, now: float) -> None:
        """The far end has come to the oldest question."""
        if not self._asked:
            return
        self._trusted, self._tries = True, 0
        self._answered, when = self._asked.popleft()
        took = now - when
        if self._bps is not None:
            self._soonest = min(self._soonest, took)
            self.window = self._paced(self._bps)
        elif took < _SOON_S:
            self.window = min(self.window * 2, _MOST)
        elif took > _LATE_S:
            self.window = max(self.window // 2, _LEAST)

    def _paced(self, bps: int) -> int:
        return max(_LEAST // 2, int(bps / 10 * (self._soonest + _SPARE_S)))

    def key(self) -> None:
        """Something else came from the far end."""
        self._keyed = True

    def forget(self) -> None:
        """Take it that nothing is known of the far end: it may be another one."""
        self._asked.clear()
        self._answered = self._sent
        self._trusted, self._tries = False, 0

    def has_room(self) -> bool:
        return not self._trusted or self._sent - self._answered < self.window
