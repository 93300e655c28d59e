"""Where things of a person's own are kept: the record, the pins."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Mapping, Optional

from backend.home import at_home

if TYPE_CHECKING:
    from backend.settings import CloudSettings


def state_folder(env: Mapping[str, str] = os.environ) -> Path:
    """Return where the record and the pins are kept: the XDG state folder."""
    home = env.get("HOME", "/")
    return Path(env.get("XDG_STATE_HOME") or f"{home}/.local/state") / "stx-tui"


def store_url(settings: Optional[CloudSettings], given: str = "") -> str:
    """Return where the record is: as asked, as set, or in the state folder."""
    return given or (settings.store if settings else "") or str(state_folder() / "record.db")


def record_file(url: str) -> Optional[Path]:
    """Return the file of the record, None where it is a shared database and none of this machine.

    ``url`` is as ``store_url`` has it: a path, perhaps with ``~``, or an SQLAlchemy URL.
    """
    path = url.replace("sqlite:///", "", 1) if url.startswith("sqlite:///") else url
    return None if "://" in path else at_home(path)


def seen_file(url: str) -> Path:
    """Return the file a first look is at: the record, or our own copy of one that is shared.

    The copy has what this account wrote here; the name says nothing of the URL, which may hold a
    password.
    """
    name = hashlib.sha256(url.encode()).hexdigest()[:16]
    return record_file(url) or state_folder() / f"shared-{name}.db"


def cve_file() -> Path:
    """Return where what was imported of known vulnerabilities is kept."""
    return state_folder() / "cves.db"
