"""A small ncurses program that paints screens it is given, one after the other: what to beat."""

from __future__ import annotations

import curses
import json
import os
import sys

ATTRIBUTES = {"b": curses.A_BOLD, "u": curses.A_UNDERLINE, "r": curses.A_REVERSE}


def paint(screen: curses.window, rows: list[list[list[str]]]) -> None:
    """Puts a screen of rows of [text, attributes] into the window and refreshes it."""
    screen.erase()
    for y, row in enumerate(rows):
        x = 0
        for text, letters in row:
            attributes = 0
            for letter in letters:
                attributes |= ATTRIBUTES[letter]
            room = 79 - x if y == 23 else 80 - x
            screen.addstr(y, x, text[:room], attributes)
            x += len(text)
    screen.refresh()


def main(path: str, ready_fd: int, go_fd: int) -> None:
    """Paints each screen of a JSON file when a byte comes on go_fd; says so on ready_fd."""
    with open(path, encoding="ascii") as file:  # noqa: PTH123
        frames = json.load(file)
    screen = curses.initscr()
    curses.noecho()
    curses.raw()
    curses.nonl()
    screen.idlok(True)
    screen.scrollok(False)
    for rows in frames:
        paint(screen, rows)
        os.write(ready_fd, b".")
        os.read(go_fd, 1)
    curses.endwin()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
