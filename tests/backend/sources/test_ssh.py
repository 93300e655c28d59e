"""Programs of other machines, by a real sshd on loopback whose addresses pose as hosts."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from typing import AsyncIterator, Iterator, Sequence

import pytest

from backend.errors import Absent, StxError, Unauthorized, Unreachable, Untrusted
from backend.secret import Password
from backend.sources import local
from backend.sources.local import Printed
from backend.sources.ssh import SshHosts
from backend.sources.tls import Pins
from backend.ssh_settings import Ssh
from tests.backend.sources.sshd import IS_ROOT, PASSWORD, PROGRAM, Sshd, serving
from tests.backend.sources.test_local import until_gone

pytestmark = [
    pytest.mark.peer,
    # They make accounts, which one at a time may.
    pytest.mark.xdist_group("accounts"),
    pytest.mark.skipif(PROGRAM is None, reason="no sshd: apt-get install openssh-server"),
]
as_root = pytest.mark.skipif(not IS_ROOT, reason="only root can make accounts")
HOSTS = {"controller-0": "127.0.0.1", "controller-1": "127.0.1.1", "worker-0": "127.0.1.2"}


@pytest.fixture
def sshd() -> Iterator[Sshd]:
    with serving() as sshd:
        yield sshd


class Caller:
    """One console's ssh: what it knows and has accepted."""

    def __init__(self, sshd: Sshd, settings: Ssh) -> None:
        self.pins = Pins(sshd.folder / "pins.json")
        self.hosts = SshHosts(settings, self.pins)

    async def __aenter__(self) -> Caller:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.hosts.close()

    async def run(self, name: str, *argv: str, deadline_s: float = 10.0) -> Printed:
        return await self.hosts.run(argv, name, deadline_s=deadline_s, most_bytes=100_000)


@pytest.fixture
async def caller(sshd: Sshd) -> AsyncIterator[Caller]:
    sshd.trusted(*HOSTS.values())
    async with Caller(sshd, sshd.settings(HOSTS)) as caller:
        yield caller


async def test_a_program_runs_there_and_says_its_exit_code(caller: Caller) -> None:
    printed = await caller.run("controller-1", "sh", "-c", "echo out; echo err >&2; exit 3")
    assert (printed.out, printed.err.strip(), printed.code) == ("out\n", "err", 3)


async def test_arguments_arrive_whole_though_a_shell_is_between(caller: Caller) -> None:
    odd = ("$(id)", "`id`", "a b", "'q'", '"d"', "*", "\\", "new\nline", "")
    printed = await caller.run("worker-0", "printf", "[%s]", *odd)
    assert printed.out == "".join(f"[{word}]" for word in odd)


async def test_a_program_is_given_its_input_there(caller: Caller) -> None:
    printed = await caller.hosts.run(
        ("cat",), "worker-0", deadline_s=10, most_bytes=1000, given=b"secret"
    )
    assert printed.out == "secret"


async def test_a_name_that_ssh_would_take_for_an_option_is_no_host(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    hosts = SshHosts(Ssh(), Pins(tmp_path / "pins.json"))
    name = f"-oProxyCommand=touch {ran}"
    with pytest.raises(Absent, match="no host is called -oProxyCommand"):
        await hosts.run(("true",), name, deadline_s=5.0, most_bytes=100)
    await hosts.close()
    assert not ran.exists()


async def test_what_is_missing_there_is_absent(caller: Caller) -> None:
    with pytest.raises(Absent, match="no-such-program is not on worker-0"):
        await caller.run("worker-0", "no-such-program")


async def test_one_connection_serves_all_that_is_run_there(caller: Caller) -> None:
    await asyncio.gather(*(caller.run("worker-0", "true") for _ in range(12)))
    seen = {(await caller.run("worker-0", "sh", "-c", "echo $SSH_CONNECTION")).out for _ in "ab"}
    assert len(seen) == 1


async def test_a_command_that_hangs_there_is_stopped_there(caller: Caller, sshd: Sshd) -> None:
    pid = sshd.folder / "hangs"
    began = time.monotonic()
    sshd.folder.chmod(0o777)
    with pytest.raises(Unreachable, match="sh did not end within 1 s"):
        await caller.run("worker-0", "sh", "-c", f"echo $$ > {pid}; sleep 60", deadline_s=1.0)
    assert time.monotonic() - began < 6
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text(encoding="utf-8")), 0)


async def test_a_gigabyte_from_there_is_cut(caller: Caller) -> None:
    printed = await caller.run("worker-0", "yes", deadline_s=20)
    assert printed.is_cut
    assert len(printed.out) == 100_000


async def test_a_host_behind_another_is_reached_through_it(sshd: Sshd) -> None:
    sshd.trusted(*HOSTS.values())
    settings = sshd.settings(HOSTS, jump="controller-0")
    async with Caller(sshd, settings) as caller:
        said = await caller.run("worker-0", "sh", "-c", "echo $SSH_CONNECTION")
    came_from, _, came_to, _ = said.out.split()
    assert came_to == "127.0.1.2"
    assert came_from.startswith("127.")
    log = (sshd.folder / "log").read_text(encoding="utf-8")
    assert log.count("Accepted publickey") == 2


# --- host keys ---------------------------------------------------------------------------------


async def test_a_host_nobody_vouches_for_is_shown_once_and_given_nothing(sshd: Sshd) -> None:
    async with Caller(sshd, sshd.settings(HOSTS)) as caller:
        with pytest.raises(Untrusted, match="host key nobody vouches for") as shown:
            await caller.run("worker-0", "true")
        assert shown.value.fingerprint == fingerprint(sshd)
        assert shown.value.pinned is None
        log = (sshd.folder / "log").read_text(encoding="utf-8")
        assert "publickey" not in log
        caller.pins.pin(shown.value.endpoint, shown.value.fingerprint)
        assert (await caller.run("worker-0", "echo", "in")).out == "in\n"
    async with Caller(sshd, sshd.settings(HOSTS)) as next_day:
        assert (await next_day.run("worker-0", "echo", "in")).out == "in\n"


async def test_a_host_key_that_changed_is_refused_and_said(caller: Caller, sshd: Sshd) -> None:
    await caller.run("worker-0", "true")
    await caller.hosts.close()
    sshd.new_host_key()
    sshd.again()
    async with Caller(sshd, sshd.settings(HOSTS)) as later:
        with pytest.raises(Untrusted, match="CHANGED") as refused:
            await later.run("worker-0", "true")
    assert refused.value.fingerprint == fingerprint(sshd)
    assert refused.value.pinned is not None
    assert "known_hosts:3" in refused.value.pinned
    assert "ssh-keygen -R" in refused.value.advice


async def test_hosts_that_are_asked_together_show_each_its_own_key(sshd: Sshd) -> None:
    with serving() as other:
        ways = {"worker-0": sshd.port, "worker-1": other.port}
        config = [f"Host {name}\nHostName 127.0.0.1\nPort {port}\n" for name, port in ways.items()]
        (sshd.home / "config").write_text("".join(config), encoding="utf-8")
        settings = Ssh(user=sshd.user, key=str(sshd.key), folder=str(sshd.home))
        async with Caller(sshd, settings) as caller:
            calls = (caller.run(name, "true") for name in ways)
            shown = await asyncio.gather(*calls, return_exceptions=True)
        found = [one.fingerprint for one in shown if isinstance(one, Untrusted)]
        assert found == [fingerprint(sshd), fingerprint(other)]


async def test_a_pinned_host_key_that_changed_is_refused_and_said(sshd: Sshd) -> None:
    async with Caller(sshd, sshd.settings(HOSTS)) as caller:
        caller.pins.pin(f"ssh 127.0.1.2:{sshd.port}", fingerprint(sshd))
        before = fingerprint(sshd)
        sshd.new_host_key()
        sshd.again()
        with pytest.raises(Untrusted, match="CHANGED") as refused:
            await caller.run("worker-0", "true")
    assert (refused.value.pinned, refused.value.fingerprint) == (before, fingerprint(sshd))


def fingerprint(sshd: Sshd) -> str:
    from backend.sources.hostkeys import fingerprint as of

    return of((sshd.folder / "host_key.pub").read_text(encoding="utf-8").split()[1])


# --- who one is --------------------------------------------------------------------------------


async def test_who_has_no_key_is_told_what_to_give(sshd: Sshd) -> None:
    sshd.trusted(*HOSTS.values())
    settings = Ssh(
        user=sshd.user, port=sshd.port, hosts=HOSTS, key=str(sshd.stranger), folder=str(sshd.home)
    )
    async with Caller(sshd, settings) as caller:
        with pytest.raises(Unauthorized, match="Permission denied") as refused:
            await caller.run("worker-0", "true")
    assert "password_command" in refused.value.advice


@as_root
async def test_a_password_opens_and_stands_nowhere_one_could_read_it(sshd: Sshd) -> None:
    sshd.account("stxtuia")
    sshd.trusted(*HOSTS.values())
    settings = sshd.settings(HOSTS, user="stxtuia", password=PASSWORD)
    async with Caller(sshd, settings) as caller:
        assert (await caller.run("worker-0", "id", "-un")).out == "stxtuia\n"
        assert PASSWORD not in everything_in_proc()


@as_root
async def test_a_wrong_password_is_tried_once_and_again_only_when_somebody_asks(
    sshd: Sshd,
) -> None:
    sshd.account("stxtuia")
    sshd.trusted(*HOSTS.values())
    async with Caller(sshd, sshd.settings(HOSTS, user="stxtuia", password="wrong-one")) as caller:
        for tried in (1, 2):
            for _ in range(3):
                with pytest.raises(Unauthorized, match="Permission denied") as refused:
                    await caller.run("worker-0", "true")
            assert "not tried again before you ask" in refused.value.advice
            log = (sshd.folder / "log").read_text(encoding="utf-8")
            assert log.count("Failed password") == tried
            caller.hosts.retry()


@as_root
@pytest.mark.parametrize("takes_both", [True, False], ids=["both ways", "as an answer alone"])
async def test_a_password_is_tried_by_one_way_where_a_host_has_two(*, takes_both: bool) -> None:
    ways = (
        "KbdInteractiveAuthentication yes",
        f"PasswordAuthentication {'yes' * takes_both or 'no'}",
    )
    with serving(*ways) as sshd:
        sshd.account("stxtuia")
        sshd.trusted(*HOSTS.values())
        for password in ("wrong-one", PASSWORD):
            settings = sshd.settings(HOSTS, user="stxtuia", password=password)
            async with Caller(sshd, settings) as caller:
                if password == PASSWORD:
                    assert (await caller.run("worker-0", "id", "-un")).out == "stxtuia\n"
                    continue
                with pytest.raises(Unauthorized):
                    await caller.run("worker-0", "true")
        log = (sshd.folder / "log").read_text(encoding="utf-8")
    assert log.count("Failed password") + log.count("PAM: Authentication failure") == 1


@as_root
async def test_a_password_that_cannot_be_told_is_said_in_its_own_words(sshd: Sshd) -> None:
    sshd.account("stxtuia")
    sshd.trusted(*HOSTS.values())
    given = sshd.settings(HOSTS, user="stxtuia", password="-")
    untold = Password(command=("sh", "-c", "echo no such entry >&2; exit 1"))
    async with Caller(sshd, replace(given, password=untold)) as caller:
        with pytest.raises(StxError, match="no such entry"):
            await caller.run("worker-0", "true")


@as_root
@pytest.mark.parametrize("password", [PASSWORD, ""], ids=["by password", "by key"])
async def test_an_account_that_must_change_its_password_first_says_so(
    sshd: Sshd, password: str
) -> None:
    sshd.account("stxtuib", must_change=True)
    sshd.trusted(*HOSTS.values())
    settings = sshd.settings(HOSTS, user="stxtuib", password=password)
    async with Caller(sshd, settings) as caller:
        with pytest.raises(Unauthorized, match="must change its password first") as refused:
            await caller.run("worker-0", "true")
    assert "log in once by hand" in refused.value.advice


# --- nobody there ------------------------------------------------------------------------------


async def test_a_host_that_is_away_is_unreachable_and_the_others_are_not(
    caller: Caller, sshd: Sshd
) -> None:
    async def ask(name: str) -> str:
        try:
            return (await caller.run(name, "echo", "up")).out
        except Unreachable as error:
            return str(error)

    names: Sequence[str] = ("controller-0", "127.0.9.9", "worker-0")
    up, away, also_up = await asyncio.gather(*map(ask, names))
    assert (up, also_up) == ("up\n", "up\n")
    assert "Connection refused" in away


async def test_a_connection_that_is_lost_is_made_again(caller: Caller, sshd: Sshd) -> None:
    assert (await caller.run("worker-0", "echo", "up")).out == "up\n"
    for path in caller.hosts._room.glob("c-*"):
        argv = ("ssh", "-O", "exit", "-o", f"ControlPath={path}", "x")
        await local.run(argv, deadline_s=10, most_bytes=1000)
    assert (await caller.run("worker-0", "echo", "up")).out == "up\n"


async def test_names_that_differ_at_their_end_are_hosts_of_their_own(sshd: Sshd) -> None:
    long = "worker-of-the-site-beyond-the-river"
    hosts = {f"{long}-{at}": address for at, address in enumerate(HOSTS.values())}
    hosts.update({"a_b": "127.0.2.1", "a-b": "127.0.2.2"})
    sshd.addresses = (*sshd.addresses, "127.0.2.1", "127.0.2.2")
    sshd.again()
    sshd.trusted(*hosts.values())
    async with Caller(sshd, sshd.settings(hosts)) as caller:
        for name, address in hosts.items():
            said = (await caller.run(name, "sh", "-c", "echo $SSH_CONNECTION")).out
            assert said.split()[2] == address


async def test_what_looks_at_files_there_finds_a_killed_connection_and_asks_no_terminal(
    caller: Caller,
) -> None:
    assert "BatchMode=yes" in await caller.hosts.reached(("true",), "worker-0")
    (path,) = caller.hosts._room.glob("c-*")
    pid = holder(path)
    os.kill(pid, signal.SIGKILL)
    await until_gone(pid)
    assert path.exists()
    await caller.hosts.reached(("true",), "worker-0")
    holder(path)


async def test_one_whose_holder_was_killed_with_its_socket_left_is_made_again(
    caller: Caller,
) -> None:
    assert (await caller.run("worker-0", "echo", "up")).out == "up\n"
    (path,) = caller.hosts._room.glob("c-*")
    os.kill(holder(path), signal.SIGKILL)
    assert path.exists()
    assert (await caller.run("worker-0", "echo", "up")).out == "up\n"


def holder(path: Path) -> int:
    """Return the pid of the ssh that listens at a socket."""
    argv = ("ssh", "-O", "check", "-o", f"ControlPath={path}", "x")
    said = subprocess.run(argv, capture_output=True, text=True, check=True).stderr
    return int(said.rpartition("pid=")[2].rstrip(")\r\n"))


def everything_in_proc() -> str:
    """Return the command lines and environments of all other processes that may be read."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            for name in ("cmdline", "environ"):
                try:
                    found.append((folder / name).read_bytes().decode("utf-8", "replace"))
                except OSError:
                    continue
    return "\n".join(found)
