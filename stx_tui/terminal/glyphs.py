"""Which character stands for which where the terminal has no Unicode: ASCII or DEC line drawing."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from stx_tui.terminal.cells import width_of

# The VT100's special graphics set, by the character that is sent while it is shifted in.
DEC = {
    "◆": "`", "▒": "a", "░": "a", "▓": "a", "°": "f", "±": "g",
    "┘": "j", "┐": "k", "┌": "l", "└": "m", "┼": "n", "─": "q",
    "├": "t", "┤": "u", "┴": "v", "┬": "w", "│": "x",
    "≤": "y", "≥": "z", "π": "{", "≠": "|", "£": "}", "·": "~",
    "╯": "j", "╮": "k", "╭": "l", "╰": "m",
    "━": "q", "┃": "x", "┛": "j", "┓": "k", "┏": "l", "┗": "m", "╋": "n",
    "┣": "t", "┫": "u", "┻": "v", "┳": "w",
    "═": "q", "║": "x", "╝": "j", "╗": "k", "╔": "l", "╚": "m", "╬": "n",
    "╠": "t", "╣": "u", "╩": "v", "╦": "w",
}  # fmt: skip

_ASCII = {
    "─━═╌╍┄┅┈┉╴╶╸╺⎯": "-", "│┃║╎╏┆┇┊┋╵╷╹╻": "|",
    "┌┐└┘├┤┬┴┼┏┓┗┛┣┫┳┻╋╔╗╚╝╠╣╦╩╬╭╮╰╯": "+",
    "█▉▊▋▓": "#", "▌▐▍▎▏▕▒": "|", "░": ".", "▀▔▁▂▃▄▅▆▇": "=",
    "←◀◂◁‹": "<", "→▶▸▷›": ">", "↑▲△▴": "^", "↓▼▽▾": "v", "↔": "-", "↕": "|",
    "•●○◦∙·◆◇■□▪▫⬤": "*", "✓✔": "+", "✗✘×✕": "x",
    "‘’‚": "'", "“”„": '"', "–—―‐‑−": "-", "…": ".", "\xa0": " ",
    "°": "o", "±": "+", "µ": "u", "≤": "<", "≥": ">", "≠": "#", "£": "L", "€": "E",
    "⠀": " ",
}  # fmt: skip
ASCII = {char: plain for chars, plain in _ASCII.items() for char in chars}
_BRAILLE = range(0x2801, 0x2900)


@lru_cache(maxsize=8192)
def ascii_of(cell: str) -> str:
    """The ASCII for one cell, as many columns wide as the cell is (1 or 2)."""
    base = cell[0]
    if base.isascii():
        return base
    if base in ASCII:
        return ASCII[base]
    if ord(base) in _BRAILLE:
        return ":"
    plain = unicodedata.normalize("NFKD", base)[0]
    if not (plain.isascii() and plain.isprintable()):
        plain = ASCII.get(plain, "?")
    return plain * max(1, width_of(base))
