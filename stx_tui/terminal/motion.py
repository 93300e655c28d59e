"""The fewest bytes that bring the cursor from one cell to another."""

from __future__ import annotations

from functools import lru_cache

UNKNOWN = -1
"""A row or column the cursor may not be relied on to be in."""


@lru_cache(maxsize=16384)
def motion(y0: int, x0: int, y1: int, x1: int, *, falls: bool = True) -> bytes:
    """Bytes that move from (y0, x0), either of which may be UNKNOWN, to (y1, x1), all from 0.

    Only what every ANSI terminal obeys: CR, LF, BS, RI, CUP, CUU, CUD, CUF and CUB. The tty must
    not translate LF; where the terminal itself may, and it does not just fall, CR goes with it. In
    the last column the cursor counts as UNKNOWN: what BS does there differs.
    """
    if y0 == y1 and x0 == x1:
        return b""
    best = _place(y1, x1)
    if y0 == UNKNOWN:
        return best
    for sideways in _sideways(x0, x1):
        way = _upright(y0, y1, feed=falls or sideways.startswith(b"\r")) + sideways
        if x0 == UNKNOWN and not sideways.startswith(b"\r"):
            continue
        if x1 == 0 and way.endswith(b"\r") and len(way) > 1:
            way = b"\r" + way[:-1]  # "CR LF" is right even where a LF also returns
        best = min(best, way, key=len)
    return best


def _place(y: int, x: int) -> bytes:
    if x == 0:
        return b"\x1b[H" if y == 0 else b"\x1b[%dH" % (y + 1)
    return b"\x1b[;%dH" % (x + 1) if y == 0 else b"\x1b[%d;%dH" % (y + 1, x + 1)


def _upright(y0: int, y1: int, *, feed: bool) -> bytes:
    count = abs(y1 - y0)
    if y1 >= y0:
        down = _counted(count, b"B")
        return min(b"\n" * count, down, key=len) if feed else down
    return min(b"\x1bM" * count, _counted(count, b"A"), key=len)


def _sideways(x0: int, x1: int) -> list[bytes]:
    ways = [b"\r" + _right(x1)]
    if x0 == UNKNOWN:
        return ways
    if x1 >= x0:
        ways.append(_right(x1 - x0))
    else:
        ways += [b"\b" * (x0 - x1), _counted(x0 - x1, b"D")]
    return ways


def _right(count: int) -> bytes:
    return _counted(count, b"C")


def _counted(count: int, final: bytes) -> bytes:
    if count == 0:
        return b""
    return b"\x1b[" + (b"%d" % count if count > 1 else b"") + final
