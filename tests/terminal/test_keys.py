"""Input bytes become events: broken, late, doubled, pasted or random ones harm nothing."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual.message import Message

from stx_tui.terminal.keys import ESCAPE_S, PASTE_MAX, Keys

LATER = 10.0


def said(*pieces: tuple[bytes, float]) -> list[Message]:
    """Events for bytes and the seconds that pass after each."""
    keys, now = Keys(), 0.0
    found: list[Message] = []
    for data, pause in pieces:
        found += keys.feed(data, now)
        now += pause
        found += keys.tick(now)
    return found + list(keys.tick(now + LATER))


def pressed(*pieces: tuple[bytes, float]) -> list[str]:
    return [
        event.key if isinstance(event, events.Key) else repr(event.text)
        for event in said(*pieces)
        if isinstance(event, (events.Key, events.Paste))
    ]


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (b"j", "j"),
        (b"?", "question_mark"),
        (b"\r", "enter"),
        (b"\n", "enter"),
        (b"\t", "tab"),
        (b"\x08", "backspace"),
        (b"\x7f", "backspace"),
        (b"\x0c", "ctrl+l"),
        (b"\x03", "ctrl+c"),
        (b"\x1b", "escape"),
        (b"\x1b[A", "up"),
        (b"\x1bOA", "up"),
        (b"\x1b[Z", "shift+tab"),
        (b"\x1bOP", "f1"),
        (b"\x1bOS", "f4"),
        (b"\x1b[[A", "f1"),
        (b"\x1b[[E", "f5"),
        (b"\x1b[17~", "f6"),
        (b"\x1b[25~", "f13"),
        (b"\x1b[28~", "f15"),
        (b"\x1b[34~", "f20"),
        (b"\x1b[1~", "home"),
        (b"\x1b[4~", "end"),
        (b"\x1b[5~", "pageup"),
        (b"\x1b[3~", "delete"),
        (b"\x1bOM", "enter"),
        (b"\x1bOr", "2"),
        (b"\x1bx", "alt+x"),
        ("é".encode(), "é"),
    ],
)
def test_a_key_is_read(data: bytes, key: str) -> None:
    assert pressed((data, 1.0)) == [key]


@pytest.mark.parametrize(
    "data",
    [
        b"\0",
        b"\x11",
        b"\x13",
        b"\xff\xfe",
        b"\xc3",
        b"\x80\x81",
        b"\x1b[0n",
        b"\x1b[24;80R",
        b"\x1b[?1;2c",
        b"\x1b[999q",
        b"\x1b[",
        b"\x1bO",
        b"\x1b[1;",
        b"\x1b[M !!",
    ],
)
def test_what_is_no_key_is_nothing(data: bytes) -> None:
    assert pressed((data, 1.0)) == []


@pytest.mark.parametrize("pause", [0.0, 0.12, 0.39])
@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_late_half_of_a_sequence_still_belongs_to_it(pause: float, at: int) -> None:
    whole = b"\x1b[17~"
    assert pressed((whole[:at], pause), (whole[at:], 1.0)) == ["f6"]


def test_escape_is_a_key_once_nothing_followed() -> None:
    keys = Keys()
    assert list(keys.feed(b"\x1b", 0.0)) == []
    assert list(keys.tick(ESCAPE_S - 0.01)) == []
    assert [event.key for event in keys.tick(ESCAPE_S)] == ["escape"]  # type: ignore[attr-defined]


def test_escape_and_then_a_letter_are_two_keys() -> None:
    assert pressed((b"\x1b", 0.2), (b"q", 1.0)) == ["escape", "q"]


def test_an_utf8_character_may_come_in_two_reads() -> None:
    assert pressed((b"\xc3", 0.05), (b"\xa9", 1.0)) == ["é"]


def test_return_with_linefeed_is_one_enter() -> None:
    assert pressed((b"\r\n", 1.0)) == ["enter"]
    assert pressed((b"\r", 0.2), (b"\r", 1.0)) == ["enter", "enter"]


def test_typing_is_keys_and_a_burst_is_a_paste() -> None:
    assert pressed((b"y", 0.1), (b"e", 0.1), (b"s", 0.1), (b"\r", 0.1)) == ["y", "e", "s", "enter"]
    assert pressed((b"yes\r", 1.0)) == ["'yes\\n'"]
    assert pressed((b"ye", 0.001), (b"s\r", 1.0)) == ["'yes\\n'"]


def test_a_key_held_down_is_no_paste() -> None:
    assert pressed((b"jjjjjj", 1.0)) == ["j"] * 6
    assert pressed((b"\x1b[B" * 5, 1.0)) == ["down"] * 5


def test_a_paste_of_ten_kilobytes_is_one_event() -> None:
    text = b"line of a site sheet\r" * 500
    pieces = [(text[at : at + 100], 0.001) for at in range(0, len(text), 100)]
    found = said(*pieces)
    assert [type(event) for event in found] == [events.Paste]
    assert isinstance(found[0], events.Paste)
    assert len(found[0].text) == len(text)


def test_a_bracketed_paste_may_hold_anything_and_never_hangs() -> None:
    assert pressed((b"\x1b[200~yes\x01\r\x1b[201~", 1.0)) == ["'yes\\n'"]
    assert pressed((b"\x1b[200~ab\x1b[20", 0.1), (b"1~q", 1.0)) == ["'ab'", "q"]
    assert pressed((b"\x1b[200~never ended", 2.0), (b"q", 1.0)) == ["'never ended'", "q"]


def test_an_answer_of_the_terminal_is_reported_and_is_no_key() -> None:
    answers: list[int] = []
    keys = Keys(on_answer=lambda: answers.append(1))
    assert list(keys.feed(b"\x1b[0n\x1b[0n", 0.0)) == []
    assert len(answers) == 2


@given(st.lists(st.tuples(st.binary(max_size=40), st.floats(0, 0.6)), max_size=20))
def test_random_bytes_never_quit_and_never_raise(pieces: list[tuple[bytes, float]]) -> None:
    assert not {"ctrl+q", "ctrl+s", "ctrl+@"} & set(pressed(*pieces))


def test_ten_minutes_of_noise_raise_nothing_and_leave_the_keys_working() -> None:
    """As many bytes as 9600 baud carries in ten minutes."""
    noise, keys, now = random.Random(7), Keys(), 0.0
    longest = 0
    for _ in range(9000):
        now += noise.random() * 0.13
        for event in keys.feed(noise.randbytes(64), now):
            if isinstance(event, events.Paste):
                longest = max(longest, len(event.text))
            assert not isinstance(event, events.Key) or event.key not in {"ctrl+q", "ctrl+s"}
    assert longest <= PASTE_MAX
    list(keys.tick(now + LATER))
    assert [event.key for event in keys.feed(b"\x1b[A", now + 2 * LATER)] == ["up"]  # type: ignore[attr-defined]
