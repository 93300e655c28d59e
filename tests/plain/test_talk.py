"""A terminal that was left alone: what is typed then is no answer, whatever was asked last."""

from __future__ import annotations

import asyncio
import io
import os
from typing import Any, Callable

from backend.known import Known
from backend.place import Place
from backend.secret import Password, Secret
from backend.settings import Auth, CloudSettings
from stx_tui.alone import Alone
from stx_tui.plain.keyboard import Keyboard
from stx_tui.plain.paper import Paper
from stx_tui.plain.talk import Talk
from stx_tui.rooms import Rooms
from tests.backend.things import Clock

SETTINGS = CloudSettings(
    name="c",
    auth=Auth(auth_url="http://127.0.0.1:1/v3", password=Password(given=Secret(text="pw"))),
    lock_after_s=60,
)


async def until(claim: Callable[[], Any]) -> None:
    ends = asyncio.get_running_loop().time() + 10
    while not claim():
        assert asyncio.get_running_loop().time() < ends, "it never came true"
        await asyncio.sleep(0.01)


async def test_a_yes_typed_after_nobody_was_there_for_long_confirms_nothing() -> None:
    reading, writing = os.pipe()
    clock, out = Clock(), io.StringIO()
    with os.fdopen(reading, "rb") as stream, os.fdopen(writing, "wb", buffering=0) as hand:
        known = Known(cloud="c", now_ms=0, place=Place())
        talk = Talk(Paper(out, 80), Keyboard(stream), Rooms(areas=()), known, clock)
        talk._alone = Alone(SETTINGS, clock)
        asked = asyncio.ensure_future(talk.confirm("answer the next line with exactly: yes"))
        await until(lambda: "confirm>" in out.getvalue())
        clock.ms += 61_000
        hand.write(b"yes\n")
        await until(lambda: "LOCKED" in out.getvalue() or asked.done())
        hand.write(b"pw\n")
        assert await asyncio.wait_for(asked, 10) == ""
        # Somebody is there again: what is asked now is answered as ever.
        asked = asyncio.ensure_future(talk.confirm("answer the next line with exactly: yes"))
        await until(lambda: out.getvalue().count("confirm>") == 2)
        hand.write(b"yes\n")
        assert await asyncio.wait_for(asked, 10) == "yes"
