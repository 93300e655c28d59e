"""A real sshd on loopback, whose accounts pose as hosts: each its own address, some their own day.

As root it has accounts of its own; else the one account there is poses as all.
"""

from __future__ import annotations

import getpass
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Tuple

from backend.secret import Password, Secret
from backend.ssh_settings import Ssh

PROGRAM = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
IS_ROOT = os.geteuid() == 0
PASSWORD = "Knobel-7-serial"
# It answers on every address of 127/8: each is a host of its own to ssh.
ADDRESS = "127.0.0.1"


@dataclass
class Sshd:
    """One sshd; ``folder`` holds all it has: keys, configuration, log and what clients know."""

    folder: Path
    port: int = 0
    accounts: List[str] = field(default_factory=list)
    rules: List[Path] = field(default_factory=list)
    process: Optional[subprocess.Popen[bytes]] = None
    more: Tuple[str, ...] = ()
    addresses: Tuple[str, ...] = (ADDRESS, "127.0.1.1", "127.0.1.2")
    # What stands before its own command, as what takes it into a network of its own.
    within: Tuple[str, ...] = ()

    @property
    def key(self) -> Path:
        """The private key that every account takes."""
        return self.folder / "id"

    @property
    def stranger(self) -> Path:
        """A private key that no account takes."""
        return self.folder / "stranger"

    @property
    def home(self) -> Path:
        """What stands where a person's ~/.ssh would."""
        return self.folder / "dot-ssh"

    @property
    def user(self) -> str:
        return self.accounts[0] if self.accounts else getpass.getuser()

    def start(self) -> Sshd:
        self.home.mkdir(parents=True, exist_ok=True)
        keygen(self.key)
        keygen(self.stranger)
        self.new_host_key()
        (self.folder / "authorized").write_bytes(self.key.with_suffix(".pub").read_bytes())
        self.folder.chmod(0o755)
        self.port = self.port or free_port()
        self.again()
        return self

    def new_host_key(self) -> None:
        for path in self.folder.glob("host_key*"):
            path.unlink()
        keygen(self.folder / "host_key")

    def again(self, *at_end: str) -> None:
        """Let it start anew, with the host key there is now; ``at_end``: what is for some alone."""
        self.stop()
        if IS_ROOT:
            Path("/run/sshd").mkdir(exist_ok=True)
        config = self.folder / "sshd_config"
        lines = [
            # sshd takes the first that is said of anything.
            *self.more,
            f"Port {self.port}",
            *(f"ListenAddress {address}" for address in self.addresses),
            f"HostKey {self.folder}/host_key",
            f"AuthorizedKeysFile {self.folder}/authorized",
            "StrictModes no",
            f"UsePAM {'yes' if IS_ROOT else 'no'}",
            f"PidFile {self.folder}/pid",
            "MaxStartups 500",
            "MaxSessions 20",
            "KbdInteractiveAuthentication no",
            *at_end,
        ]
        config.write_text("\n".join(lines) + "\n", encoding="utf-8")
        log = (self.folder / "log").open("ab")
        assert PROGRAM is not None
        self.process = subprocess.Popen(
            [*self.within, PROGRAM, "-D", "-e", "-f", str(config)],
            stdin=subprocess.DEVNULL,
            stderr=log,
        )
        log.close()
        until_answers(self.addresses[0], self.port)

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=10)
            self.process = None

    def cut(self) -> None:
        """Kill what serves the connections there are, as a network that went does; it listens on.

        Sessions are told before those who hold them: those would end them in good order.
        """
        assert self.process is not None
        tree = [self.process.pid]
        for pid in tree:
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8")
            tree += map(int, children.split())
        for pid in tree[1:]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    # --- its accounts --------------------------------------------------------------------------

    def account(self, name: str, *, must_change: bool = False) -> str:
        """Make an account of that name (root only), with PASSWORD."""
        subprocess.run(["userdel", "-f", "-r", name], check=False, capture_output=True)
        subprocess.run(["useradd", "-m", "-s", "/bin/sh", name], check=True, capture_output=True)
        line = f"{name}:{PASSWORD}\n".encode()
        subprocess.run(["chpasswd"], input=line, check=True, capture_output=True)
        if must_change:
            subprocess.run(["chage", "-d", "0", name], check=True)
        self.accounts.append(name)
        return name

    def may_sudo(self, name: str, rule: str) -> None:
        """Let an account do what ``rule`` says by sudo (root only)."""
        path = Path(f"/etc/sudoers.d/{name}")
        self.rules.append(path)
        path.touch(mode=0o440)
        path.write_text(f"Defaults:{name} lecture=never\n{name} {rule}\n", encoding="utf-8")

    def remove_accounts(self) -> None:
        for path in self.rules:
            path.unlink(missing_ok=True)
        for name in self.accounts:
            subprocess.run(["userdel", "-f", "-r", name], check=False, capture_output=True)

    # --- who calls it --------------------------------------------------------------------------

    def trusted(self, *addresses: str) -> None:
        """Write its key into the caller's known_hosts."""
        kind, blob, *_ = (self.folder / "host_key.pub").read_text(encoding="utf-8").split()
        lines = [f"[{address}]:{self.port} {kind} {blob}\n" for address in addresses]
        (self.home / "known_hosts").write_text("".join(lines), encoding="utf-8")

    def settings(
        self,
        hosts: Dict[str, str],
        *,
        user: str = "",
        password: str = "",
        jump: str = "",
        sudo: bool = False,
    ) -> Ssh:
        """Return settings that reach ``hosts`` by key, or by a password alone."""
        return Ssh(
            user=user or self.user,
            port=self.port,
            hosts=hosts,
            password=Password(given=Secret(text=password)) if password else Password(),
            key=str(self.stranger if password else self.key),
            jump=jump,
            folder=str(self.home),
            sudo=sudo,
        )


@contextmanager
def serving(*more: str) -> Iterator[Sshd]:
    """Yield a running sshd; ``more`` are lines of its configuration."""
    # Not pytest's own folder: the accounts must be able to go there.
    folder = Path(tempfile.mkdtemp(prefix="stx-sshd-"))
    folder.chmod(0o755)
    sshd = Sshd(folder=folder, more=more).start()
    try:
        yield sshd
    finally:
        sshd.stop()
        sshd.remove_accounts()
        shutil.rmtree(folder, ignore_errors=True)


def keygen(path: Path) -> None:
    argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)]
    subprocess.run(argv, check=True, stdin=subprocess.DEVNULL)


def free_port() -> int:
    """Return a port nobody has, below those that clients are given.

    Of chance that no seed repeats: tests run beside each other, and would all take the same.
    """
    for port in random.SystemRandom().sample(range(20_000, 32_000), 200):
        with socket.socket() as trial:
            try:
                trial.bind(("", port))
            except OSError:
                continue
            return port
    raise AssertionError("no port is free")


def until_answers(address: str, port: int) -> None:
    ends = time.monotonic() + 10
    while time.monotonic() < ends:
        with socket.socket() as trial:
            if trial.connect_ex((address, port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError("sshd does not answer")
