"""How applications stand: which failed, which wait to be applied again, and what comes next."""

from __future__ import annotations

from typing import Any

from backend.known import Known
from backend.simulator import alarms
from backend.simulator.cloud import Cloud
from backend.tone import Mark, Tone
from tests.backend.kinds.pretended import known, known_of, pretend
from tests.backend.kinds.site import named

KIND = named("applications")
NAME = "platform-integ-apps"


def seen(cloud: Cloud) -> Known:
    return known_of(cloud, more=("applications",))


def waiting() -> Cloud:
    cloud = pretend()
    alarms.lift(cloud, "750.006", application=NAME)
    alarms.stand(cloud, "750.006", application=NAME)
    return cloud


def said(known: Known, name: str) -> Any:
    row = KIND.find(known.rows("applications"), name)
    assert KIND.strip is not None
    return {line.heading: line for line in KIND.strip(row, known).lines}


def test_one_that_waits_to_be_applied_again_says_so_everywhere_and_leads_to_its_alarm() -> None:
    known = seen(waiting())
    row = KIND.find(known.rows("applications"), NAME)
    look = KIND.look(row, known)
    assert (look.tone, look.mark) == (Tone.WARN, Mark.BAD)
    assert "750.006" in look.notes[0]
    lines = said(known, NAME)
    jump = lines["ALARM"].jump
    assert known.row(jump.kind, jump.id).alarm_id == "750.006"
    assert "Apply" in lines["NEXT"].text
    assert KIND.verdict is not None
    verdict = KIND.verdict(known)
    assert verdict.word == "WARN"
    assert NAME in verdict.text


def test_one_that_failed_comes_before_one_that_waits_and_says_how_to_go_on() -> None:
    cloud = waiting()
    for app in cloud.apps:
        if app["name"] == "cert-manager":
            app.update(status="apply-failed", progress="chart cert-manager: timed out")
    known = seen(cloud)
    row = KIND.find(known.rows("applications"), "cert-manager")
    assert KIND.look(row, known).notes == ("chart cert-manager: timed out",)
    assert KIND.verdict is not None
    verdict = KIND.verdict(known)
    assert (verdict.word, verdict.tone) == ("NOT WELL", Tone.BAD)
    assert verdict.text.index("cert-manager apply-failed") < verdict.text.index(NAME)
    assert "once more" in said(known, "cert-manager")["NEXT"].text


def test_what_was_not_read_is_not_called_well() -> None:
    assert KIND.verdict is not None
    assert KIND.verdict(known(pretend(), {})).word == ""
