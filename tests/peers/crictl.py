"""``crictl``, which asks a machine's runtime as the kubelet does: built by Go, once, into a cache.

Debian has none; StarlingX's machines have it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from pathlib import Path

from tests.peers.kubernetes import FLAGS, _go

VERSION = "1.34.0"
MISSING = [name for name in ("go",) if shutil.which(name) is None]


def built() -> Path:
    """Return the folder of the program, built where it is not yet (a minute)."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "stx-tui-peers"
    room = cache / f"crictl-{VERSION}"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "crictl.lock").open("w") as lock:
        # Two runs at once must not build into each other.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (room / "crictl").exists():
            work = room / "build"
            shutil.rmtree(work, ignore_errors=True)
            work.mkdir(parents=True)
            (work / "go.mod").write_text(
                f"module peers\n\ngo 1.24.0\n\nrequire sigs.k8s.io/cri-tools v{VERSION}\n"
            )
            # Named only when it is whole.
            made = work / "crictl"
            words = ["build", *FLAGS, "-ldflags", "-s -w", "-o", str(made)]
            _go(work, [*words, "sigs.k8s.io/cri-tools/cmd/crictl"])
            made.replace(room / "crictl")
            shutil.rmtree(work)
    return room
