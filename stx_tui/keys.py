"""The keys, as data: what each does in a word and in a sentence; rebound by their ids."""

from __future__ import annotations

from typing import Dict, Final, Iterable, List, Sequence, Tuple

from textual.binding import Binding


def key(
    keys: str, action: str, word: str, says: str, *, name: str = "", footer: bool = False
) -> Binding:
    """Return one binding: ``word`` stands in the footer, ``says`` on the page of keys.

    ``name`` is what settings rebind it by; without it the action's own.
    """
    own = action.rsplit(".", maxsplit=1)[-1].split("(", maxsplit=1)[0].replace("_", "-")
    return Binding(keys, action, word, show=footer, tooltip=says, id=name or own)


REPAINT: Final = key("ctrl+l,L", "app.repaint", "repaint", "paint the whole screen anew")
HELP: Final = key("question_mark", "app.keys", "keys", "the keys of where one is", footer=True)
BACK: Final = key("q", "app.back", "back", "go back; at the top it asks")
LEAVE: Final = key("ctrl+c", "app.ask_quit", "leave", "leave the console (it asks)")

# Where one can walk about: not in dialogs, whose digits and letters are answers.
WALKING: Final[Tuple[Binding, ...]] = (
    *(
        key(digit, f"app.area('{digit}')", "area", "go to that area", name=f"area-{digit}")
        for digit in "123456789"
    ),
    key("colon", "goto", "go to", "go to any kind, or a row of it, by name"),
    key("H", "app.history", "history", "what changed and who did what, since the last visit"),
    HELP,
    BACK,
)

MOVING: Final[Tuple[Binding, ...]] = (
    key("j,down", "move(1)", "down", "one row down", name="down"),
    key("k,up", "move(-1)", "up", "one row up", name="up"),
    key("pagedown,ctrl+f,right_square_bracket", "page(1)", "page down", "a page down", name="page"),
    key("pageup,ctrl+b,left_square_bracket", "page(-1)", "page up", "a page up", name="page-up"),
    key("home,g", "move(-1000000)", "first", "to the first row", name="first"),
    key("end,G", "move(1000000)", "last", "to the last row", name="last"),
)

# Keys that a kind's own action of the same key comes before.
YIELDING: Final = frozenset({"L"})

_SHOWN: Final[Dict[str, str]] = {
    "question_mark": "?",
    "colon": ":",
    "slash": "/",
    "plus": "+",
    "enter": "Enter",
    "escape": "Esc",
    "space": "Space",
    "asterisk": "*",
    "greater_than_sign": ">",
    "less_than_sign": "<",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
    "full_stop": ".",
    "exclamation_mark": "!",
    "pagedown": "PgDn",
    "pageup": "PgUp",
    "down": "Down",
    "up": "Up",
    "home": "Home",
    "end": "End",
}


def footer(bindings: Iterable[Binding], width: int) -> str:
    """Return the keys of where one is in one row of at most ``width`` cells.

    The last one (the page of keys) always stays; the ones before it go first.
    """
    parts = [f"{_shown(one.key)} {one.description}" for one in _once(bindings) if one.show]
    while len(parts) > 1 and _taken(parts) > width:
        parts.pop(-2)
    return (" " + "  ".join(parts))[:width]


def page(bindings: Iterable[Binding]) -> List[Tuple[str, str]]:
    """Return every key of where one is, as written on keyboards, with what it does."""
    by_words: Dict[str, List[str]] = {}
    for one in bindings:
        written = by_words.setdefault(one.tooltip or one.description, [])
        if _shown(one.key) not in written:
            written.append(_shown(one.key))
    return [(" ".join(written), says) for says, written in by_words.items()]


def _once(bindings: Iterable[Binding]) -> List[Binding]:
    """Return the first binding of each id: one thing may have several keys."""
    first: Dict[str, Binding] = {}
    for one in bindings:
        first.setdefault(one.id or one.action, one)
    # The page of keys stands last, wherever it was declared.
    return sorted(first.values(), key=lambda one: one.id == HELP.id)


def _taken(parts: Sequence[str]) -> int:
    return 1 + sum(map(len, parts)) + 2 * (len(parts) - 1)


def _shown(one: str) -> str:
    if one.startswith("ctrl+"):
        return f"Ctrl-{one[5:].upper()}"
    return _SHOWN.get(one, one)
