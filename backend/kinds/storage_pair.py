"""Two hosts side by side: what is in one, what it is taken by, and where its peer is otherwise.

Whoever runs a duplex has both controllers in mind as one picture. The peer of a storage host is who
keeps the same data; of others it is who they are to be like.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, Iterator, List, Optional, Tuple

from backend.clean import cells, clean, cut
from backend.figure import Jump, Line, Lines
from backend.kinds.storage_branch import Branch
from backend.kinds.storage_tree import Site
from backend.known import Known
from backend.tone import Tone
from backend.units import mib

# Cells of what a thing is, of how large and how full it is; the peer gets what is left of a line.
WHAT, LEFT, BAR, WIDE = 30, 53, 8, 76
_WORST = (Tone.BAD, Tone.WARN)


def side_by_side(row: Any, known: Known) -> Lines:
    """Return the host that a line of the map is on beside its peer; else the first that has one."""
    site = Site(known)
    host = _host_of(row, known)
    peer = None if host is None else _peer_of(host, known)
    one = site.host(host) if host is not None and host.uuid in site.disks else None
    if one is None:
        return Lines(lines=(Line(text="which host this is on is not known"),))
    other = site.host(peer) if peer is not None and peer.uuid in site.disks else None
    head = f"{one.text:<{WHAT}} {'SIZE':>5}  USED"
    names = f"{head:<{LEFT}}{other.text if other is not None else 'no peer of it is known'}"
    hosts = (Line(text=names), *_lines(one, other, 0, is_alone=other is None))
    shared = tuple(line for tier in site.tiers.branches() for line in _shared(tier, 0))
    return Lines(lines=(*hosts, Line(rule=True), *shared) if shared else hosts)


def _shared(branch: Branch, depth: int) -> Iterator[Line]:
    """Yield what is on the disks of both: tiers, pools, classes of claims; claims are counted."""
    if branch.kind in ("volumes", "claims") and branch.tone not in _WORST:
        return
    text = f"{_side(replace(branch, tone=Tone.PLAIN), depth):<{LEFT}}{branch.note}"
    jump = Jump(kind=branch.kind, id=branch.row)
    yield Line(text=cut(text.rstrip(), WIDE), tone=branch.tone, jump=jump)
    for below in branch.below:
        yield from _shared(below, depth + 1)


def peer_words(row: Any, known: Known) -> str:
    """Return in a line where a host's peer is otherwise than it, "" where it has none."""
    host = _host_of(row, known)
    peer = None if host is None else _peer_of(host, known)
    if host is None or peer is None:
        return ""
    site = Site(known)
    if not {host.uuid, peer.uuid} <= site.disks.keys():
        return ""
    said = [words for words, _ in _others(site.host(host), site.host(peer))]
    return f"{peer.name}: {'; '.join(said) or 'the same'}"


def _host_of(row: Any, known: Known) -> Optional[Any]:
    """Return the host that a line stands on, by what is below it; of a pool the first host."""
    rows = {one.uuid: one for one in known.rows("storage-map")}
    at, steps = row, 0
    while at is not None and at.of != "hosts" and steps < len(rows):
        at, steps = rows.get(at.under), steps + 1
    if at is not None:
        return known.row("hosts", at.row)
    return next(iter(known.rows("hosts")), None)


def _peer_of(host: Any, known: Known) -> Optional[Any]:
    hosts = [one for one in known.rows("hosts") if one.uuid != host.uuid]
    names = set((host.body.get("peers") or {}).get("hosts") or ())
    mates = [one for one in hosts if one.name in names]
    like = [one for one in hosts if one.body.get("personality") == host.body.get("personality")]
    return next(iter((*mates, *like)), None)


def _paired(
    one: Optional[Branch], other: Optional[Branch]
) -> Iterator[Tuple[Optional[Branch], Optional[Branch]]]:
    """Yield what is below both, by what it is on any host."""
    ours: Dict[str, Branch] = {} if one is None else _by_like(one)
    theirs: Dict[str, Branch] = {} if other is None else _by_like(other)
    for like in dict.fromkeys((*ours, *theirs)):
        yield ours.get(like), theirs.get(like)


def _by_like(branch: Branch) -> Dict[str, Branch]:
    found: Dict[str, Branch] = {}
    for below in branch.below:
        like = below.like or below.text
        found[like if like not in found else f"{like} #{len(found)}"] = below
    return found


def _lines(
    one: Optional[Branch], other: Optional[Branch], depth: int, *, is_alone: bool
) -> Iterator[Line]:
    for mine, its in _paired(one, other):
        there = mine or its
        if there is None:
            continue
        left = _side(mine, depth) if mine is not None else f"{' ' * depth}-"
        right = "" if is_alone else _otherwise(mine, its)
        tones = [branch.tone for branch in (mine, its) if branch is not None]
        tone = next((tone for tone in _WORST if tone in tones), Tone.PLAIN)
        yield Line(
            text=f"{left:<{LEFT}}{right}".rstrip(),
            tone=tone,
            jump=Jump(kind=there.kind, id=there.row),
        )
        yield from _lines(mine, its, depth + 1, is_alone=is_alone)
        if there.kind == "volume-groups" and there.free_mib is not None:
            yield _free(mine, its, depth + 1, is_alone=is_alone)


def _side(branch: Branch, depth: int) -> str:
    """Return a thing, how large it is, and how much of it is taken."""
    bad = f" {branch.note.partition(', ')[0]}" if branch.tone in _WORST else ""
    # Of a slot what all have in common is left out: its serial number has to have room.
    own = clean(branch.text).replace("pci-0000:", "", 1)
    name = cut(f"{' ' * depth}{own}{bad}", WHAT)
    size = "" if branch.mib is None else mib(branch.mib)
    taken = branch.percent
    bar = "" if taken is None else f"[{'#' * round(BAR * taken / 100):.<{BAR}}] {taken:>3}"
    return f"{name}{' ' * (WHAT - cells(name))} {size:>5}  {bar}"


def _free(mine: Optional[Branch], its: Optional[Branch], depth: int, *, is_alone: bool) -> Line:
    """Return what is left in a group, by which its filesystems can grow."""
    rooms = ["" if one is None else mib(one.free_mib or 0) for one in (mine, its)]
    left = f"{' ' * depth + 'free':<{WHAT}} {rooms[0] or '-':>5}  can grow"
    right = "" if is_alone else "same" if rooms[0] == rooms[1] else rooms[1]
    return Line(text=f"{left:<{LEFT}}{right}".rstrip())


def _otherwise(mine: Optional[Branch], its: Optional[Branch]) -> str:
    """Return what is other at the peer, ``same`` where nothing is."""
    if its is None:
        return "not there"
    bad = its.note.partition(", ")[0] if its.tone in _WORST else ""
    said: List[str] = [f"! {bad}"] if bad else []
    if mine is None or mine.text != its.text:
        # What each has of its own: a serial number, the number of an OSD.
        said.insert(0, its.text.rpartition(" ")[2])
    if mine is None or mine.mib != its.mib:
        said.append("-" if its.mib is None else mib(its.mib))
    if its.percent is not None and (mine is None or mine.percent != its.percent):
        said.append(f"{its.percent} %")
    is_same = not bad and mine is not None and (mine.mib, mine.percent) == (its.mib, its.percent)
    return cut(" ".join([*said, *(["same"] if is_same else [])]), WIDE - LEFT)


def _others(one: Optional[Branch], other: Optional[Branch]) -> Iterator[Tuple[str, Tone]]:
    """Yield each thing in which the second is otherwise than the first, the deepest told alone."""
    for mine, its in _paired(one, other):
        there = its or mine
        said = _otherwise(mine, its)
        if there is not None and not said.endswith("same"):
            name = there.like or there.text
            yield f"{name} {said}", there.tone
        if mine is not None and its is not None:
            yield from _others(mine, its)
