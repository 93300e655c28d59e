"""A check on rows of other kinds: what it says where those were not read, or are not of now."""

from __future__ import annotations

from typing import Optional

from backend.errors import NotConfigured
from backend.figure import Jump
from backend.kind import Answer, Asker, Reason
from backend.kinds.host_fresh import why_stale
from backend.known import Known


def untold(known: Known, *kinds: str) -> str:
    """Return which of these kinds do not tell how it is now, and why; "" where all do.

    What is not set up here is absent, not missed.
    """
    readings = [(kind, known.reading(kind)) for kind in kinds]
    asked = [(kind, one) for kind, one in readings if not isinstance(one.error, NotConfigured)]
    return "; ".join(filter(None, (why_stale(kind, one, known) for kind, one in asked)))


def looked_up(
    name: str,
    words: str,
    known: Known,
    *kinds: str,
    asker: Asker = Asker.SERVICE,
    jump: Optional[Jump] = None,
) -> Reason:
    """Return a check on rows of ``kinds``: it passes only where all of them tell of now.

    Where one was never read nobody can tell, whatever ``words`` were made of the others. What old
    rows say against it stands: it is to be looked at before anything is sent.
    """
    missing = [kind for kind in kinds if not known.has(kind)]
    why = f"{', '.join(missing)} not read" if missing else ""
    why = why or ("" if words else untold(known, *kinds))
    if why:
        return Reason(check=name, answer=Answer.CANT_TELL, words=why, asker=Asker.OURS)
    answer = Answer.NO if words else Answer.PASSES
    return Reason(check=name, answer=answer, words=words, asker=asker, jump=jump)
