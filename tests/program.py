"""``stx-tui`` as a process of its own, in a home of its own, as a person or a script runs it."""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Mapping

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Ran:
    """How a run ended: exit code, and what it printed as text and as bytes."""

    code: int
    out: str
    err: str
    raw: bytes

    @property
    def said(self) -> str:
        return self.out + self.err


def environment(home: Path, env: Mapping[str, str] = {}) -> Dict[str, str]:
    """Return an environment in which nothing of this machine's own settings is found."""
    kept = {key: os.environ[key] for key in ("PATH", "LANG") if key in os.environ}
    return {**kept, "HOME": str(home), "PYTHONPATH": str(ROOT), "TERM": "vt100", **env}


def command(*argv: str) -> List[str]:
    return [sys.executable, "-m", "stx_tui", *argv]


async def start(home: Path, *argv: str, env: Mapping[str, str] = {}) -> asyncio.subprocess.Process:
    """Start a run and return it."""
    return await asyncio.create_subprocess_exec(
        *command(*argv),
        cwd=home,
        env=environment(home, env),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def run(home: Path, *argv: str, env: Mapping[str, str] = {}, within_s: float = 180.0) -> Ran:
    """Run to the end."""
    process = await start(home, *argv, env=env)
    try:
        out, err = await asyncio.wait_for(process.communicate(), within_s)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode is not None
    text = out.decode("utf-8", "replace"), err.decode("utf-8", "replace")
    return Ran(process.returncode, *text, out + err)
