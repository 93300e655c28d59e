"""sysinv's rows against bad bodies: each typed field mistyped or missing, others odd."""

from __future__ import annotations

from typing import Any, Dict, Iterator, Tuple

import pytest
from pydantic import ValidationError

from backend.kinds import every_kind
from tests.backend.kinds.invented import INVENTED
from tests.backend.kinds.site import PARTS, WHOLE, bodies, host, named, site

NAMES = tuple(kind.name for kind in every_kind() if kind.name in {*WHOLE, *PARTS, "health"})


def body_of(name: str) -> Dict[str, Any]:
    return dict(INVENTED["kube-upgrade"]) if name == "kube-upgrade" else dict(bodies(name)[0])


def typed() -> Iterator[Tuple[str, str]]:
    for name in NAMES:
        for field in named(name).model.model_fields:
            yield name, field


@pytest.mark.parametrize(("name", "field"), list(typed()))
def test_a_mistyped_field_is_named(name: str, field: str) -> None:
    class Odd:
        pass

    with pytest.raises(ValidationError) as caught:
        named(name).model.read({**body_of(name), field: Odd()})
    assert caught.value.errors()[0]["loc"][0] == field


@pytest.mark.parametrize(("name", "field"), list(typed()))
def test_a_missing_field_is_named_or_does_not_matter(name: str, field: str) -> None:
    body = {key: value for key, value in body_of(name).items() if key != field}
    model = named(name).model
    if model.model_fields[field].is_required():
        with pytest.raises(ValidationError) as caught:
            model.read(body)
        assert caught.value.errors()[0]["loc"] == (field,)
    else:
        row = model.read(body)
        known = site()
        cells = [column.cell(row, known) for column in named(name).columns]
        assert all(isinstance(cell, (str, int, float, type(None))) for cell in cells)


def test_a_field_nobody_knows_is_kept() -> None:
    row = named("hosts").model.read({**body_of("hosts"), "quantum_state": "both"})
    assert row.body["quantum_state"] == "both"


@pytest.mark.parametrize("field", ["administrative", "operational", "availability", "personality"])
def test_a_word_that_no_release_has_yet_is_shown_as_it_is(field: str) -> None:
    rows = bodies("hosts")
    rows[2] = {**rows[2], field: "half-asleep"}
    known = site(hosts=rows)
    kind, row = named("hosts"), host(known, "worker-0")
    assert "half-asleep" in [column.cell(row, known) for column in kind.columns]
    assert kind.look(row, known).mark is not None
    assert kind.verdict is not None
    assert kind.verdict(known).word in ("WARN", "NOT WELL")


def test_null_in_every_field_that_may_be_null_breaks_nothing() -> None:
    kind = named("hosts")
    body = body_of("hosts")
    for field, info in kind.model.model_fields.items():
        if not info.is_required() and field != "capabilities":
            body[field] = None
    known = site(hosts=[body])
    row = known.rows("hosts")[0]
    assert kind.columns[0].cell(row, known) == row.uuid
    assert kind.strip is not None
    assert kind.strip(row, known).lines
