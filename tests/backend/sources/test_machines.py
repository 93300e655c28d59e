"""What a Command asks and a CommandWrite does, on this machine, with real programs."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, Iterable, List

import pytest

from backend.errors import Absent, Forbidden, Malformed, NotConfigured, Rejected, Unreachable
from backend.kind import Body, Command, CommandWrite
from backend.settings import CloudSettings
from backend.sources.machines import Machines
from backend.sources.tls import Pins


def words(text: str) -> Iterable[Body]:
    return [{"word": word} for word in text.split()]


def loads(text: str) -> Iterable[Body]:
    found: List[Body] = json.loads(text)["rows"]
    return found


def printing(text: str, code: int = 0, **more: Any) -> Command:
    program = "import sys; sys.stdout.write(sys.argv[1]); sys.exit(int(sys.argv[2]))"
    argv = (sys.executable, "-c", program, text, str(code))
    return Command(argv=argv, **{"parse": words, **more})


ABSENT = Command(argv=("no-such-program",), parse=words)


def machines() -> Machines:
    return Machines(CloudSettings(name="c"), Pins(Path("/nonexistent/pins.json")))


async def ask(read: Command, parent: str = "") -> List[str]:
    answer = await machines().ask(read, parent)
    bodies = list(answer())
    assert all(body["machine"] == "here" for body in bodies)
    return [body["word"] for body in bodies]


async def test_rows_say_on_which_machine_they_were_found() -> None:
    assert await ask(printing("a b")) == ["a", "b"]
    assert await ask(printing("a b"), "here") == ["a", "b"]


async def test_what_is_missing_is_absent_and_its_alternative_is_asked() -> None:
    with pytest.raises(Absent):
        await ask(ABSENT)
    otherwise = Command(argv=ABSENT.argv, parse=words, otherwise=printing("c"))
    assert await ask(otherwise) == ["c"]


async def test_another_versions_shape_is_said_and_its_alternative_is_asked() -> None:
    with pytest.raises(Malformed, match="in a shape not known here"):
        await ask(printing("{}", parse=loads))
    assert await ask(printing("{}", parse=loads, otherwise=printing("d"))) == ["d"]
    # What is there and can't be read says more than what is not there.
    with pytest.raises(Malformed):
        await ask(printing("no json", parse=loads, otherwise=ABSENT))


async def test_what_stands_beside_is_asked_too_and_left_out_where_absent() -> None:
    assert await ask(printing("a", also=(printing("b"), ABSENT))) == ["a", "b"]
    assert await ask(Command(argv=ABSENT.argv, parse=words, also=(printing("b"),))) == ["b"]
    with pytest.raises(Absent):
        await ask(Command(argv=ABSENT.argv, parse=words, also=(ABSENT,)))


async def test_an_exit_code_is_an_answer_only_where_the_program_says_so() -> None:
    assert await ask(printing("a", 3, codes=frozenset({0, 3}))) == ["a"]
    with pytest.raises(Rejected, match="ended with code 3 and said nothing"):
        await ask(printing("", 3))


async def test_who_may_not_is_told_what_would_give_it() -> None:
    with pytest.raises(Forbidden) as refused:
        await ask(printing("open /dev/kmsg: Operation not permitted", 1))
    assert refused.value.advice == "root may: sudo -E stx-tui"


async def test_what_may_not_be_looked_at_is_not_said_to_be_empty() -> None:
    shut = "find: '/var/crash': Permission denied"
    finding = frozenset({0, 1})
    asked = printing("", 1, codes=finding)
    assert await ask(asked) == []
    denied = ("sh", "-c", f'echo "{shut}" >&2; exit 1')
    with pytest.raises(Forbidden, match="Permission denied"):
        await ask(replace(asked, argv=denied))
    # What was found beside it is told.
    part = ("sh", "-c", f'echo core; echo "{shut}" >&2; exit 1')
    assert await ask(replace(asked, argv=part)) == ["core"]


async def test_a_file_that_is_not_there_is_absent(tmp_path: Path) -> None:
    with pytest.raises(Absent):
        await ask(Command(argv=("cat", str(tmp_path / "none")), parse=words))


async def test_a_command_that_prints_too_much_is_said_to() -> None:
    with pytest.raises(Malformed, match="more than 1000 bytes"):
        await ask(Command(argv=("yes",), parse=words, most_bytes=1000))


async def test_a_command_that_hangs_is_said_to() -> None:
    with pytest.raises(Unreachable, match=r"did not end within 0\.2 s"):
        await ask(Command(argv=("sleep", "60"), parse=words, deadline_s=0.2))


async def test_a_machine_that_nobody_named_is_not_reached_for() -> None:
    with pytest.raises(NotConfigured):
        await ask(printing("a"), "controller-9")


async def test_a_write_runs_and_says_its_refusal_in_the_programs_own_words() -> None:
    done = await machines().send(CommandWrite(argv=("cat",), given="text"))
    assert done == {"code": 0, "out": "text", "err": ""}
    with pytest.raises(Rejected, match="No such file"):
        await machines().send(CommandWrite(argv=("ls", "/no-such-folder")))


def test_a_write_says_itself_and_never_what_it_gives() -> None:
    write = CommandWrite(argv=("passwd", "a b"), machine="worker-0", given="secret")
    assert write.request == "RUN on worker-0: passwd 'a b' < ********"
    assert write.command == ("ssh", "worker-0", "passwd 'a b'")
    assert write.source == "worker-0"
    assert "secret" not in repr(write)
    here = CommandWrite(argv=("collect", "--all"), run="collect")
    assert here.command == ("collect", "--all")
    expected = "RUN on this machine as collect, which outlives this console: collect --all"
    assert here.request == expected
