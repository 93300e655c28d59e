"""Writes the README's tables of keys and areas, and KINDS.md: ``python -m tests.readme``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Iterable, List, Sequence

from textual.binding import Binding

from backend.kinds import AREAS
from stx_tui.screens.listing import ListingScreen

# What Textual calls keys that have a character of their own.
SHOWN = {
    "slash": "/",
    "colon": ":",
    "question_mark": "?",
    "asterisk": "*",
    "greater_than_sign": ">",
    "less_than_sign": "<",
    "right_square_bracket": "]",
    "left_square_bracket": "[",
}
README = Path(__file__).parent.parent / "README.md"
KINDS = README.with_name("KINDS.md")


def keys() -> str:
    """Return what the keys of a list do, and which acts a kind's own letters open."""
    lines = ["| key | does |", "|---|---|"]
    for binding in _bindings(ListingScreen):
        names = ", ".join(f"`{SHOWN.get(key, key)}`" for key in binding.key.split(","))
        lines.append(f"| {names} | {binding.description or binding.action} |")
    lines.insert(-4, "| `1` ... `9` | the area of that digit |")
    return "\n".join(lines)


def areas() -> str:
    """Return each area with the kinds that are in it."""
    lines = ["| | area | kinds |", "|---|---|---|"]
    for area in AREAS:
        names = " ".join(kind.name for kind in area.kinds)
        lines.append(f"| `{area.digit}` | {area.title} | {names} |")
    return "\n".join(lines)


def kinds() -> str:
    """Return the page of all kinds: their short names, and what can be done to them."""
    lines = [
        "# Kinds",
        "",
        "All there is to list, show and act on: `:name` in the console, `stx-tui get name` without",
        "it. A name that several areas have goes to the first; `area/name` says which. Made by",
        "`python -m tests.readme` from the declarations in `backend/kinds/`.",
    ]
    for area in AREAS:
        lines += ["", f"## {area.digit} {area.title} (`{area.name}/`)", ""]
        lines += ["| kind | of | also | acts |", "|---|---|---|---|"]
        for kind in area.kinds:
            names = dict.fromkeys((kind.singular, *kind.aliases))
            also = " ".join(name for name in names if name != kind.name)
            acts = ", ".join(action.name for action in kind.actions) or "-"
            lines.append(f"| **{kind.name}** | {kind.parent or ''} | {also} | {acts} |")
    return "\n".join(lines) + "\n"


def written(text: str) -> str:
    """Return the README with its tables made anew."""
    for name, table in (("keys", keys()), ("areas", areas())):
        begin, end = f"<!-- {name}: begin", f"<!-- {name}: end -->"
        pattern = re.compile(rf"({re.escape(begin)}[^\n]*\n).*?({re.escape(end)})", re.DOTALL)
        text = pattern.sub(lambda found, table=table: f"{found[1]}{table}\n{found[2]}", text)
    return text


def _bindings(screen: type) -> Sequence[Binding]:
    found: List[Binding] = []
    for owner in reversed(screen.__mro__):
        if owner.__module__.startswith("stx_tui"):
            found += _own(vars(owner).get("BINDINGS", ()))
    return [one for one in found if not one.key.isdigit()]


def _own(bindings: Iterable[object]) -> List[Binding]:
    return [Binding(*one) if isinstance(one, tuple) else one for one in bindings]  # type: ignore[misc]


if __name__ == "__main__":
    README.write_text(written(README.read_text(encoding="utf-8")), encoding="utf-8")
    KINDS.write_text(kinds(), encoding="utf-8")
