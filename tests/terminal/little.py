"""A little app for tests of the driver: it shows what it was told."""

from __future__ import annotations

import fcntl
import json
import os
import sys
import termios
from contextlib import suppress

from textual import events
from textual.app import App, ComposeResult
from textual.widgets import Static

from stx_tui.terminal import Options, detect, driver_class, repaint, status
from tests.bench.terminal import standin


class Little(App[None]):
    CSS = """
    Screen { background: ansi_default; color: ansi_default; overflow: hidden; }
    Static { height: 1; }
    #head { text-style: reverse; }
    """
    ENABLE_COMMAND_PALETTE = False
    pasted = 0

    def compose(self) -> ComposeResult:
        yield Static("LITTLE".ljust(79), id="head")
        yield Static("", id="size")
        yield Static("", id="said", markup=False)
        yield Static("├── éa 漢", id="glyphs", markup=False)
        yield Static("", id="line", markup=False)

    def on_mount(self) -> None:
        self.query_one("#line", Static).update(status(self) or "no pace")

    def on_resize(self, event: events.Resize) -> None:
        self.query_one("#size", Static).update(f"{event.size.width}x{event.size.height}")

    def on_key(self, event: events.Key) -> None:
        if event.key == "ctrl+l":
            repaint(self)
        elif event.key == "ctrl+x":
            raise RuntimeError("crash, as asked")
        elif event.key == "ctrl+y":
            self.exit()
        else:
            self.query_one("#said", Static).update(f"key {event.key}")

    def on_paste(self, event: events.Paste) -> None:
        self.pasted += len(event.text)
        self.query_one("#said", Static).update(f"pasted {self.pasted}")


def main() -> None:
    options = Options(**json.loads(sys.argv[1]))
    # A test starts us in a session of our own; signals of the tty go to its first terminal.
    with suppress(OSError):
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    profile = detect(os.environ, 0, options)
    driver = driver_class(profile)
    if sys.argv[2:] == ["standin"]:
        app: App[None] = standin.make(profile, driver_class=driver)
    else:
        app = Little(ansi_color=True, driver_class=driver)
    app.run()
    sys.exit(app.return_code)


if __name__ == "__main__":
    main()
