"""What a kind of terminal can do beyond placing a cursor, from terminfo or from what is known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import ModuleType
from typing import Optional


@dataclass(frozen=True)
class Abilities:
    """Each is False where a terminal may print the sequence instead of obeying it.

    Repetition (rep) is not among them: minicom and GNU screen leave it out, whatever TERM says.
    """

    ansi: bool = True
    colours: int = 0
    scroll_region: bool = True  # csr: ESC [ t ; b r
    insert_line: bool = False  # il, dl: ESC [ n L, ESC [ n M
    erase_chars: bool = False  # ech: ESC [ n X
    erase_ground: bool = False  # bce: erased cells take the colour of the ground
    attribute_off: bool = False  # rmul: ESC [ 24 m, and so 22 and 27
    dim: bool = False
    italic: bool = False
    hide_cursor: bool = False  # civis: ESC [ ? 25 l
    alternate: bool = False  # smcup: ESC [ ? 1049 h
    bracketed_paste: bool = False
    clipboard: bool = False  # OSC 52


_VT220 = Abilities(insert_line=True, erase_chars=True, attribute_off=True, hide_cursor=True)
_SCREEN = Abilities(
    colours=8, insert_line=True, attribute_off=True, dim=True, hide_cursor=True, alternate=True
)
_XTERM = replace(
    _VT220, colours=8, erase_ground=True, dim=True, italic=True, alternate=True,
    bracketed_paste=True, clipboard=True,
)  # fmt: skip

FAMILIES: dict[str, Abilities] = {
    "dumb": Abilities(ansi=False, scroll_region=False),
    # A VT100 has neither an invisible cursor nor single attributes off.
    "vt100": Abilities(),
    "vt102": Abilities(insert_line=True),
    "vt220": _VT220,
    "linux": replace(_VT220, colours=8, erase_ground=True, dim=True),
    "screen": _SCREEN,
    "screen-256color": replace(_SCREEN, colours=256),
    "tmux": replace(_SCREEN, erase_chars=True, italic=True),
    "tmux-256color": replace(_SCREEN, erase_chars=True, italic=True, colours=256),
    "xterm": _XTERM,
    "xterm-256color": replace(_XTERM, colours=256),
}
FAMILIES["ansi"] = FAMILIES["vt100"]

# What a name promises that its terminfo entry does not say: 16 colours by SGR 90-107.
_BRIGHT = ("xterm", "linux", "screen", "tmux", "rxvt", "putty", "konsole", "gnome", "vte")
_PASTES = ("xterm", "rxvt", "putty", "konsole", "gnome", "vte")
_CUP = b"\x1b[%i%p1%d;%p2%dH"


def abilities_of(term: str, fd: int) -> Abilities:
    """What TERM can do: by its terminfo entry, else by the family its name begins with."""
    found = _asked(term, fd)
    if found is None:
        family = term if term in FAMILIES else term.partition("-")[0]
        found = FAMILIES.get(family, FAMILIES["vt100"])
    if found.colours == 8 and term.startswith(_BRIGHT):
        return replace(found, colours=16)
    return found


def _asked(term: str, fd: int) -> Optional[Abilities]:
    """The terminfo entry's answer, or None where there is no entry (or no curses)."""
    try:
        import curses
    except ImportError:
        return None
    try:
        # Only the first call in a process counts; a process has one terminal.
        curses.setupterm(term, fd)
    except curses.error:
        return None
    return _read(curses, pastes=term.startswith(_PASTES))


def _read(curses: ModuleType, *, pastes: bool) -> Abilities:
    def has(name: str, *parts: bytes) -> bool:
        value: Optional[bytes] = curses.tigetstr(name)
        return value is not None and all(part in value for part in parts)

    return Abilities(
        ansi=has("cup") and curses.tigetstr("cup").startswith(_CUP),
        colours=max(0, curses.tigetnum("colors")) if has("setaf") else 0,
        scroll_region=has("csr", b"\x1b[%i%p1%d;%p2%dr"),
        insert_line=has("il", b"\x1b[%p1%dL") and has("dl", b"\x1b[%p1%dM"),
        erase_chars=has("ech", b"\x1b[%p1%dX"),
        erase_ground=curses.tigetflag("bce") == 1,
        attribute_off=has("rmul", b"\x1b[24m"),
        dim=has("dim", b"\x1b[2m"),
        italic=has("sitm", b"\x1b[3m"),
        hide_cursor=has("civis", b"\x1b[?25l"),
        alternate=has("smcup", b"\x1b[?1049h"),
        bracketed_paste=pastes,
        clipboard=pastes,
    )
