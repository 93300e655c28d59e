"""The listing through its keys."""

from __future__ import annotations

import pytest

from tests.tui.things import Wire, box, console, screen_text


async def test_first_screen_80x24():
    wire = Wire(
        bodies={
            "/boxes": [
                box(n, state="ill" if n == 2 else "fine", note="cold" if n == 2 else "")
                for n in range(5)
            ]
        }
    )
    app = console(wire)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause(0.3)
        assert screen_text(app)[6].startswith(">   box-0")
