"""``crictl``, which asks a machine's runtime as the kubelet does: built by Go, once, into a cache.

Debian has none; StarlingX's machines have it.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.peers.kubernetes import FLAGS, cache_of, go, locked

VERSION = "1.34.0"
MISSING = [name for name in ("go",) if shutil.which(name) is None]


def built() -> Path:
    """Return the folder of the program, built where it is not yet (a minute)."""
    room = cache_of() / f"crictl-{VERSION}"
    with locked("crictl"):
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
            go(work, [*words, "sigs.k8s.io/cri-tools/cmd/crictl"])
            made.replace(room / "crictl")
            shutil.rmtree(work)
    return room
