"""The walls of the house, held at run time and in the text of the code."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import Iterator, List, Mapping, Optional, Set, Tuple

import pytest

from tests.bench.process import environment, pretend_cloud

ROOT = Path(__file__).parent.parent


def imported_by(statement: str, env: Optional[Mapping[str, str]] = None) -> Set[str]:
    """Return the names of all modules that a fresh interpreter holds after ``statement``."""
    code = f"{statement}\nimport sys; print(' '.join(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True, check=True
    )
    # Its last line, below what the statement itself may print.
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize(
    "statement",
    [
        "from backend.kinds import every_kind; every_kind()",
        *(f"import backend.{name}" for name in ("watch", "act", "follow", "store.glance")),
    ],
)
def test_the_vocabulary_loads_no_heavy_library(statement: str) -> None:
    heavy = {"textual", "rich", "httpx", "sqlmodel", "sqlalchemy", "kubernetes", "pyghmi"}
    assert not heavy & imported_by(statement)


def test_get_loads_only_what_it_needs(tmp_path: Path) -> None:
    with pretend_cloud() as openrc:
        statement = "from stx_tui.cli import run; assert run(['get', 'hosts', '-o', 'json']) == 0"
        loaded = imported_by(statement, environment(tmp_path, openrc))
    assert "httpx" in loaded
    # Not rich: httpx itself loads it where click happens to be installed.
    heavy = {"textual", "sqlmodel", "sqlalchemy", "kubernetes", "pyghmi"}
    assert not heavy & loaded


def sources(room: str) -> Iterator[Tuple[Path, ast.Module]]:
    for path in sorted((ROOT / room).rglob("*.py")):
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def test_only_the_door_sends() -> None:
    senders: List[str] = []
    for path, tree in sources("backend"):
        for node in ast.walk(tree):
            is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            if is_call and node.func.attr == "send" and "simulator" not in path.parts:
                senders.append(path.relative_to(ROOT).as_posix())
    # The door calls the cloud; the cloud calls its source; a source calls what it is made of.
    outside = {path for path in senders if not path.startswith("backend/sources/")}
    assert outside <= {"backend/act.py", "backend/cloud.py"}


def test_nothing_swallows_an_error() -> None:
    for room in ("backend", "stx_tui"):
        for path, tree in sources(room):
            for node in ast.walk(tree):
                if isinstance(node, ast.ExceptHandler):
                    is_pass = all(isinstance(line, ast.Pass) for line in node.body)
                    assert not is_pass, f"{path}:{node.lineno} swallows"


def test_files_and_functions_keep_their_budget() -> None:
    for room in ("backend", "stx_tui"):
        for path, tree in sources(room):
            lines = len(path.read_text(encoding="utf-8").splitlines())
            assert lines <= 420, f"{path} has {lines} lines"
            for node in ast.walk(tree):
                if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    length = (node.end_lineno or node.lineno) - node.lineno + 1
                    assert length <= 62, f"{path}:{node.lineno} {node.name} has {length} lines"


def test_every_module_opens_with_its_caption() -> None:
    for room in ("backend", "stx_tui"):
        for path, tree in sources(room):
            assert ast.get_docstring(tree), f"{path} has no caption"
