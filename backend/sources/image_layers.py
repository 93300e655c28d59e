"""The packages of an image, read from the layers that it is made of: a piece of one at a time."""

from __future__ import annotations

import io
import tarfile
import zlib
from typing import Callable, Dict, Iterator, List, Sequence

from backend.errors import Malformed
from backend.mask import Body

# How much of a layer is fetched at once, and how much of one list of packages is believed.
PIECE, MOST_STATUS = 4 << 20, 32 << 20
STATUS, PARTS = "var/lib/dpkg/status", "var/lib/dpkg/status.d/"
# How what Python unpacks only from 3.14 on begins.
ZSTD = b"\x28\xb5\x2f\xfd"
# What stands in a layer for a file that those below have and this one took away.
WHITEOUT, OPAQUE = ".wh.", ".wh..wh..opq"
_WANTED = ("Package", "Status", "Version", "Architecture", "Source")

# Given the first byte and the one after the last, the bytes between; fewer where it ends.
Fetch = Callable[[int, int], bytes]


class Layer(io.RawIOBase):
    """A blob as a file that is read forward only; no more than a piece of it is ever held."""

    def __init__(self, fetch: Fetch, size: int) -> None:
        """``fetch`` brings a piece of it."""
        self._fetch, self._size = fetch, size
        self._at, self._piece = 0, b""

    def readable(self) -> bool:
        """It is."""
        return True

    def begins(self, sign: bytes) -> bool:
        """Whether those are its first bytes; to be asked before any was read."""
        self._fill()
        return self._piece.startswith(sign)

    def _fill(self) -> None:
        if not self._piece and self._at < self._size:
            self._piece = self._fetch(self._at, min(self._at + PIECE, self._size))
            self._at += len(self._piece) or self._size

    def read(self, size: int = -1) -> bytes:
        """Return up to ``size`` bytes, b"" at its end."""
        wanted = PIECE if size < 0 else size
        self._fill()
        found, self._piece = self._piece[:wanted], self._piece[wanted:]
        return found


def packages_of(image: str, layers: Sequence[Layer]) -> List[Body]:
    """Return what dpkg says is installed in an image; ``layers`` from the lowest up.

    A list in a layer stands over those below it. Raises ``Malformed``.
    """
    lists: Dict[str, bytes] = {}
    for number, layer in enumerate(layers):
        if layer.begins(ZSTD):
            # Those below alone would be another image's packages.
            words = f"layer {number} is packed with zstd, which is not read here"
            raise Malformed("registry", image, words)
        try:
            with tarfile.open(fileobj=layer, mode="r|*") as tar:
                _take(image, tar, lists)
        except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
            words = f"layer {number} can't be read: {error}"
            raise Malformed("registry", image, words) from error
    return [body for text in lists.values() for body in _installed(text)]


def _take(image: str, tar: tarfile.TarFile, lists: Dict[str, bytes]) -> None:
    """Lay a layer over those below; what it takes away is theirs, wherever in it that is said."""
    own: Dict[str, bytes] = {}
    for member in tar:
        name = member.name.removeprefix("./")
        folder, _, last = name.rpartition("/")
        if last == OPAQUE:
            _forget(lists, f"{folder}/")
        elif last.startswith(WHITEOUT):
            _forget(lists, f"{folder}/{last[len(WHITEOUT) :]}")
        elif member.isfile() and _is_list(name):
            if member.size > MOST_STATUS:
                words = f"{name} has {member.size >> 20} MiB: no list of packages"
                raise Malformed("registry", image, words)
            found = tar.extractfile(member)
            own[name] = found.read() if found is not None else b""
    lists.update(own)


def _is_list(name: str) -> bool:
    return name == STATUS or (name.startswith(PARTS) and not name.endswith(".md5sums"))


def _forget(lists: Dict[str, bytes], gone: str) -> None:
    for name in [one for one in lists if one == gone or one.startswith(f"{gone.rstrip('/')}/")]:
        del lists[name]


def _installed(text: bytes) -> Iterator[Body]:
    for stanza in text.decode("utf-8", "backslashreplace").split("\n\n"):
        lines = (line.partition(": ") for line in stanza.splitlines())
        said = {name: value.strip() for name, _, value in lines if name in _WANTED}
        # A list of parts (distroless) has no status: what is in it is installed.
        status = said.get("Status", "install ok installed")
        if "Package" not in said or not status.endswith(" installed"):
            continue
        source, _, version = said.get("Source", "").partition(" ")
        yield {
            "name": said["Package"],
            "version": said.get("Version", ""),
            "architecture": said.get("Architecture", ""),
            "source": source or said["Package"],
            "source_version": version.strip("()") or said.get("Version", ""),
            "status": "ii",
        }
