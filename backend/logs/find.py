"""What lines are looked for: a text, or what is bad."""

from __future__ import annotations

import re
from typing import Optional

from backend.logs.formats import BAD_WORDS, tone
from backend.tone import Tone

# Hits of a block up to which each is looked at here; of more the pattern's engine is faster.
FEW = 64


class Text:
    """Lines with a text in them; letters of either case, unless one of it is a capital."""

    def __init__(self, text: str) -> None:
        needle = text.encode("utf-8", "surrogateescape")
        # Of what has no letters, as an alarm's number, there is but one case.
        self.is_exact = needle.lower() == needle.upper() or any(map(str.isupper, text))
        self._needle = needle if self.is_exact else needle.lower()
        self.words = (self._needle,)
        # Takes a line from its first hit to its end, and keeps nothing of it.
        self._rest = re.compile(re.escape(self._needle) + rb"[^\n]*()")

    def _of(self, block: bytes) -> bytes:
        return block if self.is_exact else block.lower()

    def __call__(self, line: bytes) -> bool:
        """Whether a line has it."""
        return self._needle in self._of(line)

    def might(self, block: bytes) -> bool:
        """Whether a line of a block has it."""
        return self._needle in self._of(block)

    def count(self, block: bytes) -> int:
        """Return how many lines of a block have it."""
        block, needle = self._of(block), self._needle
        at = block.find(needle)
        if at < 0:
            return 0
        if block.count(needle) > FEW:
            return len(self._rest.findall(block))
        total = 0
        while at >= 0:
            total += 1
            end = block.find(b"\n", at)
            at = block.find(needle, end) if end >= 0 else -1
        return total


class Bad:
    """Lines that say they are bad."""

    # klog's letters are no words: another machine does not find those.
    words = BAD_WORDS
    is_exact = False

    def __call__(self, line: bytes) -> bool:
        """Whether a line says so."""
        return tone(line) is Tone.BAD

    def might(self, block: bytes) -> bool:
        """Whether a word that says so is in a block; klog's letters too."""
        lowered = block.lower()
        if any(word in lowered for word in BAD_WORDS):
            return True
        return block[:1] in (b"E", b"F") or b"\nE" in block or b"\nF" in block

    def count(self, block: bytes) -> int:
        """Return how many lines of a block say so."""
        return sum(map(self, block.split(b"\n"))) if self.might(block) else 0


def find_of(text: str) -> Optional[Text]:
    """Return what finds ``text``, None where all lines are wanted."""
    return Text(text) if text else None
