"""Peers from PyPI: each in a virtual environment of its own, built once and kept."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path
from typing import Sequence


def built(name: str, packages: Sequence[str]) -> Path:
    """Return the folder of programs of an environment with ``packages``, built where absent."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "stx-tui-peers"
    room = cache / name
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / f"{name}.lock").open("w") as lock:
        # Two runs at once must not build into each other.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (room / "ready").exists():
            subprocess.run([sys.executable, "-m", "venv", "--clear", str(room)], check=True)
            install = [str(room / "bin" / "pip"), "install", "--quiet", *packages]
            subprocess.run(install, check=True)
            (room / "ready").touch()
    return room / "bin"
