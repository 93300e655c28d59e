"""k9s, built by Go from its module: once, into a cache of its own; only the bench asks for it.

``python -m tests.peers.k9s`` builds it, and says where it is.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.peers.kubernetes import FLAGS, cache_of, go, locked

K9S = "0.50.16"
MODULE = "github.com/derailed/k9s"


def built() -> Path:
    """Return the program, built where it is not yet (five minutes)."""
    program = cache_of() / f"k9s-{K9S}" / "k9s"
    with locked("k9s"):
        if not program.exists():
            _build(program)
    return program


def _build(program: Path) -> None:
    work = program.parent / "build"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    (work / "go.mod").write_text(f"module peers\n\ngo 1.24.4\n\nrequire {MODULE} v{K9S}\n")
    says = f"-s -w -X {MODULE}/cmd.version=v{K9S}"
    go(work, ["build", *FLAGS, "-ldflags", says, "-o", str(work / "k9s"), MODULE])
    # Whole or not at all: a build that was broken off leaves no program.
    (work / "k9s").rename(program)
    shutil.rmtree(work)


if __name__ == "__main__":
    print(built())
