"""The measured program: an app on the terminal it is started on, with one driver or another."""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import sys
import threading
import time
from typing import Any

from stx_tui.terminal.driver import driver_class
from stx_tui.terminal.profile import Options, Profile, detect, named

VARIANTS = ("driver", "mono", "colour")


def profile_of(variant: str, bps: int | None) -> Profile | None:
    """The profile a column of the table is measured with; None is Textual's own driver."""
    if variant == "mono":
        return named("vt100", bps=bps)
    if variant == "colour":
        return named("linux", colours=16, glyphs="utf8", bps=bps)
    if variant == "detect":
        return detect(os.environ, 0, Options(line=bps))
    return None


class Gaps:
    """The longest time the event loop did not come round."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._watching: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Watch from now on: a loop that is looked at all the time costs time of its own."""
        if self._watching is None:
            self._watching = asyncio.get_running_loop().create_task(self.watch())

    async def watch(self) -> None:
        last = time.monotonic()
        while True:
            await asyncio.sleep(0.01)
            now = time.monotonic()
            self.longest = max(self.longest, now - last - 0.01)
            last = now


def answer(app: Any, gaps: Gaps, word: str, hooks: dict[str, Any]) -> object:
    """What the bench asked for over the control pipe."""
    if word == "cpu":
        return time.process_time()
    if word == "gap":
        gaps.start()
        longest, gaps.longest = gaps.longest, 0.0
        return longest
    if word == "status":
        driver = app._driver
        return driver.status() if hasattr(driver, "status") else ""
    hooks[word](app)
    return None


def listen(app: Any, gaps: Gaps, hooks: dict[str, Any], ask_fd: int, answer_fd: int) -> None:
    """Serves the control pipe from a thread, on the app's loop."""
    with os.fdopen(ask_fd) as asked:
        for line in asked:
            said = app.call_from_thread(answer, app, gaps, line.strip(), hooks)
            os.write(answer_fd, (json.dumps(said) + "\n").encode())


def main() -> None:
    module_name, variant, bps, ask_fd, answer_fd = sys.argv[1:]
    module = importlib.import_module(module_name)
    profile = profile_of(variant, int(bps) or None)
    how = {} if profile is None else {"driver_class": driver_class(profile)}
    app = module.make(profile, **how)
    gaps = Gaps()

    async def ready() -> None:
        arguments = (app, gaps, getattr(module, "HOOKS", {}), int(ask_fd), int(answer_fd))
        threading.Thread(target=listen, args=arguments, daemon=True).start()

    app.call_later(ready)
    app.run()


if __name__ == "__main__":
    main()
