"""pyghmi's own waiting, made prompt: what the serial console's session is waited for by.

All other sessions are moved by ``ipmi_wire``, and wait for nothing.
"""

from __future__ import annotations

from typing import Any

from pyghmi.ipmi.private import session as pyghmi_session
from pyghmi.ipmi.private.session import Session

from backend.sources.ipmi_wire import TRIES_S

LOOK_S = 0.05
"""How long one that waits for a packet sleeps at most before it looks."""


class Prompt(Session):  # type: ignore[misc]
    """pyghmi's session, which does not sleep over an answer that came before it lay down."""

    def awaitresponse(self, retry: bool, netfn: int, command: int) -> None:
        """Take what came already, and only then wait for more.

        An answer that its other thread received between sending and waiting wakes nobody: without
        this one call in ten takes as long as its time-out, 0.5 to 1 s.
        """
        self.process_pktqueue()
        super().awaitresponse(retry, netfn, command)


_receive = pyghmi_session._io_graball


def _receiving(sockets: Any, waiting: Any) -> Any:
    """Receive what came; a session that goes while a packet of it is looked at ends nothing.

    pyghmi receives for all baseboards on one thread and looks sessions up while others end theirs.
    What it raises there ends that thread, and from then on no baseboard is heard any more. The
    packet is lost, as any may be over UDP, and what waits for it asks again.
    """
    try:
        return _receive(sockets, waiting)
    except LookupError:
        return []


pyghmi_session._io_graball = _receiving
_wait = pyghmi_session._io_wait


def _waiting(timeout: float, *where: Any, **how: Any) -> None:
    """Wait for a packet, and look after a moment whether it was there before.

    What is received between asking and waiting wakes nobody, nor does what another thread handled
    meanwhile: one log-in in ten slept until its own time-out, 0.5 to 1 s.
    """
    _wait(min(timeout, LOOK_S), *where, **how)


pyghmi_session._io_wait = _waiting


def hasten(session: Any) -> None:
    """Let a session answer at once, and be over in 5 s without one: pyghmi tries for 30."""
    session.__class__ = Prompt
    session.logontries = 0
    session.maxtimeout = TRIES_S
