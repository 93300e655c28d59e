"""One websocket to the API server: whole messages both ways, and whether it is still there."""

from __future__ import annotations

import select
import socket
from contextlib import suppress
from typing import Any, Tuple

import websocket
from websocket import ABNF

# How often a silent line is asked whether it is there, in seconds; kubectl too gives one up that
# answers nothing for a minute: a machine that lost its power says no goodbye.
PING_S, UNANSWERED = 20.0, 2
# The goodbye of a websocket.
NORMAL = 1000
# A socket that another thread closed meanwhile says so with a ValueError.
TROUBLES = (websocket.WebSocketException, OSError, ValueError)
_CONTROL = (ABNF.OPCODE_PING, ABNF.OPCODE_PONG)


class Line:
    """Blocks; one thread may hear while another says. Raises one of ``TROUBLES``."""

    def __init__(self, wire: Any) -> None:
        """``wire`` is a ``websocket.WebSocket`` that stands, with ``PING_S`` as its time limit."""
        self._wire = wire
        self._unanswered = 0

    @property
    def is_saying(self) -> bool:
        """Whether a message is on its way and not all of it was taken yet."""
        return bool(self._wire.lock.locked())

    def frame(self) -> Tuple[int, bytes]:
        """Return what comes next, as its opcode and bytes: a sign of life too."""
        while True:
            try:
                opcode, data = self._wire.recv_data(control_frame=True)
            except websocket.WebSocketTimeoutException:
                self._ask()
                continue
            self._unanswered = 0
            return opcode, bytes(data)

    def hear(self) -> Tuple[int, bytes]:
        """Return the next message, or the far end's goodbye."""
        while True:
            opcode, data = self.frame()
            if opcode not in _CONTROL:
                return opcode, data

    def has_more(self) -> bool:
        """Whether something waits to be heard."""
        far = self._wire.sock
        is_pending = getattr(far, "pending", lambda: 0)() > 0
        return is_pending or bool(select.select([far], [], [], 0)[0])

    def say(self, stream: int, data: bytes) -> None:
        """Send a message of one stream whole, however slowly the far end takes it in.

        What is cut off within one leaves a line on which nothing more can be said.
        """
        frame = ABNF.create_frame(bytes([stream]) + data, ABNF.OPCODE_BINARY)
        left = memoryview(frame.format())
        with self._wire.lock:
            while left:
                if self._wire.sock is None:
                    raise websocket.WebSocketConnectionClosedException("it is closed")
                with suppress(socket.timeout):
                    left = left[self._wire.sock.send(left) :]

    def cut(self, goodbye_s: float = 0.0) -> None:
        """End it from any thread: whoever hears or says wakes up.

        It is said goodbye to first if it takes that within so many seconds.
        """
        if goodbye_s and self._wire.lock.acquire(timeout=goodbye_s):
            try:
                with suppress(*TROUBLES, AttributeError):  # it has no socket once its end was read
                    frame = ABNF.create_frame(NORMAL.to_bytes(2, "big"), ABNF.OPCODE_CLOSE)
                    self._wire.settimeout(goodbye_s)
                    self._wire.sock.send(frame.format())
            finally:
                self._wire.lock.release()
        with suppress(*TROUBLES, TypeError):
            # Below TLS, which would wait for whoever reads.
            socket.socket.shutdown(self._wire.sock, socket.SHUT_RDWR)

    def close(self) -> None:
        """Let it go."""
        with suppress(*TROUBLES):
            self._wire.shutdown()

    def _ask(self) -> None:
        """Ask a silent far end whether it is there; where somebody says something, it is asked."""
        if self.is_saying:
            return
        if self._unanswered >= UNANSWERED:
            words = f"nothing was heard for {PING_S * (UNANSWERED + 1):g} s"
            raise websocket.WebSocketTimeoutException(words)
        self._unanswered += 1
        self._wire.ping()
