"""Overrides of an application's charts: side by side, edited, and what is sent by which release."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict

import pytest

from backend.errors import Refused
from backend.kind import RestWrite, Risk
from backend.kinds.application_overrides import OVERRIDE, OverridesForm
from backend.kinds.application_values import Chart, side_by_side
from backend.known import Known
from tests.backend.kinds.acted import act, as_text, changed, known_with, vendor
from tests.backend.kinds.invented import INVENTED
from tests.backend.kinds.site import named, reading

CHART = Chart.read(INVENTED["charts"])
TEXT = "provisioner:\n  replicaCount: 3\n"


def seen(release: str = "24.09", **values: Any) -> Known:
    """Return the site with the values of that chart read."""
    known = known_with(system=changed("system", software_version=release))
    body = {**INVENTED["helm-overrides"], **values}
    found = replace(reading("helm-overrides", [body]), parent=CHART.key)
    return replace(known, readings={**known.readings, ("helm-overrides", CHART.key): found})


def sent(plan: Any) -> RestWrite:
    (step,) = plan.steps
    assert isinstance(step.write, RestWrite)
    return step.write


def request(write: RestWrite) -> Dict[str, Any]:
    return {"method": write.method, "path": f"/platform/v1{write.path}", "body": write.body}


def test_values_stand_side_by_side_and_secrets_are_masked() -> None:
    lines = [line.text.split() for line in side_by_side(CHART, seen()).lines]
    assert lines[0] == ["VALUE", "SYSTEM", "USER", "IN", "FORCE"]
    assert ["provisioner.replicaCount", "2", "1", "1"] in lines
    assert ["storageClass.name", "general", "-", "general"] in lines
    assert ["provisioner.password", "-", "********", "********"] in lines
    assert all(len(line.text) < 80 for line in side_by_side(CHART, seen()).lines)


def test_an_edit_shows_what_would_be_in_force_and_sends_the_whole_of_it() -> None:
    known = seen()
    assert OverridesForm.begins(CHART, known) == INVENTED["helm-overrides"]["user_overrides"]
    form = OverridesForm.of(CHART, known, TEXT)
    assert "-  replicaCount: 1" in form.lines(CHART, seen())
    assert "+  replicaCount: 3" in form.lines(CHART, seen())
    words = [one.words for one in OVERRIDE.consequences(CHART, form, known)]
    assert "provisioner.replicaCount: 1 -> 3" in words
    assert "provisioner.password: ******** -> -" in words
    assert "it is held until the application is applied: apply rolls it out" in words
    write = sent(OVERRIDE.plan(CHART, form, known))
    told = vendor("system helm-override-update --values FILE platform-integ-apps rbd-provisioner "
                  "kube-system")  # fmt: skip
    assert request(write) == {
        "method": told["method"],
        "path": told["path"],
        "body": {**told["body"], "values": {"files": [TEXT], "set": []}},
    }
    assert "replicaCount" not in write.request


def test_an_empty_text_drops_what_the_user_gave() -> None:
    form = OverridesForm.of(CHART, seen(), "# nothing of mine\n")
    write = sent(OVERRIDE.plan(CHART, form, seen()))
    told = vendor("system helm-override-delete platform-integ-apps rbd-provisioner kube-system")
    assert (write.method, f"/platform/v1{write.path}") == (told["method"], told["path"])
    assert "+  replicaCount: 2" in form.lines(CHART, seen())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [1\n", "line 2"),
        ("- a\n", "an object is wanted"),
        (INVENTED["helm-overrides"]["user_overrides"], "nothing is changed"),
    ],
)
def test_a_text_that_is_none_is_refused_before_anything_is_sent(text: str, words: str) -> None:
    with pytest.raises(Refused, match=words):
        OverridesForm.of(CHART, seen(), text)


def test_values_that_another_changed_meanwhile_are_not_written_over() -> None:
    form = OverridesForm.of(CHART, seen(), TEXT)
    (reason,) = OVERRIDE.reasons(CHART, form, seen(user_overrides="theirs: 1\n"))
    assert reason.blocks
    assert "others than when the text was opened" in reason.words


@pytest.mark.parametrize(
    ("release", "kept"),
    [
        ("24.09", {"flag": None}),
        ("25.09", {"flag": None}),
        (
            "26.09",
            {
                "flags": {
                    "reuse_values": True,
                    "reset_values": False,
                    "reapply": False,
                    "reapply_all": False,
                }
            },
        ),
    ],
)
def test_switching_a_chart_keeps_what_the_user_gave_in_every_release(
    release: str, kept: Dict[str, Any]
) -> None:
    known = seen(release)
    disable = act("charts", "disable")
    body = sent(disable.plan(CHART, None, known)).body
    assert body == {**kept, "values": {}, "attributes": {"enabled": "false"}}
    assert disable.risk(CHART, None, known) is Risk.DISRUPTIVE
    if "flag" in kept:
        told = vendor("system helm-chart-attribute-modify --enabled false platform-integ-apps "
                      "rbd-provisioner kube-system")  # fmt: skip
        assert as_text(body) == as_text(told["body"])


def test_a_chart_is_offered_what_it_is_not() -> None:
    off = Chart.read({**INVENTED["charts"], "enabled": [False]})
    known = seen()
    for row, verb in ((CHART, "disable"), (off, "enable")):
        shown = [
            one.name
            for one in named("charts").actions
            if one.hidden is None or not one.hidden(row, known)
        ]
        assert shown == ["override", verb]


def test_values_are_never_recorded() -> None:
    kind = named("helm-overrides")
    assert {"system_overrides", "user_overrides", "combined_overrides"} <= kind.secret
    form = OverridesForm.of(CHART, seen(), TEXT)
    from backend.forms import said

    assert not said(form)
