from __future__ import annotations

import random
from pathlib import Path

import pytest

from stx_tui.plain.talk import Opener
from tests.plain.spoken import Hand, PretendCloud, heard, opener_of, sent, spoken

LOCK = ("a 5", "lock", "ticket 4711")


def at_the_question(hand: Hand, *lines: str) -> str:
    """Go to the question that confirms a lock, and return what stood before it."""
    hand.paper.wait_for("leave> ")
    hand.say(":hosts")
    said = "".join(hand.say(line) for line in (lines or LOCK)[:-1])
    hand.type((lines or LOCK)[-1])
    return said + hand.paper.wait_for("answer the next line")


def test_what_can_be_done_is_numbered_and_what_cannot_says_why(
    cloud: PretendCloud, opener: Opener
) -> None:
    said = spoken(opener, cloud, ":hosts", "a 5", "", "a")
    assert "WHAT CAN BE DONE with worker-2" in said
    assert "  1  lock                stops something: wants yes typed" in said
    assert "       worker-2 is unlocked already" in said
    assert "nothing was sent" in said
    assert "WHAT CAN BE DONE with hosts" in said
    assert "  1  add" in said


def test_a_lock_is_shown_confirmed_followed_to_its_end_and_in_the_history(
    cloud: PretendCloud, opener: Opener
) -> None:
    with Hand(opener, cloud) as hand:
        said = at_the_question(hand)
        for words in ("LOCK worker-2 ?", "WHAT STOPS", "WILL IT BE ACCEPTED?", "SENDS"):
            assert words in said
        assert "SAME AS    system host-lock worker-2" in said
        assert not sent(cloud)
        hand.paper.wait_for("confirm> ")
        cloud.go(60.0)
        hand.say("yes", until="following:")
        said = hand.paper.wait_for("REALLY DONE")
        assert "  ok  locked  locked/disabled" in said
        hand.paper.wait_for()
        assert [one[0] for one in sent(cloud)] == ["PATCH"]
        assert "lock worker-2: done" in hand.say("h")
        hand.hang_up()
        assert hand.left() == 0


@pytest.mark.parametrize(
    "answer", ["", "YES", "yes ", " yes", "y", "yes yes", "yes\x00", "\x1byes"]
)
def test_anything_but_the_exact_word_sends_nothing(
    cloud: PretendCloud, opener: Opener, answer: str
) -> None:
    with Hand(opener, cloud) as hand:
        at_the_question(hand)
        hand.paper.wait_for("confirm> ")
        assert "not confirmed: nothing was sent" in hand.say(answer)
    assert not sent(cloud)


def test_a_yes_that_was_there_before_the_question_sends_nothing(
    cloud: PretendCloud, opener: Opener
) -> None:
    with Hand(opener, cloud) as hand:
        hand.paper.wait_for("leave> ")
        hand.send(b":hosts\na 5\nlock\nticket\nyes\nyes\n")
        hand.paper.wait_for("confirm> ")
        hand.type("no")
        hand.paper.wait_for("not confirmed")
    assert not sent(cloud)


def test_a_yes_begun_before_the_question_sends_nothing(cloud: PretendCloud, opener: Opener) -> None:
    with Hand(opener, cloud) as hand:
        at_the_question(hand)
        hand.send(b"yes")
        hand.paper.wait_for("confirm> ")
        hand.type("yes")
        hand.paper.wait_for("not confirmed")
    assert not sent(cloud)


def test_a_yes_without_its_enter_sends_nothing(cloud: PretendCloud, opener: Opener) -> None:
    with Hand(opener, cloud) as hand:
        at_the_question(hand)
        hand.paper.wait_for("confirm> ")
        hand.send(b"yes")
        hand.hang_up()
        assert hand.left() == 0
    assert not sent(cloud)


def test_a_script_from_a_file_sends_nothing(
    cloud: PretendCloud, opener: Opener, tmp_path: Path
) -> None:
    script = tmp_path / "script"
    script.write_text("\n".join([":hosts", *LOCK, *["yes"] * 50]))
    with script.open("rb") as stdin:
        assert "answer the next line with exactly: yes" in heard(opener, cloud, stdin)
    assert not sent(cloud)


@pytest.mark.parametrize("seed", range(3))
def test_noise_never_acts_and_never_ends_it_before_its_end(
    cloud: PretendCloud, opener: Opener, tmp_path: Path, seed: int
) -> None:
    dice = random.Random(seed)
    words = [
        b":hosts",
        b"a 1",
        b"1",
        b"2",
        b"lock",
        b"yes",
        b"controller-1",
        b"w",
        b"b",
        b"+",
        b"n",
    ]
    lines = []
    for _ in range(120):
        noise = bytes(dice.randrange(256) for _ in range(dice.randrange(12)))
        lines.append(dice.choice([noise, noise, dice.choice(words), b"\x00" * 9]))
    lines.append(b"x" * 10_240)
    noise = tmp_path / "noise"
    noise.write_bytes(b":hosts\n" + b"\n".join(lines))
    with noise.open("rb") as stdin:
        heard(opener, cloud, stdin)
    assert not sent(cloud)


def test_what_may_not_be_undone_wants_the_name(cloud: PretendCloud, opener: Opener) -> None:
    with Hand(opener, cloud) as hand:
        at_the_question(hand, "a 4", "delete", "")
        said = hand.paper.wait_for("confirm> ")
        assert "with exactly: worker-1" in said
        assert "not confirmed" in hand.say("yes")
    assert not sent(cloud)


def test_what_is_refused_is_shown_with_its_reasons_and_not_asked(
    cloud: PretendCloud, opener: Opener
) -> None:
    said = spoken(opener, cloud, ":hosts", "a 1", "lock")
    assert "CANNOT LOCK controller-0: 1 reason" in said
    assert "it can't be sent as long as a check fails; nothing was sent" in said
    assert "answer the next line" not in said


def test_read_only_refuses_every_act(cloud: PretendCloud, tmp_path: Path) -> None:
    said = spoken(opener_of(cloud, tmp_path, read_only=True), cloud, ":hosts", "a 5", "lock")
    assert "this console is in read-only mode for this cloud" in said
    assert "answer the next line" not in said


def test_what_an_act_asks_is_asked_line_by_line_with_choices_numbered(
    cloud: PretendCloud, opener: Opener
) -> None:
    with Hand(opener, cloud) as hand:
        hand.paper.wait_for("leave> ")
        hand.say(":hosts worker-2")
        hand.say("a")
        assert "key  (" in hand.say("label-assign")
        hand.say("")
        said = hand.say("")
        assert "   1  no" in said
        assert "   2  yes" in said
        assert "! key: must be given" in hand.say("2")
        said = hand.say("rack", until="why, for the record")
        assert "overwrite: yes" in said
        assert "system host-label-assign --overwrite worker-2 rack=enabled" in said


def test_a_form_is_left_with_a_dot(cloud: PretendCloud, opener: Opener) -> None:
    said = spoken(opener, cloud, ":hosts worker-2", "a", "label-assign", "rack", ".")
    assert "nothing was sent" in said
    assert "SENDS" not in said


def test_what_harms_nobody_wants_a_yes_too_and_is_done(cloud: PretendCloud, opener: Opener) -> None:
    with Hand(opener, cloud) as hand:
        hand.paper.wait_for("leave> ")
        hand.say(":alarms")
        hand.say("a 1 2")
        hand.say("acknowledge")
        hand.type("")
        hand.paper.wait_for("confirm> ")
        said = hand.say("yes")
        assert said.count("DONE") == 2
        assert "  1 a C" in hand.say("p")
    assert not sent(cloud)


def test_leaving_an_act_leaves_it_running_and_it_is_found_again(
    cloud: PretendCloud, opener: Opener
) -> None:
    with Hand(opener, cloud) as hand:
        at_the_question(hand)
        hand.paper.wait_for("confirm> ")
        hand.say("yes", until="following: p prints it all, q leaves it running>\n")
        hand.say("p", until="answered")
        assert "left running: f follows it again" in hand.say("q")
        hand.say("f", until="following:")
        cloud.go(60.0)
        hand.paper.wait_for("REALLY DONE")


def test_the_service_going_away_is_said_and_what_is_known_stays(
    cloud: PretendCloud, opener: Opener
) -> None:
    with Hand(opener, cloud) as hand:
        hand.paper.wait_for("leave> ")
        hand.say(":hosts")
        cloud.order("api-away", how="refused")
        said = hand.say("r")
        assert "WAS NOT WELL" in said
        assert "  2 ~ controller-1" in said
        said = hand.say("a 5")
        assert "no answer, so nothing can be sent" in " ".join(said.split())
