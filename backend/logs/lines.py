"""The lines of a file, downwards and upwards from an offset, in blocks; lines of any length."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import Callable, Iterable, Iterator, List, Optional, Tuple

from backend.logs.files import Bytes
from backend.logs.line import LONGEST, Find

# Bytes read at once: to be shown, to be searched, and at most for the sake of one line.
BLOCK, SEARCHED, MOST = 64 * 1024, 256 * 1024, 16 * 1024 * 1024

Step = Callable[[int], None]


@dataclass(frozen=True)
class Span:
    """A line from ``start`` to ``end`` (its newline within), and its first bytes."""

    start: int
    end: int
    raw: bytes
    size: int


def down(source: Bytes, offset: int, find: Optional[Find], step: Step) -> Iterator[Span]:
    """Go through the lines from ``offset`` on, which begins one, to the end there is now."""
    end = source.size()
    usual = block = SEARCHED if find is not None else BLOCK
    while offset < end:
        chunk = source.read(offset, min(block, end - offset))
        if not chunk:  # truncated meanwhile
            return
        stop = chunk.rfind(b"\n") + 1
        is_last = offset + len(chunk) >= end
        if not stop and not is_last:
            if block < MOST:
                block *= 4
                continue
            beyond = _line_end(source, offset + len(chunk), end, step)
            yield from _found(chunk[:-1] + b"\n", offset, find, beyond)
            offset, block = beyond, usual
            continue
        if is_last:
            stop = len(chunk)
        yield from _found(chunk[:stop], offset, find)
        offset, block = offset + stop, usual
        step(stop)


def down_found(source: Bytes, offset: int, find: Find, step: Step) -> Iterator[Span]:
    """Go down as ``down`` does; where the file's own machine looks, only its hits are read."""
    found = source.found(find)
    if found is None:
        yield from down(source, offset, find, step)
        return
    for hit in found.offsets[bisect_left(found.offsets, offset) :]:
        if hit < offset:
            continue
        span = _line_at(source, hit, step)
        offset = span.end
        if find(span.raw) or span.size > len(span.raw):
            yield span
    yield from down(source, max(offset, line_start(source, found.upto)), find, step)


def up_found(source: Bytes, offset: int, find: Find, step: Step) -> Iterator[Span]:
    """Go up as ``up`` does; where the file's own machine looks, only its hits are read."""
    found = source.found(find)
    if found is None:
        yield from up(source, offset, find, step)
        return
    edge = line_start(source, found.upto) if offset > found.upto else offset
    for span in up(source, offset, find, step) if offset > edge else ():
        if span.start < edge:
            break
        yield span
    last = edge
    for hit in reversed(found.offsets[: bisect_left(found.offsets, edge)]):
        if hit >= last:
            continue
        span = _line_at(source, hit, step)
        last = span.start
        if find(span.raw) or span.size > len(span.raw):
            yield span


def _line_at(source: Bytes, offset: int, step: Step) -> Span:
    """Return the line that the byte at ``offset`` is of."""
    start = _line_start(source, offset, step)
    return next(down(source, start, None, step))


def up(source: Bytes, offset: int, find: Optional[Find], step: Step) -> Iterator[Span]:
    """Go through the lines before ``offset``, which begins or ends one, the nearest first."""
    usual = block = SEARCHED if find is not None else BLOCK
    while offset > 0:
        begin = max(0, offset - block)
        chunk = source.read(begin, offset - begin)
        if len(chunk) < offset - begin:  # truncated meanwhile
            return
        first = chunk.find(b"\n", 0, len(chunk) - 1) + 1
        if not first and begin:
            if block < MOST:
                block *= 4
                continue
            start = _line_start(source, begin, step)
            head = source.read(start, LONGEST)
            if find is None or find(chunk):
                yield Span(start=start, end=offset, raw=head, size=offset - start - 1)
            offset, block = start, usual
            continue
        lines = list(
            _found(chunk[first:] if begin else chunk, begin + (first if begin else 0), find)
        )
        yield from reversed(lines)
        step(offset - begin)
        offset, block = begin + (first if begin else 0), usual


def _found(chunk: bytes, base: int, find: Optional[Find], beyond: int = 0) -> Iterator[Span]:
    """Return the lines of a chunk that holds whole ones; ``beyond`` is where its only one ends."""
    if find is not None and not find.might(chunk):
        return
    for start, end in _bounds(chunk):
        line = chunk[start:end]
        if find is not None and not find(line):
            continue
        raw = line[:LONGEST].rstrip(b"\r\n")
        size = (beyond - base if beyond else end - start) - (line[-1:] == b"\n")
        yield Span(
            start=base + start,
            end=beyond or base + end,
            raw=raw,
            size=size if size > LONGEST else len(raw),
        )


def _bounds(chunk: bytes) -> List[Tuple[int, int]]:
    bounds, start = [], 0
    while start < len(chunk):
        end = chunk.find(b"\n", start) + 1 or len(chunk)
        bounds.append((start, end))
        start = end
    return bounds


def line_start(source: Bytes, offset: int) -> int:
    """Return where the first line that begins at ``offset`` or later begins; the end at most."""
    if offset <= 0:
        return 0
    return _line_end(source, offset - 1, source.size(), lambda _bytes: None)


def _line_end(source: Bytes, offset: int, end: int, step: Step) -> int:
    while offset < end:
        chunk = source.read(offset, min(BLOCK, end - offset))
        if not chunk:
            return offset
        at = chunk.find(b"\n")
        if at >= 0:
            return offset + at + 1
        offset += len(chunk)
        step(len(chunk))
    return offset


def _line_start(source: Bytes, offset: int, step: Step) -> int:
    while offset > 0:
        begin = max(0, offset - BLOCK)
        at = source.read(begin, offset - begin).rfind(b"\n")
        if at >= 0:
            return begin + at + 1
        step(offset - begin)
        offset = begin
    return 0


def blocks(source: Bytes) -> Iterator[bytes]:
    """Go through a file block by block, to the end there is now."""
    offset, end = 0, source.size()
    while offset < end:
        chunk = source.read(offset, min(SEARCHED, end - offset))
        if not chunk:
            return
        offset += len(chunk)
        yield chunk


def count(chunks: Iterable[bytes], find: Find, step: Step) -> int:
    """Return how many lines there are to find in what comes in blocks of any size."""
    total, rest = 0, b""
    for chunk in chunks:
        stop = chunk.rfind(b"\n") + 1
        if stop:
            total += find.count(rest + chunk[:stop] if rest else chunk[:stop])
            rest = chunk[stop:]
        else:
            # A line longer than a block: its last bytes are searched, as many as are kept of any.
            rest = (rest + chunk)[-MOST:]
        step(len(chunk))
    return total + (find.count(rest) if rest else 0)
