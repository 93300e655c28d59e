"""Files of another machine by its own programs: read where one looks, searched where they lie."""

from __future__ import annotations

import subprocess
import time
from array import array
from typing import Callable, Dict, List, Optional, Sequence, Tuple

from backend.errors import Absent, Missing, Unreachable, Unreadable
from backend.logs.files import Bytes, Facts, Found, Identity
from backend.logs.line import Find
from backend.sources import streaming
from backend.sources.latest import Latest
from backend.sources.local import environment

# Bytes fetched at once, and how many of such blocks are kept.
BLOCK, KEPT = 256 * 1024, 48
# For how long the size of a file is taken to be what it was, in seconds: one look asks it often.
FRESH_S = 0.3
# How long one look may take, in seconds; hits of a search that are kept, at most.
LOOK_S, HITS = 20.0, 1_000_000
# Searches of a file whose hits are kept: of a text that is typed there is one a letter.
SEARCHES = 4

# What ssh itself ends with where the connection is gone.
LOST = 255
_GREETS = "does the shell there print something of its own? see its .bashrc"

Reached = Callable[[Sequence[str]], Sequence[str]]


class Far:
    """The files of a machine behind SSH. Every call blocks, and goes there and back.

    What is open here is a path there: a file that is renamed is another one.
    """

    keeps_open = False

    def __init__(self, name: str, reached: Reached, fresh_s: float = FRESH_S) -> None:
        """``reached`` returns the argv that runs a program there from here.

        What is known of a file is asked again after ``fresh_s``.
        """
        self.name = name
        self._reached = reached
        self._fresh_s = fresh_s
        self._facts: Dict[str, Tuple[float, Optional[Facts]]] = {}

    def facts(self, path: str) -> Optional[Facts]:
        """Return what is known of a file, None where there is none."""
        asked_s, facts = self._facts.get(path, (-self._fresh_s, None))
        if time.monotonic() - asked_s >= self._fresh_s:
            facts = self._stat(path)
            self._facts[path] = (time.monotonic(), facts)
        return facts

    def _stat(self, path: str) -> Optional[Facts]:
        try:
            said = self.run(("stat", "-L", "-c", "%s %Y %d %i", "--", path), path)
        except Missing:
            return None
        try:
            size, changed, device, inode = (int(word) for word in said.split())
        except ValueError as error:
            raise Unreadable(f"{self.name}: {path}: {_odd('stat', said)}", _GREETS) from error
        return Facts(size=size, changed_ms=changed * 1000, identity=(device, inode))

    def names(self, folder: str) -> List[str]:
        """Return the names in a folder, none where there is no such folder."""
        try:
            said = self.run(("ls", "-1A", "--", folder), folder)
        except Missing:
            return []
        return said.decode("utf-8", "surrogateescape").splitlines()

    def open(self, path: str) -> Bytes:
        """Open a file; raises ``Missing`` and ``Unreadable``."""
        facts = self.facts(path)
        if facts is None:
            raise Missing(f"there is no {path} on {self.name}")
        opened = FarFile(self, path, facts.identity)
        opened.read(0, 1)  # raises here what would keep it from being read
        return opened

    def run(self, argv: Sequence[str], path: str) -> bytes:
        """Run a program there and return what it printed; ``path`` is what it is about."""
        try:
            done = subprocess.run(
                self._reached(argv),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=LOOK_S,
                env=dict(environment()),
                # An ssh whose connection went would ask for a password on the console's terminal.
                start_new_session=True,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            words = f"{argv[0]} did not end within {LOOK_S:g} s, and was stopped"
            raise Unreachable(self.name, words) from error
        if done.returncode:
            raise self._why(argv[0], path, done.returncode, done.stderr)
        return done.stdout

    def lines(self, argv: Sequence[str]) -> streaming.Lines:
        """Run a program there and give its lines as they come."""
        return streaming.lines(self._reached(argv), lost=LOST)

    def _why(self, program: str, path: str, code: int, stderr: bytes) -> Exception:
        said = " ".join(stderr.decode("utf-8", "backslashreplace").split())[:200]
        if "No such file" in said or "Not a directory" in said:
            return Missing(f"there is no {path} on {self.name}")
        if "ermission denied" in said:
            advice = f"give this account of {self.name} the right to read it, or log in as root"
            return Unreadable(f"{self.name}: {path}: no permission to read it", advice)
        if code == 127:
            return Absent(f"{program} is not on {self.name}")
        if code == LOST:
            return Unreachable(self.name, said or "the connection was lost")
        return Unreadable(f"{self.name}: {path}: {said or f'{program} ended with code {code}'}")


class FarFile:
    """A file there: its blocks are fetched as they are looked at, and kept for a while."""

    def __init__(self, far: Far, path: str, identity: Identity) -> None:
        self.identity = identity
        self._far = far
        self._path = path
        self._blocks: Latest[int, bytes] = Latest(KEPT)
        self._hits: Latest[Tuple[Tuple[bytes, ...], bool], Found] = Latest(SEARCHES)

    def size(self) -> int:
        """Return how many bytes it has now."""
        facts = self._far.facts(self._path)
        if facts is None:
            raise Missing(f"there is no {self._path} on {self._far.name}")
        return facts.size

    def read(self, offset: int, count: int) -> bytes:
        """Return up to so many bytes from there on."""
        parts: List[bytes] = []
        while count > 0:
            block, at = divmod(offset, BLOCK)
            part = self._block(block, min(at + count, BLOCK))[at : at + count]
            if not part:
                break
            parts.append(part)
            offset, count = offset + len(part), count - len(part)
            if len(part) < BLOCK - at and count:
                break
        return b"".join(parts)

    def _block(self, number: int, upto: int) -> bytes:
        """Return a block, fetched again where it had not yet ``upto`` bytes: the last one grows."""
        known = self._blocks.get(number) or b""
        if len(known) >= upto:
            return known
        argv = ("dd", f"if={self._path}", f"bs={BLOCK}", f"skip={number}", "count=1", "status=none")
        block = self._far.run(argv, self._path)
        self._blocks.put(number, block)
        return block

    def found(self, find: Find) -> Optional[Found]:
        """Return where the words of ``find`` stand, as that machine's own grep finds them."""
        key = (find.words, find.is_exact)
        known = self._hits.get(key)
        if known is None:
            upto, offsets = self.size(), array("q")
            words = [part for word in find.words for part in ("-e", _argument(word))]
            case = () if find.is_exact else ("-i",)
            argv = ("grep", "-a", "-b", "-o", "-F", *case, *words, "--", self._path)
            for line in self._far.lines(argv):
                offset = line.partition(b":")[0]
                if not offset.isdigit():
                    said = f"{self._far.name}: {self._path}: {_odd('grep', line)}"
                    raise Unreadable(said, _GREETS)
                offsets.append(int(offset))
                if len(offsets) > HITS:
                    words_of = b", ".join(find.words).decode("utf-8", "backslashreplace")
                    raise Unreadable(
                        f"{self._path} has {words_of!r} too often: look for more of it"
                    )
            known = Found(offsets=offsets, upto=upto)
            self._hits.put(key, known)
        return known

    def counted(self, find: Find, step: Callable[[int], None]) -> Optional[int]:
        """Return nothing: what was found there is counted."""
        del find, step
        return None

    def close(self) -> None:
        """Let go of what was fetched."""
        self._blocks.clear()
        self._hits.clear()


def _odd(program: str, said: bytes) -> str:
    words = " ".join(said.decode("utf-8", "backslashreplace").split())[:80]
    return f"{program} says {words!r} there"


def _argument(word: bytes) -> str:
    return word.decode("utf-8", "surrogateescape")
