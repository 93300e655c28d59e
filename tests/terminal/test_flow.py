"""What is under way is bounded by answers, and terminals that give none are not waited for."""

from __future__ import annotations

from stx_tui.terminal.flow import Flow


def asking(flow: Flow, now: float, count: int) -> bool:
    """Sends so many bytes and asks if that is due."""
    flow.sent(count)
    due = flow.wants_to_ask(now)
    if due:
        flow.asked(now)
    return due


def test_a_terminal_that_never_answers_is_seldom_asked_and_never_waited_for() -> None:
    flow = Flow(9600)
    assert asking(flow, 0.0, 1000)
    assert sum(asking(flow, second, 1000) for second in range(1, 30)) == 1
    assert flow.has_room()


def test_a_terminal_that_answers_is_never_far_behind() -> None:
    flow = Flow(9600)
    asking(flow, 0.0, 600)
    flow.answer(0.1)
    sent = 0
    while flow.has_room():
        asking(flow, 1.0, 50)
        sent += 50
    assert sent <= 600
    flow.answer(1.5)
    assert flow.has_room()


def test_a_lost_answer_is_asked_for_again_in_a_while() -> None:
    flow = Flow(9600)
    asking(flow, 0.0, 600)
    flow.answer(0.1)
    while flow.has_room():
        asking(flow, 1.0, 50)
    assert not flow.wants_to_ask(2.0)
    assert flow.wants_to_ask(10.0)
    flow.asked(10.0)
    flow.answer(10.2)
    assert flow.has_room()
    assert flow.outstanding == 0


def test_a_terminal_that_stops_answering_while_keys_come_is_let_go() -> None:
    flow = Flow(9600)
    asking(flow, 0.0, 600)
    flow.answer(0.1)
    while flow.has_room():
        asking(flow, 1.0, 50)
    now, asked = 1.0, 0
    while not flow.has_room():
        now += 5
        flow.key()
        assert flow.wants_to_ask(now)
        flow.asked(now)
        asked += 1
        assert asked < 12


def test_a_fast_line_may_have_more_under_way_and_a_slow_one_less() -> None:
    fast, slow = Flow(None), Flow(None)
    before = fast.window
    for number in range(8):
        asking(fast, number, 5000)
        fast.answer(number + 0.01)
        asking(slow, number, 5000)
        slow.answer(number + 3.0)
    assert fast.window > before > slow.window


def test_a_terminal_that_is_plugged_in_after_days_of_silence_is_taken_for_as_far_as_it_is() -> None:
    flow = Flow(9600)
    for second in range(10_000):
        asking(flow, second, 2000)
    assert flow.outstanding == 1, "questions that nobody will answer are held for ever"
    flow.answer(10_000.0)
    assert flow.has_room() or not asking(flow, 10_000.1, 0)
