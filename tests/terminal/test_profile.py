"""What is taken for granted of a terminal, from its device, the environment and what was asked."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import termios
from collections.abc import Iterator
from dataclasses import asdict

import pytest

from stx_tui.terminal import profile as profiles
from stx_tui.terminal.abilities import FAMILIES, Abilities
from stx_tui.terminal.profile import FULL, MONO, PALETTE, SIXTEEN, Options, Profile, detect, named

SSH = {"TERM": "xterm-256color", "LANG": "en_US.UTF-8", "SSH_TTY": "/dev/pts/3"}


@pytest.fixture
def tty() -> Iterator[int]:
    master, slave = pty.openpty()
    yield slave
    os.close(master)
    os.close(slave)


def detected(env: dict[str, str], **options: object) -> Profile:
    """detect() in a process of its own: curses reads one terminal's entry in a process's life."""
    code = (
        "import json, sys, os, pty; from dataclasses import asdict\n"
        "from stx_tui.terminal.profile import detect, Options\n"
        "env, options = json.loads(sys.argv[1])\n"
        "master, slave = pty.openpty()\n"
        "print(json.dumps(asdict(detect(env, slave, Options(**options)))))\n"
    )
    line = [sys.executable, "-c", code, json.dumps([env, options])]
    said = json.loads(subprocess.run(line, check=True, capture_output=True).stdout)
    return Profile(**{**said, "abilities": Abilities(**said["abilities"])})


def test_ssh_in_utf8_gets_colour_and_boxes() -> None:
    profile = detected(SSH)
    assert (profile.colours, profile.glyphs, profile.bps) == (PALETTE, "utf8", None)
    assert profile.abilities.alternate
    assert profile.scrub_s is None
    assert not profile.slow


def test_full_colour_is_used_where_it_is_promised() -> None:
    assert detected({**SSH, "COLORTERM": "truecolor"}).colours == FULL


def test_no_color_is_honoured_and_an_option_beats_it() -> None:
    assert detected({**SSH, "NO_COLOR": "1"}).colours == MONO
    assert detected({**SSH, "NO_COLOR": "1"}, colour="16").colours == SIXTEEN


@pytest.mark.parametrize(
    ("env", "glyphs"),
    [
        ({"TERM": "xterm", "LANG": "C"}, "ascii"),
        ({"TERM": "xterm", "LANG": "C", "LC_CTYPE": "C.UTF-8"}, "ascii"),
        ({"TERM": "xterm", "LC_ALL": "C.UTF-8"}, "utf8"),
        ({"TERM": "xterm", "LANG": "de_DE.ISO-8859-1"}, "ascii"),
        ({"TERM": "vt220", "LANG": "C.UTF-8"}, "ascii"),
        ({"TERM": "linux", "LANG": "C.UTF-8"}, "utf8"),
    ],
)
def test_glyphs_follow_the_locale(env: dict[str, str], glyphs: str) -> None:
    assert detected(env).glyphs == glyphs
    assert detected(env, glyphs="dec").glyphs == "dec"


@pytest.mark.parametrize("term", ["vt100", "vt220", "linux", "screen", "xterm", "xterm-256color"])
def test_the_built_in_tables_say_what_terminfo_says(term: str) -> None:
    found = asdict(detected({"TERM": term}).abilities)
    known = asdict(FAMILIES[term])
    if known["colours"] == 8:
        known["colours"] = 16
    assert found == known


def test_a_terminal_nobody_knows_is_taken_for_a_vt100() -> None:
    assert detected({"TERM": "nonsense"}).abilities == FAMILIES["vt100"]


def test_a_dumb_terminal_cannot_be_painted() -> None:
    assert not detected({"TERM": "dumb"}).can_paint
    assert not detected({}).can_paint
    assert detected({"TERM": "vt100"}).can_paint


def test_a_declared_line_sets_the_pace_and_scrubs() -> None:
    profile = detected({"TERM": "vt100"}, line=9600)
    assert profile.bps == 9600
    assert profile.slow
    assert profile.scrub_s is not None
    assert detected({"TERM": "vt100"}, line=9600, scrub=False).scrub_s is None
    assert profile.seconds(1920) == 2.0


def test_a_wire_is_mono_ascii_at_the_speed_of_its_tty(
    tty: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes = termios.tcgetattr(tty)
    modes[4] = modes[5] = termios.B19200
    termios.tcsetattr(tty, termios.TCSANOW, modes)
    monkeypatch.setattr(os, "ttyname", lambda _fd: "/dev/ttyS0")
    profile = detect({**SSH, "TERM": "linux"}, tty, Options())
    assert (profile.serial, profile.bps) == (True, 19200)
    assert (profile.colours, profile.glyphs) == (MONO, "ascii")


@pytest.mark.parametrize(
    ("name", "serial"),
    [
        ("/dev/ttyS0", True),
        ("/dev/ttyUSB1", True),
        ("/dev/hvc0", True),
        ("/dev/pts/4", False),
        ("/dev/tty1", False),
    ],
)
def test_which_ttys_are_wires(name: str, serial: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "ttyname", lambda _fd: name)
    assert profiles.is_serial(0) == serial


def test_a_profile_can_be_named() -> None:
    assert named("vt100", bps=300).seconds(30) == 1.0
