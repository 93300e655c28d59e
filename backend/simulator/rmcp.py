"""RMCP+ as a baseboard speaks it over UDP: who is there, sessions, their integrity and secrecy.

Chapters and tables are those of IPMI 2.0 (revision 1.1). Cipher suites 3 and 17 are spoken.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Callable, Optional

# A command: netfn, command, data → completion code and data.
Reply = tuple[int, bytes]
Commands = Callable[[int, int, bytes], Reply]

IPMI, ASF = bytes.fromhex("0600ff07"), bytes.fromhex("0600ff06")
PING, IANA_ASF = 0x80, bytes.fromhex("000011be")
RMCPP = 0x06
# Payload types (13.27.3).
MESSAGE, OPEN, OPENED, RAKP1, RAKP2, RAKP3, RAKP4 = 0x00, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15
APP = 0x06
AUTH_CAPABILITIES, SET_PRIVILEGE, CLOSE = 0x38, 0x3B, 0x3C
# Status codes (13.24).
OK, NO_SUCH_SESSION, BAD_AUTH, BAD_NAME, BAD_CHECK = 0x00, 0x02, 0x04, 0x0D, 0x0F
ADMINISTRATOR = 4
BLOCK = 16


@dataclass(frozen=True)
class Suite:
    """How a session is kept: its hash, and how much of it stands under each packet."""

    hash: str
    cut: int


# By authentication, integrity and confidentiality algorithm: suites 3 and 17 (22.15.2).
SUITES = {(1, 1, 1): Suite("sha1", 12), (3, 4, 1): Suite("sha256", 16)}


@dataclass
class Session:
    """One technician: his ids and random numbers, and the keys once he is in."""

    id: bytes
    theirs: bytes
    suite: Suite
    algorithms: bytes
    random: bytes = b""
    mine: bytes = b""
    who: bytes = b""
    sik: bytes = b""
    sequence: int = 0

    def sign(self, key: bytes, data: bytes) -> bytes:
        return hmac.new(key, data, self.suite.hash).digest()

    @property
    def k1(self) -> bytes:
        return self.sign(self.sik, b"\x01" * 20)

    @property
    def aes(self) -> bytes:
        return self.sign(self.sik, b"\x02" * 20)[:BLOCK]


class Station:
    """The LAN side of one baseboard: datagrams in, datagrams out; nothing of it touches a socket.

    ``commands`` does what a technician who is logged in asks. The sessions are few, as they are
    on a real one: the oldest ends where one too many is opened.
    """

    MOST = 4

    def __init__(self, user: str, password: str, guid: bytes, commands: Commands) -> None:
        self._user = user.encode()
        self._key = password.encode().ljust(20, b"\0")
        self._guid = guid
        self._commands = commands
        self._sessions: dict[bytes, Session] = {}

    def answer(self, packet: bytes) -> Optional[bytes]:
        """Return what is answered to a datagram, None to what nobody understands."""
        if packet[:4] == ASF and packet[4:8] == IANA_ASF and packet[8:9] == bytes([PING]):
            pong = IANA_ASF + bytes(4) + b"\x81" + bytes(7)
            return ASF + IANA_ASF + bytes([0x40, packet[9], 0, len(pong)]) + pong
        if packet[:4] != IPMI or len(packet) < 14:
            return None
        if packet[4] != RMCPP:
            return self._before(packet)
        return self._plus(packet)

    def _before(self, packet: bytes) -> Optional[bytes]:
        """Answer the one question that is asked in the old way, before any session."""
        if packet[4] != 0:
            return None
        message = packet[14:]
        if len(message) < 7 or message[5] != AUTH_CAPABILITIES:
            return None
        channel = 1
        said = bytes([channel, 0x80, 0x04, 0x02, 0, 0, 0, 0])
        body = wrapped(message, OK, said)
        return IPMI + bytes(9) + bytes([len(body)]) + body

    # --- sessions ------------------------------------------------------------------------------

    def _plus(self, packet: bytes) -> Optional[bytes]:
        sort, size = packet[5] & 0x3F, int.from_bytes(packet[14:16], "little")
        payload = packet[16 : 16 + size]
        if sort == OPEN and len(payload) >= 32:
            return _bare(OPENED, self._open(payload))
        if sort == RAKP1 and len(payload) >= 28:
            return _bare(RAKP2, self._rakp1(payload))
        if sort == RAKP3 and len(payload) >= 8:
            return _bare(RAKP4, self._rakp3(payload))
        session = self._sessions.get(packet[6:10])
        if sort != MESSAGE or session is None or not session.sik:
            return None
        message = _opened(session, packet, payload)
        return self._message(session, message) if message is not None else None

    def _open(self, payload: bytes) -> bytes:
        algorithms = (payload[12], payload[20], payload[28])
        suite = SUITES.get(algorithms)
        theirs = payload[4:8]
        if suite is None:
            return bytes([payload[0], BAD_AUTH, 0, 0]) + theirs
        while len(self._sessions) >= self.MOST:
            del self._sessions[next(iter(self._sessions))]
        session = Session(
            id=secrets.token_bytes(4), theirs=theirs, suite=suite, algorithms=payload[8:32]
        )
        self._sessions[session.id] = session
        head = bytes([payload[0], OK, ADMINISTRATOR, 0])
        return head + theirs + session.id + session.algorithms

    def _rakp1(self, payload: bytes) -> bytes:
        session = self._sessions.get(payload[4:8])
        if session is None:
            return bytes([payload[0], NO_SUCH_SESSION, 0, 0]) + bytes(4)
        name = payload[28 : 28 + payload[27]]
        head = bytes([payload[0], OK, 0, 0]) + session.theirs
        if name != self._user:
            return bytes([payload[0], BAD_NAME, 0, 0]) + session.theirs
        session.random, session.mine = payload[8:24], secrets.token_bytes(16)
        session.who = bytes([payload[24], len(name)]) + name
        told = session.theirs + session.id + session.random + session.mine + self._guid
        check = session.sign(self._key, told + session.who)
        return head + session.mine + self._guid + check

    def _rakp3(self, payload: bytes) -> bytes:
        session = self._sessions.get(payload[4:8])
        if session is None or payload[1] != OK:
            self._sessions.pop(payload[4:8], None)
            return bytes([payload[0], NO_SUCH_SESSION, 0, 0]) + bytes(4)
        wanted = session.sign(self._key, session.mine + session.theirs + session.who)
        if not hmac.compare_digest(payload[8:], wanted):
            del self._sessions[session.id]
            return bytes([payload[0], BAD_CHECK, 0, 0]) + session.theirs
        session.sik = session.sign(self._key, session.random + session.mine + session.who)
        check = session.sign(session.sik, session.random + session.id + self._guid)
        return bytes([payload[0], OK, 0, 0]) + session.theirs + check[: session.suite.cut]

    # --- messages ------------------------------------------------------------------------------

    def _message(self, session: Session, message: bytes) -> Optional[bytes]:
        if len(message) < 7:
            return None
        netfn, command, data = message[1] >> 2, message[5], message[6:-1]
        if (netfn, command) == (APP, SET_PRIVILEGE):
            code, said = OK, bytes([(data[0] & 0x0F or ADMINISTRATOR) if data else ADMINISTRATOR])
        elif (netfn, command) == (APP, CLOSE):
            code, said = OK, b""
        else:
            code, said = self._commands(netfn, command, data)
        sealed = _sealed(session, wrapped(message, code, said))
        if (netfn, command) == (APP, CLOSE):
            self._sessions.pop(session.id, None)
        return sealed


def wrapped(message: bytes, code: int, said: bytes) -> bytes:
    """Return the answer to an IPMI message (13.8)."""
    head = bytes([message[3], (message[1] | 0x04) & 0xFF])
    body = bytes([message[0], message[4], message[5], code]) + said
    return head + _sum(head) + body + _sum(body)


def _sum(data: bytes) -> bytes:
    return bytes([-sum(data) & 0xFF])


def _bare(sort: int, payload: bytes) -> bytes:
    return IPMI + bytes([RMCPP, sort]) + bytes(8) + len(payload).to_bytes(2, "little") + payload


def _opened(session: Session, packet: bytes, payload: bytes) -> Optional[bytes]:
    """Return the message of a packet, None where it is not what its sender sent."""
    if packet[5] & 0xC0 != 0xC0:
        return None  # a session of ours is always signed and secret
    signed, check = packet[4 : -session.suite.cut], packet[-session.suite.cut :]
    if not hmac.compare_digest(session.sign(session.k1, signed)[: session.suite.cut], check):
        return None
    if len(payload) < 2 * BLOCK or len(payload) % BLOCK:
        return None
    plain = _aes(session.aes, payload[:BLOCK], payload[BLOCK:], encrypts=False)
    return plain[: len(plain) - plain[-1] - 1]


def _sealed(session: Session, message: bytes) -> bytes:
    session.sequence += 1
    missing = -(len(message) + 1) % BLOCK
    padded = message + bytes(range(1, missing + 1)) + bytes([missing])
    start = secrets.token_bytes(BLOCK)
    payload = start + _aes(session.aes, start, padded, encrypts=True)
    head = bytes([RMCPP, 0xC0 | MESSAGE]) + session.theirs
    head += session.sequence.to_bytes(4, "little") + len(payload).to_bytes(2, "little")
    fill = -(len(head) + len(payload) + 2) % 4
    signed = head + payload + b"\xff" * fill + bytes([fill, 0x07])
    return IPMI + signed + session.sign(session.k1, signed)[: session.suite.cut]


def _aes(key: bytes, start: bytes, data: bytes, *, encrypts: bool) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    cipher = Cipher(algorithms.AES(key), modes.CBC(start))
    turn = cipher.encryptor() if encrypts else cipher.decryptor()
    return turn.update(data) + turn.finalize()


def guid_of(words: str) -> bytes:
    """Return a GUID made of words."""
    return hashlib.sha256(words.encode()).digest()[:16]
