"""Acts whose form is a text, in lines: the file that is named."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, List

from backend.kinds.kube_create import CREATE
from backend.kinds.kube_discovered import API_RESOURCES
from stx_tui.plain.texts import ask_text


async def test_the_keyboard_itself_is_no_file_to_be_read_to_its_end() -> None:
    said: List[str] = []

    async def ask(_prompt: str) -> str:
        return "-"

    def say(text: str, **_how: Any) -> None:
        said.append(text)

    talk: Any = SimpleNamespace(ask=ask, paper=SimpleNamespace(say=say))
    station: Any = None
    assert await ask_text(talk, station, API_RESOURCES, CREATE, None) is None
    assert said == ["what is typed here is heard line by line: name a file"]
