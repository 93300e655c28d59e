"""Figures as lines: each sort as it looks, and none wider than it may be."""

from __future__ import annotations

import math
from typing import List

import pytest

from backend.clean import cells
from backend.draw import bar, figure_lines
from backend.figure import (
    Bar,
    Bars,
    Figure,
    Jump,
    Line,
    Lines,
    Node,
    Spark,
    States,
    Timeline,
    TimelineStep,
    Tree,
)
from backend.tone import Tone

WIDE = "\u63a7\u5236\u53f0" * 8
HOSTILE = "\x1b[31m" + "\u202e" + "name\nof two lines"


def _texts(figure: Figure, width: int = 79, now_ms: int = 0) -> List[str]:
    return [line.text for line in figure_lines(figure, width, now_ms)]


LINES = Lines(
    lines=(
        Line(text="loss of redundancy " * 6, heading="400.002", tone=Tone.BAD, jump=Jump("hosts")),
        Line(rule=True),
        Line(text="no heading"),
        Line(text="x" * 200, heading="LONG"),
    )
)
BARS = Bars(
    bars=(
        Bar(label="/var/log", value=7.4, whole=8, unit="GiB", tone=Tone.BAD),
        Bar(label="docker", value=38, whole=60, unit="GiB"),
        Bar(label="over", value=9, whole=8, unit="GiB"),
        Bar(label="unknown", value=1, whole=0),
        Bar(label="broken", value=math.nan, whole=8),
        Bar(label="memory", value=2 << 30, whole=8 << 30, said="2G of 8G"),
    )
)
TREE = Tree(
    nodes=(
        Node(id="c", text="controller-0"),
        Node(id="d", text="nvme0n1", jump=Jump("disks", "d")),
        Node(id="v", text="cgts-vg", tone=Tone.WARN),
        Node(id="s", text="sda"),
        Node(id="l1", text="loop"),
        Node(id="l2", text="back"),
    ),
    edges=(("c", "d"), ("d", "v"), ("c", "s"), ("s", "v"), ("l1", "l2"), ("l2", "l1"), ("x", "c")),
)
STATES = States(
    states=("start", "host", "activate", "complete", "rollback"),
    edges=(("start", "host"), ("host", "activate"), ("activate", "complete"), ("host", "rollback")),
    current="host",
    tone=Tone.BUSY,
)
SPARK = Spark(label="api", points=tuple((i * 1000, float(i)) for i in range(50)), unit="ms")
TIMELINE = Timeline(
    title="UNLOCKING controller-1",
    steps=(
        TimelineStep(name="accepted", says="locked", began_ms=0, ended_ms=1_000, usual_ms=1_000),
        TimelineStep(name="boots", says="Booting", began_ms=1_000, usual_ms=300_000),
        TimelineStep(name="available", usual_ms=10_000),
    ),
    now_ms=101_000,
    began_ms=0,
    notes=Lines(lines=(Line(text="at 10:00", heading="gives up"),)),
)
HARMFUL = (
    Lines(lines=(Line(text=HOSTILE, heading=HOSTILE), Line(text=WIDE, heading=WIDE))),
    Bars(bars=(Bar(label=HOSTILE, value=1, whole=2, unit=HOSTILE), Bar(WIDE, 1, 2, WIDE))),
    Spark(label=WIDE, points=((0, 1.0), (1, math.inf)), unit=HOSTILE),
    Tree(nodes=(Node(id="a", text=HOSTILE), Node(id="b", text=WIDE)), edges=(("a", "b"),)),
    States(states=(HOSTILE, WIDE), edges=((HOSTILE, WIDE),), current=HOSTILE),
    States(states=(), edges=(), current=WIDE),
    Timeline(
        title=HOSTILE,
        steps=(TimelineStep(name=WIDE, says=HOSTILE), TimelineStep(name=HOSTILE, says=WIDE)),
        now_ms=0,
        began_ms=0,
        failed=HOSTILE + WIDE,
    ),
)
EMPTY = (
    Lines(),
    Bars(bars=()),
    Spark(label="api", points=()),
    Tree(nodes=()),
    States(states=(), edges=(), current=""),
    Timeline(title="", steps=(), now_ms=0, began_ms=0),
)


@pytest.mark.parametrize("width", [0, 1, 7, 20, 33, 79, 200])
@pytest.mark.parametrize(
    "figure", [LINES, BARS, TREE, STATES, SPARK, TIMELINE, *HARMFUL, *EMPTY], ids=repr
)
def test_no_line_is_wider_than_it_may_be_or_steers_a_terminal(figure: Figure, width: int) -> None:
    for line in figure_lines(figure, width, 200_000):
        assert cells(line.text) <= max(width, 1)
        assert line.text.isprintable()
        assert not line.heading


@pytest.mark.parametrize("figure", [LINES, BARS, TREE, STATES, SPARK, TIMELINE], ids=repr)
def test_what_we_draw_is_ascii(figure: Figure) -> None:
    assert all(text.isascii() for text in _texts(figure))


def test_lines_stand_beside_their_headings_and_keep_tone_and_jump() -> None:
    drawn = figure_lines(LINES, 60, 0)
    assert drawn[0].text.startswith("400.002  loss of redundancy")
    assert drawn[1].text.startswith("         redundancy loss of redundancy")
    assert {(line.tone, line.jump) for line in drawn[:2]} == {(Tone.BAD, Jump("hosts"))}
    rule = next(line for line in drawn if line.rule)
    assert rule.text == "-" * 60
    assert "         no heading" in [line.text for line in drawn]


def test_bars_say_how_much_of_what_and_never_lie_at_the_ends() -> None:
    texts = _texts(BARS)
    assert texts[0] == f"/var/log  [{'#' * 37}...]   92%  7.4 of 8 GiB"
    assert "63%  38 of 60 GiB" in texts[1]
    assert "112%" in texts[2]
    assert "." not in texts[2].partition("]")[0]
    assert "?" in texts[3]
    assert texts[5].endswith("25%  2G of 8G")
    assert "?" in texts[4]
    assert len({text.index("[") for text in texts}) == 1


def test_a_bar_shows_a_little_as_more_than_nothing_and_nearly_all_as_less_than_all() -> None:
    assert bar(0.0, 12) == "[..........]"
    assert bar(0.001, 12) == "[#.........]"
    assert bar(0.5, 12) == "[#####.....]"
    assert bar(0.999, 12) == "[#########.]"
    assert bar(1.0, 12) == "[##########]"
    assert bar(7.0, 12) == "[##########]"
    assert bar(-1.0, 12) == "[..........]"
    assert bar(math.nan, 6) == "[????]"


def test_a_tree_is_drawn_once_even_where_it_meets_itself() -> None:
    assert _texts(TREE) == [
        "controller-0",
        "|- nvme0n1",
        "|  `- cgts-vg",
        "`- sda",
        "   `- cgts-vg (see above)",
        "loop",
        "`- back",
        "   `- loop (see above)",
    ]
    assert figure_lines(TREE, 79, 0)[1].jump == Jump("disks", "d")


def test_a_tree_of_five_thousand_levels_is_drawn() -> None:
    nodes = tuple(Node(id=str(index), text="x") for index in range(5000))
    edges = tuple((str(index), str(index + 1)) for index in range(4999))
    assert len(figure_lines(Tree(nodes=nodes, edges=edges), 79, 0)) == 5000


def test_states_show_where_it_stands_and_the_ways_that_are_not_straight_on() -> None:
    drawn = figure_lines(STATES, 79, 0)
    assert drawn[0].text == "start --> [ HOST ] --> activate --> complete   rollback"
    assert drawn[0].tone is Tone.BUSY
    assert drawn[1].text == "    host --> rollback"


def test_a_state_nobody_knows_is_said() -> None:
    figure = States(states=("start",), edges=(), current="limbo")
    assert _texts(figure) == ["start", "[ LIMBO ]  is none of the states we know"]


def test_a_course_has_its_highest_at_the_right_and_says_its_ends() -> None:
    (text,) = _texts(SPARK, now_ms=60_000)
    course = text[text.index("[") + 1 : text.index("]")]
    assert course[0] == "_"
    assert course[-1] == "#"
    assert "now 49, 0 to 49 ms" in text


def test_where_nothing_was_read_a_course_has_a_gap() -> None:
    figure = Spark(label="x", points=((0, 1.0), (1000, 1.0), (60_000, 1.0)))
    (text,) = _texts(figure, now_ms=60_000)
    assert "     " in text[text.index("[") : text.index("]")]


def test_a_course_without_numbers_says_so() -> None:
    assert _texts(Spark(label="api", points=())) == ["api  no numbers yet"]
    assert _texts(Spark(label="api", points=((0, math.nan),))) == ["api  no numbers yet"]


def test_a_timeline_says_what_is_gone_and_left_from_this_sites_own_times() -> None:
    texts = _texts(TIMELINE)
    assert texts[0] == "UNLOCKING controller-1"
    assert texts[1].startswith("1:41 gone, about 3:30 to go  [##########......")
    assert texts[1].endswith(" 32 %")
    assert texts[4].split() == ["ok", "accepted", "locked", "0:01", "0:01"]
    assert texts[5].split() == [">>", "boots", "Booting", "1:40", "5:00"]
    assert texts[6].split() == ["available", "0:10"]
    assert texts[-1] == "gives up  at 10:00"


def test_a_timeline_never_seen_here_makes_no_promise() -> None:
    step = TimelineStep(name="boots", began_ms=0)
    figure = Timeline(title="t", steps=(step,), now_ms=5_000, began_ms=0)
    assert _texts(figure)[1] == "0:05 gone, how long it takes here is not known"


def test_a_timeline_that_ended_or_failed_says_so() -> None:
    step = TimelineStep(name="boots", began_ms=0, ended_ms=7_000)
    done = Timeline(title="t", steps=(step,), now_ms=90_000, began_ms=0)
    assert _texts(done)[1] == "done in 0:07"
    running = TimelineStep(name="boots", began_ms=0, usual_ms=1)
    failed = Timeline(title="t", steps=(running,), now_ms=9_000, began_ms=0, failed="gave up")
    assert _texts(failed)[1] == "failed after 0:09"
    assert "FAILED  gave up" in _texts(failed)
