"""A shell in a container: a websocket to the API server, its two-way bytes as a channel."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import threading
from contextlib import suppress
from typing import Any, Dict, Mapping, Optional, Union
from urllib.parse import urlencode, urlsplit

import websocket
from websocket import ABNF

from backend.channel import Heard, Notice
from backend.errors import Unreachable, Untrusted
from backend.kube import PodExec
from backend.pods import PodAttach
from backend.sources.kube_line import PING_S, TROUBLES, Line
from backend.sources.kubeconfig import SERVICE
from backend.sources.refusals import refusal
from backend.sources.tls import OtherCertificate

# The protocol of Kubernetes: the first byte of a message says which stream it is of.
PROTOCOL = "v4.channel.k8s.io"
STDIN, STDOUT, STDERR, ENDED, RESIZE = 0, 1, 2, 3, 4
# Until it stands, and how long the line may take for a goodbye, in seconds.
OPEN_S, CLOSE_S = 15.0, 0.5
# So many bytes of the far end wait for whoever reads; then it has to wait itself.
MOST_WAITING = 1 << 20


class ExecChannel:
    """One open session; a thread reads it, and what it says waits for whoever reads."""

    def __init__(self, line: Any, *, has_terminal: bool = True) -> None:
        """Without a terminal at the far end its lines end as those of files do."""
        self._line = Line(line)
        self._has_terminal = has_terminal
        self._loop = asyncio.get_running_loop()
        self._heard: asyncio.Queue[Heard] = asyncio.Queue()
        self._waiting, self._read_on = 0, threading.Condition()
        self._size, self._is_sizing, self._sizing = (0, 0), False, threading.Lock()
        # Closed by us; told how the command ended; the end was read.
        self._is_closed = self._is_told = self._is_over = False
        threading.Thread(target=self._listen, name="exec", daemon=True).start()

    async def read(self) -> Heard:
        """Return what came next; ``b""`` once it is over."""
        if self._is_over:
            return b""
        heard = await self._heard.get()
        with self._read_on:
            self._waiting -= _size(heard)
            self._read_on.notify()
        self._is_over = heard == b""
        return heard

    async def write(self, data: bytes) -> None:
        """Send what was typed; raises ``Unreachable`` where the line is down."""
        try:
            await asyncio.to_thread(self._line.say, STDIN, data)
        except TROUBLES as error:
            raise Unreachable(SERVICE, f"the session is over: {error}", sent=True) from error

    def resize(self, columns: int, rows: int) -> None:
        """Tell the far end how large the screen is."""
        with self._sizing:
            self._size, is_sent = (columns, rows), self._is_sizing
            self._is_sizing = True
        if not is_sent:
            # On a thread, and on one alone: a line that takes nothing holds whoever writes.
            self._loop.run_in_executor(None, self._send_size)

    async def close(self) -> None:
        """End it, within ``CLOSE_S`` twice over; a second time does nothing."""
        is_first, self._is_closed = not self._is_closed, True
        # Whoever still reads waits for no thread, and the one that listens for no room.
        self._heard.put_nowait(b"")
        with self._read_on:
            self._read_on.notify()
        if is_first:
            await asyncio.to_thread(self._line.cut, CLOSE_S)

    # --- on threads ----------------------------------------------------------------------------

    def _send_size(self) -> None:
        """Tell the size of this moment, until none came meanwhile; of several only the last."""
        told = (0, 0)
        with suppress(*TROUBLES):
            while True:
                with self._sizing:
                    self._is_sizing = told != self._size
                    if not self._is_sizing:
                        return
                    told = self._size
                said = {"Width": told[0], "Height": told[1]}
                self._line.say(RESIZE, json.dumps(said).encode())

    def _listen(self) -> None:
        try:
            while True:
                opcode, data = self._line.hear()
                if opcode == ABNF.OPCODE_CLOSE:
                    if not (self._is_told or self._is_closed):
                        # A server that stops closes politely, and says nothing of the command.
                        self._tell(Notice("the server closed the line", is_down=True))
                    break
                self._take(data)
        except TROUBLES as error:
            if not self._is_closed:
                self._tell(Notice(f"the line is gone: {error}", is_down=True))
        self._line.close()
        self._tell(b"")

    def _take(self, data: bytes) -> None:
        stream, rest = data[:1], data[1:]
        if stream in (bytes([STDOUT]), bytes([STDERR])) and rest:
            self._tell(rest if self._has_terminal else rest.replace(b"\n", b"\r\n"))
        elif stream == bytes([ENDED]):
            self._is_told = True
            self._tell(Notice(ended(rest), is_down=True))

    def _tell(self, heard: Heard) -> None:
        """Say it to whoever reads; where much waits already, the far end is held up."""
        with self._read_on:
            self._read_on.wait_for(lambda: self._is_closed or self._waiting < MOST_WAITING)
            self._waiting += _size(heard)
        # The loop may be gone where the console is.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._heard.put_nowait, heard)


def _size(heard: Heard) -> int:
    return len(heard) if isinstance(heard, bytes) else 0


def status_of(raw: bytes) -> Dict[str, Any]:
    """Return the status with which the server ends a session, empty where it is none."""
    try:
        said = json.loads(raw)
    except (ValueError, RecursionError):
        said = None
    return said if isinstance(said, dict) else {}


def ended(raw: bytes) -> str:
    """Return in words how a session ended, as the server's status says it."""
    said = status_of(raw)
    if not said:
        return raw.decode("utf-8", "replace")
    if said.get("status") == "Success":
        return "it ended"
    return str(said.get("message") or said.get("reason") or "it ended, without a word why")


def connect(
    url: str, headers: Mapping[str, str], tls: Optional[ssl.SSLContext], server_name: str
) -> Any:
    """Open a websocket; blocking. Raises ``StxError`` in the server's own words."""
    options: Dict[str, Any] = {} if tls is None else {"context": tls}
    if server_name:
        options["server_hostname"] = server_name
    line = websocket.WebSocket(sslopt=options, enable_multithread=True)
    said = [f"{key}: {value}" for key, value in headers.items()]
    try:
        line.connect(  # type: ignore[no-untyped-call]  # it has no types of its own
            url.replace("http", "ws", 1),
            header=said,
            subprotocols=[PROTOCOL],
            timeout=OPEN_S,
            http_no_proxy=["*"],
            suppress_origin=True,
            redirect_limit=0,
        )
    except websocket.WebSocketBadStatusException as error:
        body = error.resp_body or b""
        line.shutdown()  # type: ignore[no-untyped-call]
        raise refusal(SERVICE, error.status_code, body) from error
    except OtherCertificate as error:
        line.shutdown()  # type: ignore[no-untyped-call]
        where = urlsplit(url).netloc
        raise Untrusted(SERVICE, where, error.fingerprint, error.pinned) from error
    except TROUBLES as error:
        line.shutdown()  # type: ignore[no-untyped-call]
        is_late = isinstance(error, (socket.timeout, websocket.WebSocketTimeoutException))
        words = f"no session within {OPEN_S:g} s" if is_late else f"no session: {error}"
        raise Unreachable(SERVICE, words, sent=False) from error
    line.settimeout(PING_S)
    return line


def path_of(session: Union[PodExec, PodAttach]) -> str:
    """Return the path and query of a session."""
    query = [("container", session.container), ("stdout", "true")]
    if isinstance(session, PodAttach):
        # With a terminal both come as one, and the server refuses to tell them apart.
        query += [("tty", "true")] if session.terminal else [("stderr", "true")]
        query += [("stdin", "true")] if session.listens else []
    else:
        query += [("stdin", "true"), ("tty", "true")]
        query += [("command", word) for word in session.argv]
    return f"{session.path}?{urlencode(query)}"
