"""Programs of other machines, by the ``ssh`` program.

The program, and no library: it is on every Debian and every StarlingX host, so that nothing is to
be installed offline; the person's own agent, keys, ``config``, jumps and ``known_hosts`` hold as
they do at the prompt; and the ciphers of fifty hosts run in processes of their own, not on our
event loop. One connection a host is opened and shared by all that is run there (``ControlMaster``);
it ends by itself a minute after the last.
"""

from __future__ import annotations

import asyncio
import hashlib
import shlex
import shutil
import tempfile
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import AsyncIterator, Dict, List, Mapping, Optional, Sequence, Tuple

from backend.errors import Absent, StxError, Unauthorized, Unreachable
from backend.sources import local, ssh_mux
from backend.sources.hostkeys import HostKeys, is_changed, is_unknown
from backend.sources.local import Printed
from backend.sources.ssh_login import CONNECT_S, WAY_S, Logins, change_first, must_change, said
from backend.sources.sudo import Root, Sudo
from backend.sources.tls import Pins
from backend.ssh_settings import Ssh

# Programs at once over one connection: sshd takes ten sessions (MaxSessions).
SESSIONS = 8
# How long an ssh may take to leave when it is told to, in seconds; else it goes by itself.
LEAVES_S = 3.0
_FAILED, _MISSING, _STOPPED = 255, 127, (124, 137)


@dataclass(frozen=True)
class Far:
    """A host as ssh is to be told of it; ``name`` is what people call it."""

    name: str
    address: str
    port: Optional[int] = None
    user: str = ""

    @property
    def endpoint(self) -> str:
        """How its accepted key is named among the pins."""
        return f"ssh {self.address}:{self.port or 22}"

    @property
    def target(self) -> str:
        """What is written after the options."""
        return f"{self.user}@{self.address}" if self.user else self.address


class SshHosts:
    """All hosts behind SSH; nothing is opened before a program is to run there."""

    def __init__(self, settings: Ssh, pins: Pins) -> None:
        """``pins`` are the host keys somebody accepted."""
        folder = Path(settings.folder) if settings.folder else None
        self._settings = settings
        self._folder = folder
        # Short: the path of a socket takes 108 bytes at most, and ssh adds 40 of its own.
        self._room = Path(tempfile.mkdtemp(prefix="stx-"))
        self._keys = HostKeys(pins, self._room, folder)
        self.logins = Logins(self._room, settings.password)
        self._sudo = Sudo(settings.password, self.logins.trials)
        self._opening: Dict[str, asyncio.Lock] = {}
        # Whose password was refused: it is not tried again before somebody asks for it.
        self._refused: Dict[str, Unauthorized] = {}
        self._sessions: Dict[str, asyncio.Semaphore] = {}
        self._next: Optional[asyncio.Lock] = None

    async def run(
        self,
        argv: Sequence[str],
        name: str,
        *,
        deadline_s: float,
        most_bytes: int,
        given: bytes = b"",
    ) -> Printed:
        """Run a program there; the errors are those of ``local.run``, and of the way there.

        Raises ``Untrusted`` for a host key that is new or changed, ``Unauthorized`` where no key
        or password is taken or the password must be changed first, else ``Unreachable``.
        """
        far = self._far(name)
        async with self._session(far):
            root = await self._root(far)
            given = root.given + given
            words = _words(argv, root, deadline_s)
            printed = await self._over(far, words, deadline_s, most_bytes, given)
        return _answer(far, argv, printed, deadline_s)

    async def _over(
        self, far: Far, words: str, deadline_s: float, most_bytes: int, given: bytes
    ) -> Printed:
        """Run what the far shell is given, over the connection that all share."""
        await self._open(far)
        await self._turn()
        try:
            return await self._asked_over(far, words, deadline_s, most_bytes, given)
        except ssh_mux.Gone:
            # Whoever held it ended, perhaps with its socket left behind: nothing was asked.
            self._socket(far).unlink(missing_ok=True)
            await self._open(far)
            return await self._asked_over(far, words, deadline_s, most_bytes, given)

    async def _asked_over(
        self, far: Far, words: str, deadline_s: float, most_bytes: int, given: bytes
    ) -> Printed:
        return await ssh_mux.run(
            self._socket(far),
            words,
            name=far.name,
            deadline_s=deadline_s + WAY_S,
            most_bytes=most_bytes,
            given=given,
        )

    async def reached(self, argv: Sequence[str], name: str) -> Tuple[str, ...]:
        """Return the argv that runs a program there from here, the connection being open.

        Nothing ends it there, and nothing is given to it: where root takes a password it runs as
        whom one logs in to.
        """
        far = self._far(name)
        root = await self._root(far)
        if not ssh_mux.is_held(self._socket(far)):
            self._socket(far).unlink(missing_ok=True)
        await self._open(far)
        words = _words(argv, root if not root.given else Root(), 0.0)
        # Where the connection goes meanwhile it asks nobody: the terminal is the console's.
        way = ("-T", "-o", "ControlMaster=no", "-o", "BatchMode=yes")
        return (*self._ssh(far), *way, far.target, words)

    async def line(self, name: str, *words: str) -> Tuple[Tuple[str, ...], Mapping[str, str]]:
        """Return argv and environment of a line to a terminal there; ``words`` run on it.

        That somebody is let in is known then. It is a connection of its own: over a shared one a
        terminal gets no modes, and many a baseboard carries one session a connection.
        """
        far = self._far(name)
        await self._open(far)
        way = ("-o", "NumberOfPasswordPrompts=1", "-o", "ControlPath=none")
        env = {**local.environment(), "TERM": "vt100", **await self.logins.asked.environment(name)}
        return (*self._base(far), *way, *self._trusted, "-tt", far.target, *words), env

    async def _root(self, far: Far) -> Root:
        if not self._settings.sudo or far.user == "root":
            return Root()

        async def run(argv: Sequence[str], given: bytes) -> Printed:
            return await self._over(far, _words(argv, Root(), CONNECT_S), CONNECT_S, 65536, given)

        return await self._sudo.root(far.name, await self._account(far), run)

    def retry(self) -> None:
        """Let passwords that were refused be tried once more: somebody asked for it."""
        self._refused.clear()
        self._sudo.retry()
        self.logins.trials.retry()

    async def close(self) -> None:
        """Close all connections; one that does not leave in time goes a minute after the last."""
        sockets = [path for path in self._room.glob("c-*") if path.is_socket()]
        try:
            await asyncio.gather(*map(self._leave, sockets))
            await self.logins.close()
        finally:
            shutil.rmtree(self._room, ignore_errors=True)

    async def _leave(self, path: Path) -> None:
        argv = ("ssh", "-O", "exit", "-o", f"ControlPath={path}", "x")
        with suppress(StxError):
            await local.run(argv, deadline_s=LEAVES_S, most_bytes=65536)

    # --- the connection ------------------------------------------------------------------------

    def _far(self, name: str) -> Far:
        given = self._settings
        far = Far(name=name, address=given.hosts.get(name, name), port=given.port, user=given.user)
        if far.target.startswith("-"):
            # ssh would take it for an option, and one of them runs a program here.
            raise Absent(f"no host is called {name}")
        return far

    @asynccontextmanager
    async def _session(self, far: Far) -> AsyncIterator[None]:
        sessions = self._sessions.setdefault(far.name, asyncio.Semaphore(SESSIONS))
        async with sessions:
            yield

    async def _turn(self) -> None:
        """Return when it is one's turn: of fifty hosts called together one goes on a time.

        Between two of them the loop is others', as of a key that was pressed.
        """
        if self._next is None:
            self._next = asyncio.Lock()
        async with self._next:
            await asyncio.sleep(0)

    async def _open(self, far: Far) -> None:
        """Open the connection that all share, unless it is open."""
        async with self._opening.setdefault(far.name, asyncio.Lock()):
            if self._socket(far).exists():
                return
            if far.name in self._refused:
                raise self._refused[far.name]
            await self._connect(far)

    async def _connect(self, far: Far) -> None:
        if self._settings.jump and far.name != self._settings.jump:
            await self._open(self._far(self._settings.jump))
        await self._keys.prepare(far.endpoint)
        await self._turn()
        printed = await self._logged_in(far)
        if printed.code and is_unknown(printed.err):
            # A pin of an earlier day vouches for a key that ssh itself has not seen.
            await self._keys.learn(far, self._probe(far))
            printed = await self._logged_in(far)
        if not printed.code:
            return
        if is_changed(printed.err):
            raise self._keys.changed(far, printed.err)
        raise self._kept(far, self.logins.why_not(far.name, far.target, printed))

    async def _logged_in(self, far: Far) -> Printed:
        account = await self._account(far)
        try:
            return await self.logins.made(far.name, account, self._ssh(far), far.target)
        except Unauthorized as error:
            raise self._kept(far, error) from error

    async def _account(self, far: Far) -> str:
        """Return as whom one logs in, where a password is to be given."""
        if self._settings.password.is_missing:
            return ""
        return await self.logins.account(far.name, far.user, self._base(far), far.target)

    def _kept(self, far: Far, error: StxError) -> StxError:
        """Return the error; a password that was refused is not tried again by itself."""
        if isinstance(error, Unauthorized) and not self._settings.password.is_missing:
            self._refused[far.name] = error
        return error

    # --- its argv ------------------------------------------------------------------------------

    def _socket(self, far: Far) -> Path:
        # Of all of its name: of two hosts behind one socket the one would be told what is the
        # other's, and long names and addresses differ at their end.
        return self._room / f"c-{hashlib.sha256(far.name.encode()).hexdigest()[:16]}"

    def _ssh(self, far: Far) -> Tuple[str, ...]:
        """Return ``ssh`` and what holds for all that is done with that host."""
        return (
            *self._base(far),
            *self._trusted,
            *("-o", f"ControlPath={self._socket(far)}"),
        )

    @property
    def _trusted(self) -> Tuple[str, ...]:
        files = f"UserKnownHostsFile={self._keys.files}"
        return ("-o", "StrictHostKeyChecking=yes", "-o", files)

    def _probe(self, far: Far) -> Tuple[str, ...]:
        """Return what asks a host for its key and offers it nothing: no key and no password."""
        return (
            *self._base(far),
            *("-o", "BatchMode=yes", "-o", "PreferredAuthentications=none"),
            *("-o", "ControlPath=none"),
            far.target,
            "true",
        )

    def _base(self, far: Far) -> Tuple[str, ...]:
        given = self._settings
        words: List[str] = ["ssh"]
        if self._folder is not None:
            config = self._folder / "config"
            words += ["-F", str(config) if config.exists() else "none"]
        words += ["-o", f"ConnectTimeout={CONNECT_S}", "-o", "UpdateHostKeys=no"]
        words += ["-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=3"]
        if far.port:
            words += ["-p", str(far.port)]
        if given.key:
            words += ["-i", given.key, "-o", "IdentitiesOnly=yes"]
        if given.jump and far.name != given.jump:
            jump = self._far(given.jump)
            over = ("ssh", "-S", str(self._socket(jump)), "-W", "[%h]:%p", jump.target)
            words += ["-o", f"ProxyCommand={shlex.join(over)}"]
        return tuple(words)


def _words(argv: Sequence[str], root: Root, deadline_s: float) -> str:
    """Return what the far shell is given; ``deadline_s`` is held there, where nobody else ends it.

    The far sshd gives one text to the account's shell: quoted, it is these words again.
    """
    limit = ("timeout", "-k", "1", f"{deadline_s:g}") if deadline_s else ()
    env = ("env", "LC_ALL=C", "LANGUAGE=", f"PATH={local.PATH}")
    return shlex.join((*env, *root.before, *(env if root.before else ()), *limit, *argv))


def _answer(far: Far, argv: Sequence[str], printed: Printed, deadline_s: float) -> Printed:
    """Return what a far program printed, raising what only its way back says."""
    words_there = said(printed.err)
    if must_change(words_there):
        raise change_first(far.name, far.target)
    if printed.code == _FAILED and not printed.is_cut:
        raise Unreachable(far.name, words_there or "the connection was lost", sent=True)
    if printed.code in _STOPPED and not printed.is_cut:
        words = f"{argv[0]} did not end within {deadline_s:g} s, and was stopped"
        raise Unreachable(far.name, words, sent=True)
    if printed.code == _MISSING and "No such file or directory" in words_there:
        raise Absent(f"{argv[0]} is not on {far.name}")
    return printed
