"""A deploy drawn on six lines: its way on and back, the box where it stands, and its times."""

from __future__ import annotations

from typing import Any, List, Tuple

from backend.figure import Jump, Line, Lines
from backend.kinds import deploy_times
from backend.kinds.deploy_states import Deploy, deploy_of, hosts_done, strip
from backend.known import Known
from backend.tone import Tone

# Each box of the way on, and how wide it is at most with its brackets; the way back below it.
_ON = ("start", "host", "activate", "complete", "delete")
_BACK = ("host-rollback", "activate-rollback")
_WIDE, _ARROW = 12, "-->"
_STEP = _WIDE + len(_ARROW)
_WHOLE = 76
# Where an abort leads down from, and where the delete of a deploy that did not begin.
_ABORTS, _DELETES = ("host", "activate", "complete"), "start"


def _box(state: str) -> str:
    """Return the box that a state stands in: ``activate-failed`` in activate."""
    if state == "completed":
        return "complete"
    return next((name for name in (*_BACK, *_ON) if state.startswith(name)), "")


def _drawn(name: str, here: str) -> str:
    return f"[ {name.upper()} ]" if name == here else name


def _centre(name: str) -> int:
    return _ON.index(name) * _STEP + _WIDE // 2 - 1


def _notes(row: Deploy, known: Known) -> List[str]:
    """Return what stands below each box of the way on: which is done, how far, what failed."""
    here, done_hosts = _box(row.state), "{} of {}".format(*hosts_done(known))
    at = _ON.index(here) if here in _ON else -1
    notes = ["done" if place < at else "" for place in range(len(_ON))]
    notes[1] = done_hosts if at >= 1 or here in _BACK else ""
    if at >= 0:
        end = row.state.rpartition("-")[2]
        at_work = notes[at] or ("at work" if row.state == here else "")
        notes[at] = {"failed": "FAILED", "done": "done"}.get(end, at_work)
    return notes


def _times(row: Deploy, known: Known) -> str:
    """Return the line of times: below each box since when and how long, or what is usual."""
    line = [" "] * _WHOLE
    for name in _ON:
        told = deploy_times.under_box(name, row, known)
        begin = max(_centre(name) - len(told) // 2, 0)
        line[begin : begin + len(told)] = list(told)
    return "".join(line)[:_WHOLE]


def picture(row: Deploy, known: Known) -> Tuple[Line, ...]:
    """Return the picture, at most 76 cells wide."""
    here = _box(row.state)
    on = _ARROW.join(_drawn(name, here).center(_WIDE) for name in _ON)
    below = (" " * len(_ARROW)).join(note.center(_WIDE) for note in _notes(row, known))
    down, ends = [" "] * _WHOLE, [" "] * _WHOLE
    for name in (*_ABORTS, _DELETES):
        at = _centre(name)
        down[at : at + 7] = list("| abort" if name in _ABORTS else "|      ")
        ends[at] = "v"
    back = [_drawn(name, here) for name in _BACK]
    left = f"   delete <--{back[0]:^17}<---{back[1]:^21}"
    tone = Tone.BAD if row.state.endswith("-failed") else Tone.PLAIN
    times = _times(row, known)
    told = (on, below, times) if times.strip() else (on, below)
    texts = (*told, "".join(down), "".join(ends), left)
    return tuple(
        Line(text=text.rstrip(), tone=tone if text is below else Tone.PLAIN) for text in texts
    )


def summary(known: Known) -> Lines:
    """Return the picture of the deploy under way, nothing where there is none."""
    row = deploy_of(known)
    return Lines() if row is None else Lines(lines=picture(row, known))


def page(row: Deploy, known: Known) -> Lines:
    """Return the picture, the hosts below it, and what can and cannot be done now."""
    hosts = [_host_line(one) for one in known.rows("deploy-hosts")]
    rule = Line(text="", rule=True)
    told = [Line(text=f"{box:<17} {words}") for box, words in deploy_times.told(row, known)]
    times = (*told, rule) if told else ()
    return Lines(lines=(*picture(row, known), rule, *times, *hosts, rule, *_said(row, known)))


def _host_line(host: Any) -> Line:
    runs, to = host.software_release or "-", host.target_release or "-"
    text = f"{host.hostname:<16} {runs:<12} {host.host_state:<18} {to}"
    return Line(text=text, jump=Jump(kind="deploy-hosts", id=host.hostname))


def _said(row: Deploy, known: Known) -> List[Line]:
    # A heading would push the picture above to the right: it stands in the text.
    lines = strip(row, known).lines
    return [
        Line(text=f"{line.heading:<8} {line.text}", tone=line.tone, jump=line.jump)
        for line in lines
    ]
