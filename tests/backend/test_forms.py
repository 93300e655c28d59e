"""Forms as text: what was given beside what is so, and the field that a refusal names."""

from __future__ import annotations

from typing import Optional, Tuple

import pytest
from pydantic import Field

from backend.forms import field_named, filled, given, texts_of
from backend.kind import Form
from backend.mask import MASK
from tests.backend.things import Thing


class Change(Form):
    name: Optional[str] = None
    imtu: Optional[int] = Field(default=None, json_schema_extra={"called": ["MTU"]})
    vlan_id: Optional[int] = None
    sriov_numvfs: Optional[int] = Field(
        default=None, title="VFs", json_schema_extra={"called": ["number of SR-IOV VFs"]}
    )
    uses: Tuple[str, ...] = ()
    password: Optional[str] = Field(default=None, json_schema_extra={"secret": True})


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ("Interface MTU (9001) cannot be larger than MTU of underlying interface", "imtu"),
        ("VLAN id must be between 1 and 4094.", "vlan_id"),
        ("Value for number of SR-IOV VFs must be > 0.", "sriov_numvfs"),
        ("invalid literal for 'vlan_id'", "vlan_id"),
        ("the mtuned profile is away", ""),
        ("Host must be locked.", ""),
        ("", ""),
    ],
)
def test_a_refusal_names_a_field_by_its_name_or_the_services_word_for_it(
    words: str, field: str
) -> None:
    assert field_named(Change, words) == field


def test_what_was_given_stands_beside_what_is_so_and_a_secret_is_masked() -> None:
    row = Thing(uuid="u", name="old")
    found = {one.name: one for one in given(Change(name="new", password="hush"), row)}
    assert (found["name"].now, found["name"].value) == ("old", "new")
    assert found["name"].is_news
    assert found["password"].value == MASK
    assert not given(Change(name="old"), row)[0].is_news


def test_several_values_are_given_with_blanks_or_commas() -> None:
    assert filled(Change, {"uses": "eth0, eth1 eth2"}) == Change(uses=("eth0", "eth1", "eth2"))


def test_a_form_goes_back_to_the_texts_it_was_made_of_without_its_secrets() -> None:
    form = Change(name="n", imtu=1500, uses=("a", "b"), password="hush")
    texts = texts_of(form)
    assert "password" not in texts
    assert filled(Change, texts) == Change(name="n", imtu=1500, uses=("a", "b"))


def test_a_field_that_is_none_of_the_forms_is_said_by_its_name() -> None:
    wrong = filled(Change, {"colour": "red"})
    assert isinstance(wrong, dict)
    assert "colour" in wrong


def test_no_repr_of_a_form_shows_what_is_secret() -> None:
    class Login(Form):
        user: str
        password: str = Field(json_schema_extra={"secret": True})

    made = Login(user="ann", password="hunter2")
    assert "ann" in repr(made)
    assert "hunter2" not in f"{made!r} {made}"
