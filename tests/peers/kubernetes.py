"""Kubernetes' own control plane, built by Go from its modules: once, into a cache of its own.

``python -m tests.peers.kubernetes`` builds it, and says how long that took.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, List, Sequence

KUBERNETES, KWOK = "1.34.4", "0.8.0"
PROGRAMS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl")
# At once: a run of CI has two cores, and a developer at them something else to do.
PARALLEL = "2"
FLAGS = ("-trimpath", "-p", PARALLEL)


def cache_of() -> Path:
    """Return the folder of what is built once."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "stx-tui-peers"


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Keep others from building that meanwhile: two runs at once must not build into each other."""
    cache_of().mkdir(parents=True, exist_ok=True)
    with (cache_of() / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def built() -> Path:
    """Return the folder of the programs, built where they are not yet (a quarter of an hour)."""
    room = cache_of() / f"kubernetes-{KUBERNETES}-kwok-{KWOK}"
    with locked("kubernetes"):
        if not (room / "ready").exists():
            _build(room)
            (room / "ready").touch()
    return room


def _build(room: Path) -> None:
    work = room / "build"
    shutil.rmtree(work, ignore_errors=True)
    _kubernetes(work / "kubernetes", room)
    _kwok(work / "kwok", room)
    shutil.rmtree(work)


def _kubernetes(work: Path, room: Path) -> None:
    """Build the commands of k8s.io/kubernetes, whose own parts are published as modules beside it.

    Its go.mod points at them within its repository, which a module of ours cannot: each is
    replaced by its published version.
    """
    work.mkdir(parents=True)
    parts = _parts(work)
    replaced = "".join(f"\t{part} => {part} v0{KUBERNETES[1:]}\n" for part in parts)
    (work / "go.mod").write_text(
        f"module peers\n\ngo 1.24.0\n\nrequire k8s.io/kubernetes v{KUBERNETES}\n\n"
        f"replace (\n{replaced})\n"
    )
    major, minor, _ = KUBERNETES.split(".")
    says = {"gitVersion": f"v{KUBERNETES}", "gitMajor": major, "gitMinor": minor}
    version = " ".join(f"-X k8s.io/component-base/version.{key}={says[key]}" for key in says)
    go(
        work,
        ["build", *FLAGS, "-ldflags", f"-s -w {version}", "-o", f"{room}/"]
        + [f"k8s.io/kubernetes/cmd/{program}" for program in PROGRAMS],
    )


def _kwok(work: Path, room: Path) -> None:
    """Build kwok, which plays the nodes."""
    work.mkdir(parents=True)
    (work / "go.mod").write_text(f"module peers\n\ngo 1.26.0\n\nrequire sigs.k8s.io/kwok v{KWOK}\n")
    go(
        work,
        ["build", *FLAGS, "-ldflags", "-s -w", "-o", f"{room}/", "sigs.k8s.io/kwok/cmd/kwok"],
    )


def _parts(work: Path) -> List[str]:
    """Return the modules that k8s.io/kubernetes keeps within its own repository."""
    answer = subprocess.run(
        ["go", "mod", "download", "-json", f"k8s.io/kubernetes@v{KUBERNETES}"],
        cwd=work,
        check=True,
        capture_output=True,
        text=True,
    )
    text = Path(json.loads(answer.stdout)["GoMod"]).read_text(encoding="utf-8")
    return re.findall(r"^\s*(\S+) => \./staging/", text, re.MULTILINE)


def go(work: Path, words: Sequence[str]) -> None:
    """Have Go do something in a folder with a module of ours."""
    if shutil.which("go") is None:
        raise RuntimeError("it is built by Go, and there is none on this machine")
    environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false -mod=mod"}
    subprocess.run(["nice", "go", *words], cwd=work, env=environment, check=True)


if __name__ == "__main__":
    began = time.monotonic()
    print(built())
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = used.ru_utime + used.ru_stime
    print(f"{time.monotonic() - began:.0f} s, {cpu:.0f} s of CPU", file=sys.stderr)
