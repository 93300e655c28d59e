"""``stx-tui show``: one thing, as its detail says it, or whole as JSON or YAML."""

from __future__ import annotations

import argparse
import shutil
from typing import Any, Tuple

from backend.called import called, named
from backend.clean import clean
from backend.figure import Figure, Line
from backend.kind import Kind, Row
from backend.kinds import by_name
from backend.known import Key, Known, Reading
from backend.render import figure_lines, rows_text
from backend.whynot import keys_of, verdict, why_not
from stx_tui.commands import get
from stx_tui.commands.desk import cloud_settings, the_kind_there, the_row

NARROWEST = 40


def run(arguments: argparse.Namespace) -> int:
    """Print one row: its sentence, its figures, or its whole body."""
    settings = cloud_settings(arguments)
    kind = the_kind_there(arguments.kind, settings)

    def more(known: Known, reading: Reading[Any]) -> Tuple[Key, ...]:
        found = named(kind, reading.rows, arguments.name, known) if arguments.why_not else ()
        return keys_of(known, kind, kind.id(found[0]), by_name()) if len(found) == 1 else ()

    known, reading, code = get.read(arguments, settings, kind, more)
    row = the_row(kind, reading.rows, arguments.name, known)
    if arguments.output in {"json", "yaml", "csv", "wide"}:
        print(rows_text(kind, (row,), known, arguments.output, wide=True), end="")
        return code
    width = max(shutil.get_terminal_size().columns - 1, NARROWEST)
    lines = why_lines if arguments.why_not else lines_of
    for line in lines(kind, row, known, width):
        print(line)
    return code


def lines_of(kind: Kind[Row], row: Row, known: Known, width: int) -> tuple[str, ...]:
    """Return what the detail's first page says, as lines of at most ``width`` cells."""
    said = [f"{kind.singular} {clean(called(kind, row, known))}"]
    if kind.sentence is not None:
        verdict = kind.sentence(row, known)
        said += [clean(text) for text in (verdict.text, verdict.more) if text]
    said += [f"  {clean(note)}" for note in kind.look(row, known).notes]
    figures = [tab.figure(row, known) for tab in kind.tabs if tab.figure is not None]
    for figure in figures or [fields_of(kind, row)]:
        said += [text_of(line) for line in figure_lines(figure, width, known.now_ms)]
    return tuple(said)


def why_lines(kind: Kind[Row], row: Row, known: Known, width: int) -> tuple[str, ...]:
    """Return what would refuse each action on a row."""
    said = verdict(known, kind, row)
    head = f"{kind.singular} {clean(called(kind, row, known))}: {said.word} {clean(said.text)}"
    figure = figure_lines(why_not(known, kind, row), width, known.now_ms)
    return (head, *([said.more] if said.more else []), *(line.text for line in figure))


def fields_of(kind: Kind[Row], row: Row) -> Figure:
    """Return all plain fields of a row, where its kind declares no page of its own."""
    from backend.figure import Lines

    body = {key: value for key, value in row.body.items() if key not in kind.secret}
    return Lines(lines=tuple(Line(heading=key, text=str(body[key])) for key in body))


def text_of(line: Line) -> str:
    """Return one drawn line as text."""
    return f"{line.heading:<12} {line.text}".rstrip() if line.heading else line.text
