"""What is known of the terminal at the far end: its abilities, colours, glyphs and speed."""

from __future__ import annotations

import os
import re
import termios
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Mapping, Optional

from stx_tui.terminal.abilities import FAMILIES, Abilities, abilities_of

MONO, EIGHT, SIXTEEN, PALETTE, FULL = 0, 8, 16, 256, 1 << 24
COLOURS = {"mono": MONO, "8": EIGHT, "16": SIXTEEN, "256": PALETTE, "full": FULL}

SLOW_BPS = 230_400
"""Up to this speed a full screen is felt: animations are off, and rows are scrubbed."""
SCRUB_S = 3.0
"""Seconds from one scrubbed row to the next on an idle line: about 4 % of 9600 baud."""

_SERIAL = re.compile(r"/dev/(ttyS|ttyUSB|ttyACM|ttyAMA|ttyPS|ttyO|ttymxc|ttyLP|hvc|hvsi)\d+$")
_PYTHONS_OWN = {"C.UTF-8", "C.utf8", "UTF-8"}  # PEP 538
_CONSOLES = Path("/sys/class/tty/console/active")


@dataclass(frozen=True)
class Options:
    """What the person asked for; None leaves it to what the place calls for.

    `line` is bits per second (0: unpaced), `colour` a key of COLOURS, `glyphs` ascii, dec or utf8.
    """

    line: Optional[int] = None
    glyphs: Optional[str] = None
    colour: Optional[str] = None
    scrub: Optional[bool] = None


@dataclass(frozen=True)
class Profile:
    """The far end, as far as it is known; `bps` is None where nothing sets the pace."""

    term: str
    abilities: Abilities
    colours: int = MONO
    glyphs: str = "ascii"
    bps: Optional[int] = None
    serial: bool = False
    scrub_s: Optional[float] = None

    @property
    def slow(self) -> bool:
        return self.bps is not None and self.bps <= SLOW_BPS

    @property
    def falls(self) -> bool:
        """Whether LF moves straight down. minicom returns with it while on an alternate screen."""
        return not self.abilities.alternate

    @property
    def can_paint(self) -> bool:
        """False where only the line mode works: no cursor can be placed."""
        return self.abilities.ansi

    def seconds(self, size: int) -> float:
        """How long the line takes for so many bytes: ten bits each, start and stop included."""
        return size * 10 / self.bps if self.bps else 0.0


def detect(env: Mapping[str, str], fd: int, options: Options = Options()) -> Profile:
    """The profile of the terminal on `fd`, from its device, the environment and what was asked.

    A serial tty is taken for an old terminal: monochrome, ASCII, paced by its termios speed.
    Elsewhere colours are what TERM has, and Unicode is used where the locale is UTF-8.
    """
    term = env.get("TERM") or "dumb"
    abilities = abilities_of(term, fd)
    serial = is_serial(fd)
    bps = options.line if options.line is not None else (speed(fd) if serial else None)
    profile = Profile(
        term=term,
        abilities=abilities,
        colours=_colours(env, abilities, options, serial=serial),
        glyphs=options.glyphs or _glyphs(env, term, serial=serial),
        bps=bps or None,
        serial=serial,
    )
    scrub = options.scrub if options.scrub is not None else profile.slow
    return replace(
        profile,
        scrub_s=SCRUB_S if scrub else None,
    )


def named(term: str, **changes: object) -> Profile:
    """The profile of a well-known terminal, without asking anything: vt100, linux, xterm ..."""
    abilities = FAMILIES[term]
    return replace(Profile(term=term, abilities=abilities), **changes)  # type: ignore[arg-type]


def _colours(
    env: Mapping[str, str], abilities: Abilities, options: Options, *, serial: bool
) -> int:
    if options.colour is not None:
        return COLOURS[options.colour]
    if env.get("NO_COLOR") or serial:
        return MONO
    if env.get("COLORTERM") in {"truecolor", "24bit"} and abilities.colours >= EIGHT:
        return FULL
    return max(depth for depth in COLOURS.values() if depth <= abilities.colours)


def _glyphs(env: Mapping[str, str], term: str, *, serial: bool) -> str:
    return "utf8" if is_utf8(env) and not serial and not term.startswith("vt") else "ascii"


def is_utf8(env: Mapping[str, str]) -> bool:
    """Whether the person's locale is UTF-8."""
    ctype = env.get("LC_CTYPE")
    if ctype in _PYTHONS_OWN:
        # Python puts that there itself where LANG is C, so it says nothing of the terminal.
        ctype = None
    locale = (env.get("LC_ALL") or ctype or env.get("LANG") or "").lower()
    return "utf-8" in locale or "utf8" in locale


def is_serial(fd: int) -> bool:
    """Whether a tty is a wire: ttyS0, ttyUSB0, hvc0 ..., or the console where that is one."""
    try:
        name = os.ttyname(fd)
    except OSError:
        return False
    if name == "/dev/console":
        try:
            name = "/dev/" + (_CONSOLES.read_text(encoding="ascii").split() or [""])[-1]
        except (OSError, ValueError):
            return False
    return _SERIAL.match(name) is not None


def speed(fd: int) -> Optional[int]:
    """The line's speed in bits per second as termios has it, or None."""
    try:
        code = termios.tcgetattr(fd)[5]
    except termios.error:
        return None
    return _SPEEDS.get(code)


_SPEEDS: dict[int, int] = {
    getattr(termios, name): int(name[1:])
    for name in dir(termios)
    if re.match(r"B\d+$", name) and name != "B0"
}
