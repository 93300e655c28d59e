from __future__ import annotations

import asyncio
import io
import os
import pty
import termios
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Iterator, List, Tuple

import pytest

from stx_tui.plain.keyboard import LONGEST, Ended, Keyboard, Typed


@contextmanager
def a_pipe() -> Iterator[Tuple[IO[bytes], int]]:
    ours, theirs = os.pipe()
    with os.fdopen(ours, "rb") as stream:
        yield stream, theirs


@contextmanager
def a_terminal() -> Iterator[Tuple[IO[bytes], int]]:
    master, slave = pty.openpty()
    with os.fdopen(slave, "rb", buffering=0) as stream:
        yield stream, master


async def all_of(keyboard: Keyboard) -> List[Typed]:
    lines = []
    while True:
        try:
            lines.append(await keyboard.line())
        except Ended:
            return lines


async def typed(data: bytes) -> List[Typed]:
    with a_pipe() as (stream, theirs):
        writing = asyncio.get_running_loop().run_in_executor(None, _write, theirs, data)
        lines = await all_of(Keyboard(stream))
        await writing
        return lines


def _write(file: int, data: bytes) -> None:
    with os.fdopen(file, "wb") as stream:
        stream.write(data)


async def test_lines_end_with_newline_return_or_both() -> None:
    assert [one.text for one in await typed(b"a\nb\rc\r\nd\n")] == ["a", "b", "c", "d"]


async def test_a_line_that_the_end_cut_is_not_whole() -> None:
    (line,) = await typed(b"yes")
    assert (line.text, line.is_whole) == ("yes", False)


@pytest.mark.parametrize("data", [b"y\x00es", b"\xff\xfe", b"yes\x1b[A", "a\u202eb".encode()])
async def test_bytes_that_nobody_types_are_noise(data: bytes) -> None:
    (line,) = await typed(data + b"\n")
    assert line.is_noise


async def test_a_line_longer_than_any_terminal_has_is_noise_and_not_kept() -> None:
    long, after = await typed(b"x" * 10_000 + b"\nq\n")
    assert long.is_noise
    assert len(long.text) == LONGEST
    assert (after.text, after.is_noise) == ("q", False)


async def test_what_was_erased_is_gone_from_a_command_and_not_from_an_answer() -> None:
    (line,) = await typed(b"hox\b\x7fosts \n")
    assert line.words == "hosts"
    assert line.text == "hox\b\x7fosts "


async def test_text_in_memory_is_read_line_by_line() -> None:
    lines = await all_of(Keyboard(io.StringIO("a\nb")))
    assert [one.text for one in lines] == ["a", "b"]


async def test_a_file_is_read_and_never_answers(tmp_path: Path) -> None:
    path = tmp_path / "said"
    path.write_text("a\nyes\n")
    with path.open("rb") as stream:
        keyboard = Keyboard(stream)
        assert (await keyboard.line()).text == "a"
        with pytest.raises(Ended):
            await keyboard.quiet()
        with pytest.raises(Ended):
            await keyboard.line()


async def test_quiet_drops_what_came_before_and_hears_what_comes_after() -> None:
    with a_pipe() as (stream, theirs):
        keyboard = Keyboard(stream)
        os.write(theirs, b"yes\nyes\n")
        assert await keyboard.quiet(0.05)
        os.write(theirs, b"no\n")
        assert (await keyboard.line()).text == "no"
        os.close(theirs)


async def test_a_line_that_began_before_the_quiet_is_no_other_line_after_it() -> None:
    with a_pipe() as (stream, theirs):
        keyboard = Keyboard(stream)
        os.write(theirs, b"no, ")
        assert await keyboard.quiet(0.05)
        os.write(theirs, b"yes\n")
        assert (await keyboard.line()).text == "no, yes"
        os.close(theirs)


async def test_a_line_that_is_never_quiet_is_said_to_be_so() -> None:
    with a_pipe() as (stream, theirs):
        keyboard = Keyboard(stream)
        is_over = asyncio.Event()

        async def chatter() -> None:
            while not is_over.is_set():
                os.write(theirs, b"yes\n")
                await asyncio.sleep(0.01)

        chatting = asyncio.ensure_future(chatter())
        assert not await keyboard.quiet(0.1, patience_s=0.5)
        is_over.set()
        await chatting
        os.close(theirs)


async def test_a_terminal_shows_no_secret_and_is_as_before_after_it() -> None:
    with a_terminal() as (stream, master):
        keyboard = Keyboard(stream)
        assert keyboard.is_terminal
        with keyboard.unseen():
            assert not termios.tcgetattr(stream)[3] & termios.ECHO
            os.write(master, b"secret\n")
            assert (await keyboard.line()).text == "secret"
        assert termios.tcgetattr(stream)[3] & termios.ECHO
        os.write(master, b"seen\n")
        assert (await keyboard.line()).text == "seen"
    assert b"secret" not in os.read(master, 100)
    os.close(master)


async def test_a_terminal_forgets_what_was_begun_before_the_question() -> None:
    with a_terminal() as (stream, master):
        keyboard = Keyboard(stream)
        os.write(master, b"yes\nye")
        assert await keyboard.quiet(0.05)
        os.write(master, b"s\n")
        assert (await keyboard.line()).text == "s"
    os.close(master)


async def test_a_terminal_that_hangs_up_ends_the_input() -> None:
    with a_terminal() as (stream, master):
        keyboard = Keyboard(stream)
        waiting = asyncio.ensure_future(keyboard.line())
        await asyncio.sleep(0.01)
        os.close(master)
        with pytest.raises(Ended):
            await waiting


async def test_a_terminal_that_hangs_up_in_the_middle_of_a_password_ends_in_order() -> None:
    ours, theirs = os.openpty()
    with os.fdopen(theirs) as terminal:
        keyboard = Keyboard(terminal)
        with keyboard.unseen():
            os.close(ours)
        with pytest.raises(Ended):
            await keyboard.quiet()
