"""The README says what is true: its tables are the code's, its commands exist, it stays short."""

from __future__ import annotations

import re

import pytest

from stx_tui.cli import words_of
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
