"""What one command of Ceph said, whichever way it was asked, and what an errno of it means."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass, field
from typing import Optional, Tuple

from backend.ceph import CephCommand
from backend.errors import Forbidden, NotFound, Rejected, StxError, Unreachable

SOURCE = "ceph"
ASK_FIRST = "see that a monitor runs: ceph -s"


@dataclass(frozen=True)
class Said:
    """What one command said: its errno (0: well), words, and the JSON as it came."""

    code: int
    words: str = ""
    out: bytes = field(default=b"", repr=False)


def refusal(command: CephCommand, said: Said, codes: Tuple[int, ...]) -> Optional[StxError]:
    """Return what an errno means that is no answer; ``codes`` are answers."""
    if not said.code or said.code in codes:
        return None
    words = " ".join(said.words.split()) or os.strerror(said.code)
    asked = f"{command.prefix}: {words}"
    if said.code in (errno.EPERM, errno.EACCES):
        return Forbidden(SOURCE, said.code, asked, "its keyring must allow it: ceph auth ls")
    if said.code in (errno.ETIMEDOUT, errno.ENOTCONN, errno.EINTR):
        return Unreachable(SOURCE, f"no quorum, or no manager, answered {asked}", ASK_FIRST)
    if said.code == errno.ENOENT:
        return NotFound(SOURCE, said.code, asked)
    return Rejected(SOURCE, said.code, asked)
