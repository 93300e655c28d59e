"""The README says what is true: its tables are the code's, its commands exist, it stays short."""

from __future__ import annotations

import argparse
import re

import pytest

from backend.render import OUTPUTS
from backend.settings import COLOURS, GLYPHS
from stx_tui.cli import words_of
from stx_tui.terminal.profile import COLOURS as DEPTHS
from stx_tui.usage import parser
from tests.readme import KINDS, README, kinds, written

TEXT = README.read_text(encoding="utf-8")


def test_the_tables_of_keys_areas_and_kinds_are_those_of_the_code() -> None:
    assert written(TEXT) == TEXT, "python -m tests.readme writes them"
    assert KINDS.read_text(encoding="utf-8") == kinds(), "python -m tests.readme writes it"


@pytest.mark.parametrize("line", re.findall(r"^stx-tui (\w.*?)(?:\s{2,}#.*)?$", TEXT, re.MULTILINE))
def test_each_command_line_of_the_readme_is_taken(line: str) -> None:
    words = re.findall(r"'[^']*'|\S+", line.split("#", maxsplit=1)[0])
    parser().parse_args([word.strip("'") for word in words])


def test_every_command_is_in_the_readme_or_the_help() -> None:
    said = parser().format_help()
    assert all(command in said for command in words_of([]))


def test_the_readme_stays_short() -> None:
    assert len(TEXT.splitlines()) <= 240


def test_what_the_command_line_lets_choose_is_what_the_settings_know() -> None:
    # Written twice, for the settings take longer to load than a completion may.
    said = parser().format_help()
    assert f"{{{','.join(GLYPHS)}}}" in said
    assert f"{{{','.join(COLOURS)}}}" in said
    assert tuple(DEPTHS) == COLOURS
    assert f"{{{','.join(OUTPUTS)}}}" in parser_of("get").format_help()


def parser_of(command: str) -> argparse.ArgumentParser:
    (commands,) = (one for one in parser()._actions if isinstance(one, argparse._SubParsersAction))
    made: argparse.ArgumentParser = commands.choices[command]
    return made
