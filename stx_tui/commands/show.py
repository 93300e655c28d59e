"""``stx-tui show``: one thing, as its detail says it, or whole as JSON or YAML."""

from __future__ import annotations

import argparse
import shutil

from backend.clean import clean
from backend.figure import Figure, Line
from backend.kind import Kind, Row
from backend.known import Known
from backend.render import figure_lines, rows_text
from stx_tui.commands import get
from stx_tui.commands.desk import cloud_settings, the_kind

NARROWEST = 40


def run(arguments: argparse.Namespace) -> int:
    """Print one row: its sentence, its figures, or its whole body."""
    kind = the_kind(arguments.kind)
    known, reading, code = get.read(arguments, cloud_settings(arguments), kind)
    rows = get.chosen(kind, reading, known, (arguments.name,), "")
    if arguments.output in {"json", "yaml", "csv", "wide"}:
        print(rows_text(kind, rows, known, arguments.output, wide=True), end="")
        return code
    width = max(shutil.get_terminal_size().columns - 1, NARROWEST)
    for line in lines_of(kind, rows[0], known, width):
        print(line)
    return code


def lines_of(kind: Kind[Row], row: Row, known: Known, width: int) -> tuple[str, ...]:
    """Return what the detail's first page says, as lines of at most ``width`` cells."""
    said = [f"{kind.singular} {clean(kind.name_of(row))}"]
    if kind.sentence is not None:
        verdict = kind.sentence(row, known)
        said += [clean(text) for text in (verdict.text, verdict.more) if text]
    said += [f"  {clean(note)}" for note in kind.look(row, known).notes]
    figures = [tab.figure(row, known) for tab in kind.tabs if tab.figure is not None]
    for figure in figures or [fields_of(kind, row)]:
        said += [text_of(line) for line in figure_lines(figure, width, known.now_ms)]
    return tuple(said)


def fields_of(kind: Kind[Row], row: Row) -> Figure:
    """Return all plain fields of a row, where its kind declares no page of its own."""
    from backend.figure import Lines

    body = {key: value for key, value in row.body.items() if key not in kind.secret}
    return Lines(lines=tuple(Line(heading=key, text=str(body[key])) for key in body))


def text_of(line: Line) -> str:
    """Return one drawn line as text."""
    return f"{line.heading:<12} {line.text}".rstrip() if line.heading else line.text
