"""The form of an action: derived from what it declares, filled by keyboard, faults beside."""

from __future__ import annotations

from enum import Enum
from typing import Any, List, Optional, Tuple

import pytest
from pydantic import Field, field_validator
from typing_extensions import Literal

from backend.errors import Rejected
from backend.kind import Form
from stx_tui.panes.form import fields_of, filled, said
from stx_tui.screens.act import ActScreen
from stx_tui.screens.form import FormScreen
from tests.tui.desk import Desk, machine
from tests.tui.machines import MACHINES, PAINT, Machine, Paint


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class All(Form):
    word: str
    number: int = 3
    maybe: Optional[int] = None
    flag: bool = False
    one_of: Literal["a", "b"] = "a"
    colour: Colour = Colour.RED
    several: List[str] = Field(default_factory=list)
    secret: str = Field(default="", json_schema_extra={"secret": True})

    @field_validator("word")
    @classmethod
    def _no_blank(cls, value: str) -> str:
        if " " in value:
            raise ValueError("no blank in it")
        return value


class Row(Machine):
    word: str = "old"
    one_of: str = "b"
    secret: str = "hush"


def by_name(**choices: Tuple[str, ...]) -> Any:
    row = Row(uuid="u", name="n")
    return {field.name: field for field in fields_of(All, choices, row)}


def test_fields_follow_from_the_form() -> None:
    fields = by_name()
    assert fields["word"].is_required
    assert fields["word"].old == "old"
    assert fields["number"].value == "3"
    assert fields["flag"].choices == ("no", "yes")
    assert fields["one_of"].choices == ("a", "b")
    assert fields["one_of"].old == "b"
    assert fields["colour"].choices == ("red", "blue")
    assert fields["several"].is_list


def test_choices_of_the_moment_come_before_those_of_the_type() -> None:
    assert by_name(word=("x", "y"))["word"].choices == ("x", "y")


def test_a_secret_is_neither_shown_nor_said() -> None:
    field = by_name()["secret"]
    assert field.is_secret
    assert (field.value, field.old) == ("", "")
    made = filled(All, {"word": "w", "secret": "hush"})
    assert isinstance(made, All)
    assert "hush" not in str(said(made))


def test_texts_become_what_the_form_declares() -> None:
    texts = {
        "word": " w ",
        "number": "7",
        "maybe": "",
        "flag": "yes",
        "one_of": "b",
        "colour": "blue",
        "several": "x, y z",
    }
    assert filled(All, texts) == All(
        word="w", number=7, flag=True, one_of="b", colour=Colour.BLUE, several=["x", "y", "z"]
    )


def test_what_is_wrong_is_said_by_field() -> None:
    wrong = filled(All, {"word": "a b", "number": "many"})
    assert not isinstance(wrong, Form)
    assert wrong["word"] == "no blank in it"
    assert "integer" in wrong["number"]
    assert filled(All, {"word": ""}) == {"word": "must be given"}


def test_an_empty_optional_field_keeps_its_default() -> None:
    assert filled(All, {"word": "w", "number": ""}) == All(word="w")


def form() -> ActScreen:
    return ActScreen(MACHINES, "paint", ("id-m-1",))


async def test_the_form_comes_before_the_confirmation_with_old_values_beside() -> None:
    desk = Desk(machine("m-1"))
    async with desk.sat_at():
        await desk.open(form())
        await desk.settle()
        assert isinstance(desk.app.screen, FormScreen)
        assert desk.lines[0].startswith(" PAINT m-1: what is asked")
        assert "colour   > [ grey ]" in desk.lines[1]
        assert "now grey" in desk.lines[1]
        assert "cores    > 4___" in desk.lines[2]
        assert "1 to 64" in desk.lines[2]


async def test_it_is_filled_with_printable_keys_and_goes_on_to_the_confirmation() -> None:
    desk = Desk(machine("m-1"))
    async with desk.sat_at():
        await desk.open(form())
        await desk.settle()
        await desk.press("r", "enter")
        await desk.type("8")
        await desk.press("enter")
        await desk.type("ann")
        await desk.press("enter", " ", "enter")
        await desk.type("hush")
        assert "hush" not in desk.text
        assert "****" in desk.text
        await desk.press("enter", "enter")
        await desk.settle()
        assert isinstance(desk.app.screen, ActScreen)
        assert "colour: grey -> red" in desk.text
        assert "cores: 4 -> 8" in desk.text
        assert "password: ****" in desk.text
        assert "is_loud: yes" in desk.text
        await desk.type("yes")
        await desk.press("enter")
        await desk.pilot.pause()
    assert len(desk.wire.sent) == 1
    assert desk.book.deeds[0].form["password"] == "********"


async def test_a_fault_stands_beside_its_field_and_nothing_goes_on() -> None:
    desk = Desk(machine("m-1"))
    async with desk.sat_at():
        await desk.open(form())
        await desk.settle()
        await desk.press("enter")
        await desk.type("99")
        assert "! must be less than or equal to 64" in desk.lines[2]
        await desk.press("enter", "enter", "enter", "enter", "enter")
        assert isinstance(desk.app.screen, FormScreen)
        assert desk.app.focused is not None
        assert desk.focused == "f-cores"


async def test_what_stands_there_gives_way_to_the_first_letter_or_is_corrected() -> None:
    desk = Desk(machine("m-1", cores=12))
    async with desk.sat_at():
        await desk.open(form())
        await desk.settle()
        await desk.press("enter", "backspace", "6")
        assert "cores    > 16___" in desk.lines[2]
        await desk.press("escape")
        await desk.open(form())
        await desk.settle()
        await desk.press("enter", "6")
        assert "cores    > 6___" in desk.lines[2]


async def test_what_it_would_send_is_shown_while_it_is_filled() -> None:
    desk = Desk(machine("m-1"))
    async with desk.sat_at():
        await desk.open(form())
        await desk.settle()
        await desk.press("l", "l")
        assert "system machine-paint-blue m-1" in desk.text


async def test_words_that_are_cut_beside_a_field_stand_whole_below_while_one_is_in_it() -> None:
    desk = Desk(machine("m-1"))
    async with desk.sat_at((48, 24)):
        await desk.open(form())
        await desk.settle()
        below = [line for line in desk.lines if "CORES" in line]
        assert below == []
        await desk.press("tab")
        assert "1 to 64" not in desk.lines[2]
        (below,) = [line for line in desk.lines if "CORES" in line]
        assert below.split("CORES")[1].split() == ["1", "to", "64;", "now", "4;", "needed"]


async def test_choices_move_with_h_and_l_and_digits() -> None:
    desk = Desk(machine("m-1"))
    async with desk.sat_at():
        await desk.open(form())
        await desk.settle()
        seen = []
        for key in ("l", "h", "h", "2", "g", "b", "right", "left", "z"):
            await desk.press(key)
            seen.append(desk.lines[1].split("[ ")[1].split(" ]")[0])
    assert seen == ["red", "grey", "blue", "red", "grey", "blue", "grey", "blue", "blue"]


async def test_a_keyboards_own_key_for_a_square_chooses_nothing_and_ends_nothing() -> None:
    desk = Desk(machine("m-1"))
    async with desk.sat_at():
        await desk.open(form())
        await desk.settle()
        before = desk.lines[1]
        await desk.press("\u00b2", "\u0663")
        assert desk.lines[1] == before
        assert isinstance(desk.app.screen, FormScreen)


async def test_j_and_k_go_through_the_fields_where_no_text_is_typed() -> None:
    desk = Desk(machine("m-1"))
    async with desk.sat_at():
        await desk.open(form())
        await desk.settle()
        await desk.press("j")
        assert desk.focused == "f-cores"
        await desk.press("up")
        assert desk.focused == "f-colour"
        await desk.press("tab", "tab", "tab", "tab", "tab")
        assert desk.focused == "go"
        await desk.press("k")
        assert desk.focused == "f-password"


async def test_a_value_that_the_service_refuses_marks_its_field_and_nothing_is_lost() -> None:
    desk = Desk(machine("m-1"))
    desk.wire.send_error = Rejected("sysinv", 400, "machine has not that many cores: 8")
    async with desk.sat_at():
        await desk.open(form())
        await desk.settle()
        await desk.press("r", "enter")
        await desk.type("8")
        await desk.press("enter", "enter", "enter", "enter", "enter")
        await desk.settle()
        await desk.type("yes")
        await desk.press("enter")
        await desk.settle()
        assert isinstance(desk.app.screen, FormScreen)
        assert desk.focused == "f-cores"
        assert "8____" in desk.lines[2]
        assert "! REFUSED: machine has not that" in desk.lines[2]
        assert "refused: machine has not that many cores: 8" in desk.text
        assert "[ red ]" in desk.lines[1]
        await desk.type("1")
        assert "REFUSED" not in desk.text
    assert len(desk.wire.sent) == 1


@pytest.mark.parametrize("keys", [("q",), ("escape",), ("enter", "escape")])
async def test_leaving_the_form_sends_nothing(keys: Tuple[str, ...]) -> None:
    desk = Desk(machine("m-1"))
    async with desk.sat_at():
        await desk.open(form())
        await desk.settle()
        await desk.press(*keys)
        await desk.pilot.pause()
        assert not isinstance(desk.app.screen, (FormScreen, ActScreen))
    assert desk.wire.sent == []


async def test_a_line_of_text_can_be_corrected_anywhere() -> None:
    desk = Desk(machine("m-1"))
    async with desk.sat_at():
        await desk.open(form())
        await desk.settle()
        await desk.press("enter", "enter")
        await desk.type("abd")
        await desk.press("left")
        await desk.type("c")
        await desk.press("home", "delete", "end")
        await desk.paste("é\x1b[2J\nx")
        assert "bcdé" in desk.lines[3]
        assert "\x1b" not in desk.text
        await desk.press("ctrl+u")
        assert "owner    > ____" in desk.lines[3]


@pytest.mark.parametrize("size", [(160, 50), (40, 12), (10, 3)])
async def test_any_size_can_be_filled(size: Tuple[int, int]) -> None:
    desk = Desk(machine("m-1"))
    async with desk.sat_at(size):
        await desk.open(FormScreen(MACHINES, PAINT, ("id-m-1",)))
        await desk.press("r", "enter", "enter", "enter", "enter", "enter", "enter")
        await desk.pilot.pause()
        assert not isinstance(desk.app.screen, FormScreen)
    assert isinstance(filled(Paint, {"cores": "4"}), Paint)
