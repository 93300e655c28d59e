"""The parts a log was cut into by rotation, oldest first, as if it had never been cut."""

from __future__ import annotations

import bz2
import itertools
import lzma
import os
import re
import zlib
from dataclasses import dataclass
from typing import Callable, Dict, Iterator, List, Optional, Protocol, Tuple

from backend.errors import StxError, Unreadable
from backend.logs.files import Bytes, Facts, Files, Identity, OpenFile
from backend.logs.line import Find
from backend.logs.lines import Step, blocks, count, down_found

# Bytes that are unpacked of one packed part, at most: it lies in memory while it is looked at.
UNPACKED = 512 * 1024 * 1024
# Bytes by which two files are known to be the same part under another name.
PRINT = 512
_CHUNK = 256 * 1024
# Parts that stay open when a log rotates: the one that is written to, and the one before it, which
# is written to until its writer is told, and packed then.
STAY_OPEN = 2
# Parts are numbered by age from here, both ways; what has no number yet is the newest.
_MIDDLE, _NEW = 1_000_000, 1 << 62
# logrotate's name.1, name.2.gz, and with dateext name-20261121, name-20261121-1795000000.gz.
_SUFFIX = re.compile(
    r"(?:\.(?P<number>\d{1,4})|-(?P<date>\d{8}(?:-?\d{1,10})?))(?P<packed>\.(?:gz|xz|bz2))?"
)


@dataclass(frozen=True)
class Name:
    """A file of a log: its path, its place in the order of age, how it is packed ("" if not)."""

    path: str
    age: Tuple[int, int]
    packed: str = ""


def names_of(path: str, names: List[str]) -> List[Name]:
    """Return the files among a folder's ``names`` that are parts of the log ``path``, oldest first.

    dateext may stand before the extension too: ``mtcAgent-20261121.log``.
    """
    folder, _slash, base = path.rpartition("/")
    stem, dot, extension = base.rpartition(".")
    found: List[Name] = []
    for name in names:
        if name == base:
            found.append(Name(path=path, age=(2, 0)))
            continue
        suffix = name[len(base) :] if name.startswith(base) else ""
        if not suffix and dot and name.startswith(f"{stem}-"):
            suffix = name[len(stem) :].replace(f".{extension}", "", 1)
        match = _SUFFIX.fullmatch(suffix)
        if match is not None:
            digits = (match["date"] or "").replace("-", "")
            age = (0, int(digits)) if digits else (1, -int(match["number"]))
            packed = (match["packed"] or "").lstrip(".")
            found.append(Name(path=f"{folder}/{name}", age=age, packed=packed))
    return sorted(found, key=lambda one: one.age)


def _is_it(part: Part, name: Name, facts: Facts) -> bool:
    """Whether a file is a part that was met: its inode may be another's, once it is deleted.

    Rotation makes a part older and never younger: what stands under a younger name is new.
    """
    return part.identity == facts.identity and name.age <= part.name.age


class Unpacker(Protocol):
    """What the standard library's decompressors have in common."""

    @property
    def unused_data(self) -> bytes:
        """What stands behind the end."""

    @property
    def eof(self) -> bool:
        """Whether the stream is whole."""

    def decompress(self, packed: bytes, /) -> bytes:
        """Return what so many packed bytes hold."""


def _gunzip() -> Unpacker:
    return zlib.decompressobj(wbits=31)


_UNPACKERS: Dict[str, Callable[[], Unpacker]] = {
    "gz": _gunzip,
    "xz": lzma.LZMADecompressor,
    "bz2": bz2.BZ2Decompressor,
}


class Part:
    """One file of a log; it is opened, and unpacked, when something of it is wanted."""

    def __init__(self, files: Files, name: Name, facts: Facts, serial: int) -> None:
        self.name = name
        self.facts = facts
        self.serial = serial
        # What of it is not as it should be: cut off, gone.
        self.note = ""
        self._files = files
        self._source: Optional[Bytes] = None
        self._print: Optional[bytes] = None

    @property
    def identity(self) -> Identity:
        """Who the file is, whatever it is called now."""
        return self.facts.identity

    @property
    def is_open(self) -> bool:
        """Whether it is held open: then it can be read even when it is deleted."""
        return self._source is not None

    def source(self) -> Bytes:
        """Return its bytes, unpacked; raises ``StxError``."""
        if self._source is None:
            opened = self._files.open(self.name.path)
            self._source = self._unpacked(opened) if self.name.packed else opened
        return self._source

    def head(self) -> bytes:
        """Return its first bytes; of a packed one no more is unpacked for them."""
        if self._print is None:
            if self._source is not None:
                self._print = self._source.read(0, PRINT)
            else:
                opened = self._files.open(self.name.path)
                try:
                    self._print = b"".join(itertools.islice(self._chunks(opened), 1))[:PRINT]
                finally:
                    opened.close()
        return self._print

    def count(self, find: Find, step: Step) -> int:
        """Return how many lines there are to find; a packed part is unpacked as it is read."""
        if not self.name.packed:
            source = self.source()
            if source.found(find) is not None:
                return sum(1 for _line in down_found(source, 0, find, step))
            total = source.counted(find, step)
            return count(blocks(source), find, step) if total is None else total
        opened = self._files.open(self.name.path)
        try:
            return count(self._chunks(opened), find, step)
        finally:
            opened.close()

    def forget(self) -> None:
        """Forget what it began with, and what was fetched of it: it has been emptied."""
        self._print = None
        if not self._files.keeps_open:
            self.close()

    def close(self) -> None:
        """Let go of it; it is opened again when it is wanted again."""
        if self._source is not None:
            self._source.close()
            self._source = None

    def _unpacked(self, opened: Bytes) -> Bytes:
        # In memory, not on a disk: the log's own disk may be the one that is full.
        descriptor = os.memfd_create(self.name.path.rpartition("/")[2], os.MFD_CLOEXEC)
        total = 0
        try:
            for chunk in self._chunks(opened):
                total += os.write(descriptor, chunk)
                if total >= UNPACKED:
                    self.note = f"only its first {UNPACKED >> 20} MiB are shown"
                    break
        except BaseException:  # a cancelled reading leaves no descriptor open either
            os.close(descriptor)
            raise
        finally:
            opened.close()
        return OpenFile(self.name.path, descriptor)

    def _chunks(self, opened: Bytes) -> Iterator[bytes]:
        """Unpack piece by piece, as far as it goes; say where it is cut off or damaged."""
        if not self.name.packed:
            yield opened.read(0, PRINT)
            return
        make = _UNPACKERS[self.name.packed]
        unpacker, offset = make(), 0
        try:
            while True:
                packed = opened.read(offset, _CHUNK)
                offset += len(packed)
                if not packed:
                    break
                while packed:
                    yield unpacker.decompress(packed)
                    packed = unpacker.unused_data if unpacker.eof else b""
                    # Two packed files behind each other are one.
                    unpacker = make() if packed else unpacker
        except (zlib.error, lzma.LZMAError, OSError, EOFError) as error:
            self.note = f"damaged at byte {offset} of {opened.size()}: {error}"
            return
        if not unpacker.eof:
            self.note = "cut off: what was packed behind its end is missing"


class Parts:
    """All parts of one log, kept in step with what rotation does to them."""

    def __init__(self, files: Files, path: str) -> None:
        self.path = path
        self._files = files
        self._all: List[Part] = []
        self._is_whole = False

    @property
    def current(self) -> Part:
        """The part that is written to; raises ``StxError`` where there is none at all."""
        if not self._all:
            self._take_current()
        return self._all[-1]

    def all(self) -> List[Part]:
        """Return all parts, oldest first; the folder is read when they are wanted first."""
        if not self._is_whole:
            self.look_again()
        return self._all

    @property
    def known(self) -> Tuple[Part, ...]:
        """The parts that were met so far."""
        return tuple(self._all)

    def _take_current(self) -> None:
        facts = self._files.facts(self.path)
        if facts is None:
            # It may have rotated just now, or only its old parts are there.
            self.look_again()
            if not self._all:
                self._files.open(self.path)
                raise Unreadable(f"{self.path} was not there, and came just now: try again")
            return
        name = Name(path=self.path, age=(2, 0))
        # Older parts are numbered below it when they are found.
        self._all = [Part(self._files, name, facts, _MIDDLE)]

    def look_again(self) -> List[str]:
        """Read the folder anew; return what became of the parts since."""
        folder = self.path.rpartition("/")[0]
        before, found, notes = self._all, [], []
        # One that is deleted and open takes its room on the disk all the same: of those that were
        # rotated away only the last stay open, though one follows for weeks.
        for old in before[:-STAY_OPEN]:
            old.close()
        for name in names_of(self.path, self._files.names(folder or "/")):
            facts = self._files.facts(name.path)
            if facts is not None:
                found.append((name, facts))
        kept: List[Part] = []
        there = {facts.identity for _name, facts in found}
        unnamed = [part for part in before if part.identity not in there]
        for name, facts in found:
            part = next((one for one in before if _is_it(one, name, facts)), None)
            if part is None:
                part = self._same(name, facts, unnamed)
            else:
                if part.name != name and not self._files.keeps_open:
                    part.close()
                part.name, part.facts = name, facts
            kept.append(part)
        gone = [part for part in unnamed if part not in kept]
        for part in gone:
            if part.is_open:
                part.note = part.note or "deleted; what is open of it can still be read"
                kept.append(part)
            notes.append(f"{part.name.path} is gone")
        self._all = self._in_order(kept)
        self._is_whole = True
        return notes

    def _same(self, name: Name, facts: Facts, unnamed: List[Part]) -> Part:
        """Return the part that was packed under another name meanwhile, else a new one."""
        part = Part(self._files, name, facts, 0)
        if name.packed and unnamed:
            try:
                head = part.head()
                for one in unnamed:
                    if head and one.head() == head:
                        one.name = name if not one.is_open else one.name
                        one.facts = facts
                        return one
            except StxError:
                return part  # it is said when it is wanted
        return part

    def _in_order(self, parts: List[Part]) -> List[Part]:
        """Number the parts by age: a number stays its part's, and grows with the age's end."""
        parts.sort(key=lambda part: (part.name.age, part.serial or _NEW))
        at = next((i for i, part in enumerate(parts) if part.serial), len(parts))
        lowest = parts[at].serial if at < len(parts) else _MIDDLE
        for i, part in enumerate(parts[:at]):
            part.serial = lowest - (at - i)
        for before, part in zip(parts[at:], parts[at + 1 :]):
            if not part.serial:
                part.serial = before.serial + 1
        return parts
