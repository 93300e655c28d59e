"""Files of another machine by its own programs: without a way between, then by a real sshd."""

from __future__ import annotations

import asyncio
import gzip
from pathlib import Path
from typing import AsyncIterator, Iterator, List, Sequence

import pytest

from backend.errors import Missing, StxError, Unreachable
from backend.logs.files import Unreadable
from backend.logs.find import Bad, Text, find_of
from backend.logs.line import Log
from backend.logs.reader import Reader
from backend.sources.far_files import BLOCK, FRESH_S, Far
from backend.sources.far_streams import open_far, open_there
from backend.sources.ssh import SshHosts
from backend.sources.tls import Pins
from backend.streams import Journal, LogFile
from tests.backend.logs.things import (
    BEGAN_MS,
    MINUTE_MS,
    all_down,
    fill,
    first,
    no_step,
    opened,
    texts,
    written,
)
from tests.backend.sources.sshd import PROGRAM, serving


class Way:
    """A way to a machine that is this one; ``asked`` are the programs that were run there."""

    def __init__(self) -> None:
        self.asked: List[str] = []

    def __call__(self, argv: Sequence[str]) -> Sequence[str]:
        self.asked.append(argv[0])
        return argv


def there(path: Path, way: Way) -> Log:
    return open_far(LogFile(path=str(path), name=path.stem, machine="worker-0"), way, fresh_s=0.0)


def large(tmp_path: Path, count: int = 20_000) -> Path:
    path = tmp_path / "sm.log"
    fill(path, range(BEGAN_MS, BEGAN_MS + count * 100, 100))
    text = path.read_text().replace("info line 15000\n", "err line 15000\n")
    path.write_text(text)
    return path


def test_a_far_log_is_the_same_as_a_near_one(tmp_path: Path) -> None:
    path = large(tmp_path, 8000)
    far, near = there(path, Way()), opened(path)
    assert far.name == "worker-0:sm"
    down = list(far.down(far.first(), None, no_step))
    assert [line.raw for line in down] == [line.raw for line in all_down(near)]
    assert list(far.up(far.last(), None, no_step)) == down[::-1]
    assert far.extent() == near.extent()


def test_only_what_is_looked_at_comes_over(tmp_path: Path) -> None:
    path, way = large(tmp_path, 200_000), Way()
    size = path.stat().st_size
    assert size > 30 * BLOCK
    log = there(path, way)
    landing = log.at(BEGAN_MS + 50_000 * 100)
    line = next(log.down(landing.position, None, no_step))
    assert line.text.endswith("line 50000")
    assert way.asked.count("dd") < 0.7 * size / BLOCK
    before = len(way.asked)
    assert len(first(log.up(log.last(), None, no_step), 200)) == 200
    assert len(way.asked) - before < 5


def test_a_far_machine_searches_for_itself(tmp_path: Path) -> None:
    path, way = large(tmp_path), Way()
    log = there(path, way)
    found = list(log.down(log.first(), Text("line 1999"), no_step))
    assert texts(found) == ["1999", *map(str, range(19990, 20000))]
    assert list(log.up(log.last(), Text("line 1999"), no_step)) == found[::-1]
    assert log.count(Text("LINE"), no_step) == 0
    assert log.count(Text("line 1999"), no_step) == 11
    assert texts(log.down(log.first(), Bad(), no_step)) == ["15000"]
    assert way.asked.count("grep") == 3
    with path.open("a") as more:
        more.write(f"{written(BEGAN_MS + 10**8, 'came line 1999')}\n")
    assert log.count(Text("line 1999"), no_step) == 12
    assert log.count(Text("line 1999"), no_step) == 12
    assert texts(log.up(log.last(), Text("came line"), no_step)) == ["1999"]
    assert log.count(Text("nowhere in it"), no_step) == 0


def test_of_texts_that_are_typed_letter_by_letter_the_hits_of_the_last_are_kept(
    tmp_path: Path,
) -> None:
    path, way = tmp_path / "sm.log", Way()
    fill(path, [BEGAN_MS, BEGAN_MS + 1])
    log, typed = there(path, way), "info line"
    for upto in range(1, len(typed) + 1):
        assert log.count(Text(typed[:upto]), no_step) == 2
    assert way.asked.count("grep") == len(typed)
    log.count(Text(typed), no_step)
    assert way.asked.count("grep") == len(typed)
    log.count(Text(typed[:1]), no_step)
    assert way.asked.count("grep") == len(typed) + 1


def test_a_far_log_that_rotates_goes_on_and_its_packed_parts_are_read(tmp_path: Path) -> None:
    path = tmp_path / "sm.log"
    packed = f"{written(BEGAN_MS - MINUTE_MS, 'old 7')}\n".encode()
    (tmp_path / "sm.log.2.gz").write_bytes(gzip.compress(packed))
    fill(path, [BEGAN_MS, BEGAN_MS + 1])
    log = there(path, Way())
    end = log.last()
    path.rename(tmp_path / "sm.log.1")
    path.write_text(f"{written(BEGAN_MS + 2, 'new 2')}\n")
    assert log.news() == ("worker-0:sm rotated: it goes on in a new file",)
    assert texts(log.down(end, None, no_step)) == ["2"]
    assert texts(log.up(log.last(), None, no_step)) == ["2", "1", "0", "7"]


def test_what_is_not_there_or_shut_is_said_with_the_machine() -> None:
    with pytest.raises(Missing, match=r"there is no /no/such.log on worker-0"):
        there(Path("/no/such.log"), Way())
    far = Far("worker-0", lambda argv: ["sh", "-c", "echo 'x: Permission denied' >&2; exit 1"])
    with pytest.raises(Unreadable, match="no permission") as error:
        far.open("/var/log/auth.log")
    assert "worker-0" in error.value.advice
    cut = Far("worker-0", lambda argv: ["sh", "-c", "exit 255"])
    with pytest.raises(Unreachable):
        cut.facts("/var/log/sm.log")


# --- by a real sshd ----------------------------------------------------------------------------

HOSTS = {"controller-0": "127.0.0.1", "worker-0": "127.0.1.2"}
by_ssh = pytest.mark.skipif(PROGRAM is None, reason="no sshd: apt-get install openssh-server")


@pytest.fixture
def folder() -> Iterator[Path]:
    import shutil
    import tempfile

    made = Path(tempfile.mkdtemp(prefix="stx-far-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture
async def hosts() -> AsyncIterator[SshHosts]:
    with serving() as sshd:
        sshd.trusted(*HOSTS.values())
        hosts = SshHosts(sshd.settings(HOSTS), Pins(sshd.folder / "pins.json"))
        yield hosts
        await hosts.close()


@pytest.mark.peer
@by_ssh
async def test_logs_of_two_hosts_are_merged_searched_and_followed_by_ssh(
    folder: Path, hosts: SshHosts
) -> None:
    sm, kern = folder / "sm's log.log", folder / "kern.log"
    fill(sm, range(BEGAN_MS, BEGAN_MS + 1000 * 1000, 1000))
    fill(kern, [BEGAN_MS + 500_500], "controller-0 kernel: err it broke {at}")
    reader = Reader(
        [
            await open_there(LogFile(path=str(sm), name="sm", machine="controller-0"), hosts),
            await open_there(LogFile(path=str(kern), name="kern", machine="worker-0"), hosts),
        ]
    )
    index = await reader.to_time(BEGAN_MS + 500_000, 10)
    assert index is not None
    assert [line.log for line in reader.view.lines[index : index + 3]] == [
        "controller-0:sm",
        "worker-0:kern",
        "controller-0:sm",
    ]
    await reader.to_first(10)
    index = await reader.next_bad(None)
    assert index is not None
    assert reader.view.lines[index].text.endswith("it broke 0")
    assert await reader.search("line 99") is not None
    assert await reader.count() == 11
    await reader.search("")
    await reader.to_last()
    with kern.open("a") as log:
        log.write(f"{written(BEGAN_MS + 10**7, 'came 1')}\n")
    await asyncio.sleep(FRESH_S)
    assert await reader.grow() == (1, ())
    await reader.close()


@pytest.mark.peer
@by_ssh
async def test_a_journal_and_what_is_not_there_are_asked_by_ssh(hosts: SshHosts) -> None:
    with pytest.raises(StxError, match=r"No such file|not on"):
        await open_there(Journal(folder="/no/such/journal", machine="worker-0"), hosts)
    with pytest.raises(Missing, match="on worker-0"):
        await open_there(LogFile(path="/no/such.log", machine="worker-0"), hosts)


@pytest.mark.parametrize("greets", ["echo Welcome;", "printf '1 2 3 4 5 ';"])
def test_a_shell_that_greets_is_told_and_taken_for_no_size_and_no_place(
    tmp_path: Path, greets: str
) -> None:
    path = large(tmp_path, 10)

    def way(argv: Sequence[str]) -> Sequence[str]:
        return ("sh", "-c", f'{greets} exec "$@"', "sh", *argv)

    with pytest.raises(Unreadable, match="stat says"):
        Far("worker-0", way).facts(str(path))
    silent = Far("worker-0", lambda argv: way(argv) if argv[0] == "grep" else argv)
    with pytest.raises(Unreadable, match="grep says"):
        silent.open(str(path)).found(find_of("line"))


def test_a_search_whose_connection_drops_is_no_smaller_number_of_hits(tmp_path: Path) -> None:
    path = large(tmp_path, 10)

    def way(argv: Sequence[str]) -> Sequence[str]:
        if argv[0] != "grep":
            return argv
        return ("sh", "-c", "echo 17:line; echo 'client_loop: send disconnect' >&2; exit 255")

    opened_there = Far("worker-0", way).open(str(path))
    for _ in range(2):  # nor is it one the second time
        with pytest.raises(Unreachable, match="disconnect"):
            opened_there.found(find_of("line"))


def test_what_runs_a_program_there_has_no_terminal_to_ask_for_a_password_on(
    tmp_path: Path,
) -> None:
    asked = ("sh", "-c", "cut -d' ' -f6 /proc/self/stat; echo $$")
    said = Far("worker-0", lambda argv: argv).run(asked, str(tmp_path))
    session, own = said.split()
    assert session == own, "its session is ours, and so is its terminal"
