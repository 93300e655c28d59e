"""The board of versions: what each host runs, layer by layer, and what differs from its peers."""

from __future__ import annotations

from collections import Counter
from typing import Any, Dict, Iterable, List, Mapping, Optional, Tuple

from backend.figure import Line, Lines
from backend.kind import Body, Column, Derived, Kind, Row, Tab
from backend.kinds.deploy_states import deploy_of
from backend.kinds.host import Host
from backend.kinds.machine import MACHINES
from backend.kinds.once import once
from backend.kinds.version_layers import (
    DEPLOYMENTS,
    IMAGE_STATES,
    INVENTORY,
    LAYERS,
    Cell,
    Layer,
)
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone, Verdict

EVERY_S = 30.0
# What is read of sysinv at once; baseboards and machines behind SSH answer when they do.
_MADE_OF = ("hosts",)
_NEEDS = (
    *("hosts", "kernels", "kube-host-upgrades", "deploy", "deploy-hosts", "kube-upgrade"),
    *("nodes", "device-images", IMAGE_STATES, "servers", INVENTORY, MACHINES, DEPLOYMENTS),
)


class Versions(Row):
    """A host on the board; what it runs is looked up layer by layer."""

    uuid: str
    host: str
    personality: Optional[str] = None
    subfunctions: Optional[str] = None


def _rows(known: Known) -> Iterable[Body]:
    for host in known.rows("hosts"):
        functions = {"personality": host.personality, "subfunctions": host.subfunctions}
        yield {"uuid": host.uuid, "host": host.name, **functions}


@once
def _board(known: Known) -> Mapping[str, Mapping[str, Cell]]:
    """Return every cell there is, by host and layer."""
    return {
        host.uuid: {layer.name: layer.told(host, known) for layer in LAYERS}
        for host in known.rows("hosts")
    }


def _role(host: Host) -> Tuple[str, str]:
    return (host.personality or "", ",".join(sorted(host.functions)))


@once
def _runs(known: Known) -> Mapping[Tuple[Tuple[str, str], str], Counter[str]]:
    """Return how many hosts of a role run which version of a layer."""
    found: Dict[Tuple[Tuple[str, str], str], Counter[str]] = {}
    for host in known.rows("hosts"):
        for name, cell in _board(known)[host.uuid].items():
            if cell.value:
                found.setdefault((_role(host), name), Counter())[cell.value] += 1
    return found


def cells_of(row: Versions, known: Known) -> Mapping[str, Cell]:
    """Return the cells of one host by layer."""
    return _board(known).get(row.uuid, {})


def peers_run(row: Versions, layer: str, known: Known) -> str:
    """Return what its peers run where a host differs from most of them, "" where it does not."""
    host, cell = known.row("hosts", row.uuid), cells_of(row, known).get(layer)
    if host is None or cell is None or not cell.value:
        return ""
    runs = _runs(known)[_role(host), layer]
    most = max(runs.values())
    if len(runs) == 1 or (runs[cell.value] == most and list(runs.values()).count(most) == 1):
        return ""
    return ", ".join(sorted(value for value in runs if value != cell.value))


def odd(row: Versions, known: Known) -> List[str]:
    """Return in what a host differs from its peers, or from what it was told to run."""
    found = []
    for layer in LAYERS:
        cell = cells_of(row, known).get(layer.name)
        said = (cell.value if cell is not None else "") or ""
        if layer.name in {"kernel", "commit"} and " -> " in said:
            runs, _, then = said.partition(" -> ")
            when = "its next unlock" if layer.name == "kernel" else "its next boot"
            found.append(f"{layer.words} {runs}, {then} from {when} on")
        theirs = peers_run(row, layer.name, known)
        if theirs:
            found.append(f"{layer.words} {said}, its peers {theirs}")
    return found


def _look(row: Versions, known: Known) -> Look:
    notes = odd(row, known)
    if not notes:
        return WELL
    is_on_way = deploy_of(known) is not None or bool(known.rows("kube-upgrade"))
    mark = Mark.BUSY if is_on_way else Mark.BAD
    return Look(tone=Tone.BUSY if is_on_way else Tone.WARN, mark=mark, notes=tuple(notes))


def _verdict(known: Known) -> Verdict:
    """Return whether all hosts of a role run the same, and of how many cells nobody knows."""
    rows = known.rows("versions")
    reading = known.reading("versions")
    if not rows:
        words = reading.error.words if reading.error is not None else "not read yet."
        return Verdict(word="CANNOT" if reading.error else "READING", text=words, tone=Tone.PLAIN)
    cells = [cell for row in rows for cell in cells_of(row, known).values()]
    unknown = sum(cell.shown == "?" for cell in cells)
    more = f"{unknown} of {len(cells)} not known (?): Enter says why" if unknown else ""
    found = [row.host for row in rows if odd(row, known)]
    if not found:
        return Verdict(
            word="WELL", text="hosts of a role run the same of all that is known.", more=more
        )
    text = f"{len(found)} of {len(rows)} differ from their peers: {', '.join(found[:4])}."
    return Verdict(word="WARN", text=text, more=more, tone=Tone.WARN)


def _strip(row: Versions, known: Known) -> Lines:
    """Return the firmware that a narrow table has no room for, and what nobody told."""
    cells = cells_of(row, known)
    words = {layer.name: layer.words for layer in LAYERS}
    firmware = [f"{words[n]} {c.value}" for n, c in cells.items() if _is_wide(n) and c.value]
    unknown: Dict[str, List[str]] = {}
    for name, cell in cells.items():
        if cell.shown == "?":
            unknown.setdefault(cell.why, []).append(words[name])
    lines = [Line(heading="RUNS", text="; ".join(firmware))] if firmware else []
    for why, names in list(unknown.items())[:3]:
        lines.append(Line(heading="NOT KNOWN", text=f"{', '.join(names)}: {why}"))
    return Lines(lines=tuple(lines))


def _joined(row: Versions, known: Known) -> Body:
    """Return every layer for a program: its version, who told it, why there is none, its peers."""
    cells = cells_of(row, known)
    return {
        "layers": {
            name: {
                "version": cell.value,
                "told_by": cell.told_by or None,
                "why": cell.why or None,
                "has_none": cell.is_none,
                "peers": peers_run(row, name, known) or None,
            }
            for name, cell in cells.items()
        }
    }


def _is_wide(name: str) -> bool:
    return any(layer.wide for layer in LAYERS if layer.name == name)


def _page(row: Versions, known: Known) -> Lines:
    """Return every layer of a host: what it runs, who told it, and how its peers stand."""
    return Lines(lines=tuple(_line(layer, row, known) for layer in LAYERS))


def _line(layer: Layer, row: Versions, known: Known) -> Line:
    cell = cells_of(row, known).get(layer.name, Cell(why="not read yet"))
    if not cell.value:
        return Line(heading=layer.words, text=f"{cell.shown or '-'}  {cell.why}")
    theirs = peers_run(row, layer.name, known)
    text = f"{cell.value}   says {cell.told_by}" + (f"   its peers: {theirs}" if theirs else "")
    tone = Tone.WARN if theirs else Tone.PLAIN
    return Line(heading=layer.words, text=text, tone=tone, jump=cell.jump)


def _column(layer: Layer) -> Column[Versions]:
    def said(row: Versions, known: Known) -> Any:
        cell = cells_of(row, known).get(layer.name)
        return "?" if cell is None else cell.shown

    return Column(heading=layer.heading, joined=said, most=24, wide=layer.wide)


VERSIONS: Kind[Versions] = Kind(
    name="versions",
    singular="version",
    model=Versions,
    read=Derived(rows=_rows, made_of=_MADE_OF, joined=_joined),
    label=lambda row: row.host,
    columns=(
        Column(heading="HOST", value=lambda row: row.host, most=20),
        *(_column(layer) for layer in LAYERS),
    ),
    look=_look,
    strip=_strip,
    verdict=_verdict,
    tabs=(Tab(key="o", title="Layers", figure=_page),),
    needs=_NEEDS,
    aliases=("board",),
    every_s=EVERY_S,
)
