"""Takes ``screenshots/`` from the pretend cloud; ``--check`` says which no longer match."""

from __future__ import annotations

import argparse
import logging
import re
import sys
import tempfile
import time
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Dict, List, Tuple

from stx_tui.app import StxApp
from tests.apart import run_apart
from tests.e2e.far import Far
from tests.stage import Stage, joined, stage
from tests.tui.things import screen_text

FOLDER = Path(__file__).parents[1] / "screenshots"
WIDE = (120, 32)
# A dialog hears no key in its first half second.
DEAF_S = 0.6
PATIENCE_S = 120.0

BLANK = "&#160;"
_TEXT = re.compile(
    r'<text (?P<class>class="[^"]*") x="(?P<x>[^"]*)" (?P<y>y="[^"]*")'
    r' textLength="(?P<length>[^"]*)" (?P<clip>clip-path="[^"]*")>(?P<text>[^<]+)</text>'
)

Step = Tuple[Tuple[str, ...], str]


@dataclass(frozen=True)
class Shot:
    """One picture: at which moment, and by which keys one comes to see what."""

    name: str
    moment: str
    steps: Tuple[Step, ...]
    in_colour: bool = False
    # Columns and rows of the picture in colour.
    size: Tuple[int, int] = WIDE


HOSTS: Step = ((), "[17] of [17] hosts")
PARTNER: Step = (("j",), '"cfg change DNS"')

SHOTS: Tuple[Shot, ...] = (
    Shot("hosts", "demo", (HOSTS, PARTNER), in_colour=True),
    Shot("detail", "demo", (HOSTS, PARTNER, (("enter",), r"before +last")), in_colour=True),
    Shot(
        "alarms",
        "demo",
        (HOSTS, (("2",), "100.104 +File System"), (("j",), "400.002 +Service group")),
        in_colour=True,
    ),
    Shot("lock", "later", (HOSTS, PARTNER, (("L",), "LOCK controller-1 [?]")), in_colour=True),
    Shot("unlock-self", "alone", (HOSTS, (("U",), "UNLOCK controller-0 [?]"))),
    Shot(
        "follow",
        "demo",
        (
            HOSTS,
            (("H",), "WHAT CHANGED"),
            (("G", "k"), r"deed \d+-\d+ +unlock controller-1"),
            (("enter",), "UNLOCK controller-1 +deed"),
        ),
        in_colour=True,
    ),
    Shot(
        "history",
        "later",
        (
            HOSTS,
            (("H",), "WHAT CHANGED"),
            (("G", "k"), r"deed \d+-\d+ +unlock controller-1"),
        ),
        in_colour=True,
    ),
    Shot(
        "storage",
        "cluster",
        (HOSTS, (("3",), r"(?s)DOWN in.*36 of 36 places|36 of 36 places.*DOWN in")),
        in_colour=True,
        size=(160, 46),
    ),
    Shot("actions", "demo", (HOSTS, PARTNER, (("a",), "WHAT CAN BE DONE"))),
    Shot("help", "demo", (HOSTS, (("?",), "KEYS +hosts"))),
)


def text(shot: Shot, at: Stage) -> str:
    """Return the 80x24 text of one, from the real driver through an emulated VT100."""
    with tempfile.TemporaryDirectory(prefix="stx-tui-shot-") as home:
        far = Far([str(at.folder)], Path(home), program=("-m", "tests.stage"))
        try:
            far.until("live")
            for pressed, words in shot.steps:
                far.press(*pressed)
                far.until(words)
                far.still()
                far.look(DEAF_S)
            return "\n".join(far.screen()) + "\n"
        finally:
            far.close()


async def picture(shot: Shot, at: Stage) -> str:
    """Return the SVG of one, in colour on a wide screen."""
    app = StxApp(at.seen, at.opener, now_ms=at.now_ms, place=at.place)
    async with app.run_test(size=shot.size) as pilot:

        async def until(words: str) -> None:
            ends = time.monotonic() + PATIENCE_S
            while not re.search(words, "\n".join(screen_text(app))):
                assert time.monotonic() < ends, "\n".join(screen_text(app))
                await pilot.pause(0.05)

        async def stood_still() -> None:
            before: List[str] = []
            while before != (before := screen_text(app)):
                await pilot.pause(DEAF_S)

        await until("live")
        for pressed, words in shot.steps:
            await pilot.press(*("question_mark" if one == "?" else one for one in pressed))
            await until(words)
            await stood_still()
        return portable(app.export_screenshot(title="stx-tui"))


def portable(svg: str) -> str:
    """Return a picture that loads nothing from anywhere, and that every renderer shows alike."""
    svg = re.sub(r",?\s*url\([^)]*\) format\([^)]*\)", "", svg)
    svg = _TEXT.sub(_without_blanks, svg)
    return re.sub(r"[ \t]+$", "", svg, flags=re.MULTILINE)


def _without_blanks(match: re.Match[str]) -> str:
    """Return a text that begins at its first letter: some renderers leave leading blanks out."""
    cell = float(match["length"]) / len(unescape(match["text"]))
    text = match["text"].replace(BLANK, "\0")
    bare = text.strip("\0")
    if not bare:
        return ""
    x = float(match["x"]) + cell * (len(text) - len(text.lstrip("\0")))
    length = cell * len(unescape(bare))
    return (
        f'<text {match["class"]} x="{x:g}" {match["y"]} textLength="{length:g}" {match["clip"]}>'
        + bare.replace("\0", BLANK)
        + "</text>"
    )


def take(shots: Tuple[Shot, ...]) -> Dict[str, str]:
    """Return every file of the folder, by its name."""
    taken: Dict[str, str] = {}
    for moment in dict.fromkeys(shot.moment for shot in shots):
        with stage(moment) as at:
            for shot in shots:
                if shot.moment != moment:
                    continue
                taken[f"{shot.name}.txt"] = text(shot, at)
                if shot.in_colour:
                    with joined(at.folder) as own:
                        taken[f"{shot.name}.svg"] = run_apart(picture(shot, own))
    return taken


def differing(taken: Dict[str, str], folder: Path = FOLDER) -> List[str]:
    """Return the names of those that are not there as they were taken, and of those too many."""
    there = {path.name: path.read_text("utf-8") for path in folder.iterdir()}
    return sorted(name for name in {*taken, *there} if taken.get(name) != there.get(name))


def main() -> int:
    """Take them all, or say which differ: then the exit code is 1."""
    reading = argparse.ArgumentParser(prog="python -m tests.screenshots", description=__doc__)
    reading.add_argument("--check", action="store_true", help="write nothing, compare")
    reading.add_argument("only", nargs="*", help="only these, by name")
    arguments = reading.parse_args()
    logging.getLogger("backend").addHandler(logging.NullHandler())
    shots = tuple(s for s in SHOTS if not arguments.only or s.name in arguments.only)
    taken = take(shots)
    if arguments.check:
        wrong = [name for name in differing(taken) if not arguments.only or name in taken]
        print("\n".join(f"differs: {name}" for name in wrong) or "all as committed")
        return 1 if wrong else 0
    FOLDER.mkdir(exist_ok=True)
    for name, text in taken.items():
        (FOLDER / name).write_text(text, "utf-8")
        print(f"taken: {name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
