"""Applications with a newer version: which, what an update sends, and what becomes of values."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any, Dict, Mapping, Optional, Tuple

import pytest

from backend.errors import Absent
from backend.kind import Answer, Derived, RestWrite
from backend.kinds.application_packages import version_in
from backend.known import Known, Reading
from backend.simulator import sysinv
from backend.simulator.cloud import Cloud
from backend.simulator.exchange import Request
from backend.simulator.keystone import Token
from backend.simulator.refuse import Refusal
from backend.sources.bodies import bodies
from backend.tone import Tone
from tests.backend.kinds.pretended import BASE, known, of_rows, pretend, read
from tests.backend.kinds.site import named
from tests.backend.kinds.test_application_acts import send

NAME = "nginx-ingress-controller"
CHART = (NAME, "ingress-nginx")
FOLDER = "/usr/local/share/applications/helm"
NEW = f"{FOLDER}/{NAME}-24.09-3.tgz"
VALUES = {"controller": {"replicas": 3}, "tcp": {"22": "a"}}


def ask(cloud: Cloud, path: str) -> Any:
    """Ask the pretend sysinv for the rows under a path."""
    where, _, query = path.partition("?")
    pairs = tuple(tuple(part.split("=", 1)) for part in query.split("&"))
    now = cloud.now()
    request = Request(
        method="GET",
        path=f"/platform/v1{where}",
        base=BASE,
        query=pairs,  # type: ignore[arg-type]
    )
    token = Token(id="t", user="admin", issued_at=now, expires_at=now, audit="a")
    return sysinv.reply(cloud, request, where.strip("/").split("/"), token).body


def packages(cloud: Cloud) -> Reading[Any]:
    """Read the packages that the release brought, as the console asks for them."""
    kind = named("application-packages")
    path = kind.read.path.format(parent=cloud.kube.running[1:])  # type: ignore[union-attr]
    rows = [kind.model.read({**one, "kube_version": "1"}) for one in bodies(ask(cloud, path), "")]
    return of_rows(cloud, "application-packages", rows)


def charts(cloud: Cloud) -> Dict[Tuple[str, str], Reading[Any]]:
    """Read the charts of the application, and the values that users gave each of them."""
    found = {}
    rows = bodies(ask(cloud, f"/helm_charts?app_name={NAME}"), "charts")
    charts = [named("charts").model.read({**one, "app": NAME}) for one in rows]
    found["charts", NAME] = of_rows(cloud, "charts", charts, NAME)
    for chart in charts:
        query = f"name={chart.name}&namespace={chart.namespace}"  # type: ignore[attr-defined]
        (said,) = bodies(ask(cloud, f"/helm_charts/{NAME}?{query}"), "")
        key = chart.key  # type: ignore[attr-defined]
        row = named("helm-overrides").model.read({**said, "of": key})
        found["helm-overrides", key] = of_rows(cloud, "helm-overrides", [row], key)
    return found


def seen(cloud: Cloud, more: Optional[Mapping[Any, Reading[Any]]] = None) -> Known:
    """Return what is known of applications, packages and charts, with the board worked out."""
    readings = {("applications", ""): read(cloud, "applications")}
    readings["application-packages", ""] = packages(cloud)
    readings.update(charts(cloud))
    readings.update(more or {})
    board = named("application-updates")
    assert isinstance(board.read, Derived)
    rows = [board.model.read(body) for body in board.read.rows(known(cloud, readings))]
    readings["application-updates", ""] = of_rows(cloud, "application-updates", rows)
    return known(cloud, readings)


def row(cloud: Cloud, name: str = NAME, kind: str = "application-updates") -> Any:
    return seen(cloud).row(kind, name)


def sent(cloud: Cloud, name: str = NAME, **form: Any) -> RestWrite:
    action = named("application-updates").action("update")
    assert action is not None
    plan = action.plan(row(cloud, name), action.form.model_validate(form), seen(cloud))
    write = plan.steps[0].write
    assert isinstance(write, RestWrite)
    return write


def says(cloud: Cloud, more: Any = None, **form: Any) -> Dict[str, Tone]:
    """Return what an update would come to, with how bad that is."""
    action = named("application-updates").action("update")
    assert action is not None
    told = action.consequences(row(cloud), action.form.model_validate(form), seen(cloud, more))
    return {one.words: one.tone for one in told}


def with_values(cloud: Cloud) -> Cloud:
    cloud.overrides[CHART] = copy.deepcopy(VALUES)
    return cloud


# --- which -------------------------------------------------------------------------------------


def test_which_applications_have_a_newer_version_is_said_and_they_stand_first() -> None:
    known = seen(pretend("site-7"))
    kind = named("application-updates")
    assert kind.sort is not None
    rows = sorted(known.rows(kind.name), key=lambda one: kind.sort(one, known))  # type: ignore[misc]
    newer = [(one.name, one.app_version, one.newer) for one in rows if one.newer]
    assert newer == [
        ("cert-manager", "24.09-9", "24.09-12"),
        (NAME, "24.09-2", "24.09-3"),
        ("oidc-auth-apps", "24.09-1", "24.09-3"),
    ]
    assert [one.name for one in rows[:3]] == [name for name, _, _ in newer]
    assert kind.verdict is not None
    verdict = kind.verdict(known)
    assert (verdict.word, verdict.tone) == ("NEWER", Tone.WARN)
    assert verdict.text == "3 of 5 applications have newer versions in this release."
    # What runs what the release brought, or is newer, says nothing.
    assert kind.look(known.row(kind.name, "platform-integ-apps"), known).mark.value == " "
    assert kind.look(known.row(kind.name, NAME), known).mark.value == "+"


def test_a_release_that_cannot_tell_its_packages_is_said_and_an_update_stays_possible() -> None:
    cloud = pretend("site-7")
    error = Absent("sysinv", "no such path")
    unread = replace(Reading(kind="application-packages", parent=""), error=error, tried_ms=1)
    known = seen(cloud, {("application-packages", ""): unread})
    kind = named("application-updates")
    assert kind.verdict is not None
    assert kind.verdict(known).word == "CANNOT"
    update = kind.action("update")
    assert update is not None
    found = known.row(kind.name, NAME)
    no = [one.words for one in update.reasons(found, update.form(), known) if one.blocks]
    assert no == [f"which the release brings is not told: {error.words}: give the path of one"]
    path = update.form.model_validate({"tarfile": f"/home/sysadmin/{NAME}-24.09-4.tgz"})
    assert not [one for one in update.reasons(found, path, known) if one.blocks]


@pytest.mark.parametrize(
    ("path", "name", "version"),
    [
        (f"{FOLDER}/cert-manager-24.09-12.tgz", "cert-manager", "24.09-12"),
        (f"{FOLDER}/vault-v1.2-3.tar.gz", "vault", "v1.2-3"),
        (f"{FOLDER}/rook-ceph-24.09-7.tgz", "rook", ""),
        (f"{FOLDER}/rook-ceph-24.09-7.tgz", "ceph", ""),
        ("https://10.10.10.9/cert-manager.tgz", "cert-manager", ""),
    ],
)
def test_a_package_is_of_the_application_that_its_file_is_called_by(
    path: str, name: str, version: str
) -> None:
    assert version_in(path, name) == version


# --- what is sent, and what is kept ------------------------------------------------------------


def test_an_update_with_the_overrides_kept_says_so_in_its_request_and_keeps_them() -> None:
    cloud = with_values(pretend("site-7"))
    write = sent(cloud)
    assert (write.method, write.path) == ("POST", "/apps/update")
    assert write.body == {
        "name": NAME,
        "tarfile": NEW,
        "reuse_user_overrides": "true",
        "reuse_attributes": "true",
    }
    options = ("--reuse-user-overrides", "true", "--reuse-attributes", "true")
    assert write.command[-5:-1] == options
    assert says(cloud)["2 values that users gave ingress-nginx: kept"] is Tone.PLAIN
    send(cloud, "update", NAME, tarfile=NEW)
    cloud.clock.advance(300)
    assert row(cloud).app_version == "24.09-3"
    assert cloud.overrides[CHART] == VALUES


def test_an_update_with_the_overrides_dropped_says_what_is_lost_and_they_are_gone() -> None:
    cloud = with_values(pretend("site-7"))
    cloud.chart_attributes[CHART] = {"enabled": False}
    drop = {"reuse_user_overrides": "no", "reuse_attributes": "no"}
    body = sent(cloud, **drop).body
    assert isinstance(body, dict)
    assert (body["reuse_user_overrides"], body["reuse_attributes"]) == ("false", "false")
    told = says(cloud, **drop)
    assert told["2 values that users gave ingress-nginx: DROPPED"] is Tone.BAD
    assert told["chart ingress-nginx is disabled: DROPPED"] is Tone.BAD
    send(cloud, "update", NAME, tarfile=NEW, **drop)
    cloud.clock.advance(300)
    assert row(cloud).app_version == "24.09-3"
    assert CHART not in cloud.overrides
    assert CHART not in cloud.chart_attributes


def test_an_update_that_leaves_it_to_the_package_sends_nothing_of_it_and_warns() -> None:
    cloud = with_values(pretend("site-7"))
    leave = {"reuse_user_overrides": "by-package", "reuse_attributes": "by-package"}
    write = sent(cloud, **leave)
    assert write.body == {"name": NAME, "tarfile": NEW}
    assert write.command == ("system", "application-update", "-n", NAME, NEW)
    becomes = "as the package says (unsaid: dropped)"
    assert says(cloud, **leave)[f"2 values that users gave ingress-nginx: {becomes}"] is Tone.WARN
    send(cloud, "update", NAME, tarfile=NEW, **leave)
    cloud.clock.advance(300)
    assert CHART not in cloud.overrides


def test_values_that_were_not_read_are_told_as_not_read_and_never_as_none() -> None:
    cloud = with_values(pretend("site-7"))
    unread = Reading(kind="charts", parent=NAME)  # type: ignore[var-annotated]
    told = says(cloud, {("charts", NAME): unread}, reuse_user_overrides="no")
    assert told["the users' values were not read: DROPPED if there are any"] is Tone.BAD


# --- what is refused, and how it ends ----------------------------------------------------------


@pytest.mark.parametrize("status", ["uploaded", "applied", "updating", "apply-failed"])
@pytest.mark.parametrize("version", ["24.09-2", "24.09-3"])
def test_our_checks_refuse_the_updates_that_sysinv_refuses(status: str, version: str) -> None:
    cloud = pretend("site-7")
    next(one for one in cloud.apps if one["name"] == NAME)["status"] = status
    path = f"{FOLDER}/{NAME}-{version}.tgz"
    update = named("application-updates").action("update")
    assert update is not None
    form = update.form.model_validate({"tarfile": path})
    said = update.reasons(row(cloud), form, seen(cloud))
    if Answer.NO in [one.answer for one in said]:
        with pytest.raises(Refusal):
            send(cloud, "update", NAME, tarfile=path)
    else:
        send(cloud, "update", NAME, tarfile=path)


def test_a_package_whose_name_says_nothing_is_left_to_sysinv_and_an_older_one_is_warned_of() -> (
    None
):
    cloud = pretend("site-7")
    update = named("application-updates").action("update")
    assert update is not None
    form = update.form.model_validate({"tarfile": "/home/sysadmin/new.tgz"})
    answers = [one.answer for one in update.reasons(row(cloud), form, seen(cloud))]
    assert answers == [Answer.PASSES, Answer.PASSES, Answer.CANT_TELL]
    old = says(cloud, tarfile=f"/home/sysadmin/{NAME}-24.09-1.tgz")
    assert old["that is an OLDER version than it has"] is Tone.WARN


def test_an_update_is_at_its_end_when_sysinv_says_so_and_not_by_its_version_alone() -> None:
    cloud = pretend("site-7")
    update = named("application-updates").action("update")
    assert update is not None
    assert update.ladder is not None
    rungs = update.ladder(row(cloud), seen(cloud))

    def reached() -> Tuple[bool, ...]:
        return tuple(rung.reached(row(cloud), seen(cloud)) for rung in rungs)

    assert reached() == (False, False)
    send(cloud, "update", NAME, tarfile=NEW)
    assert (row(cloud).app_version, row(cloud).status) == ("24.09-3", "updating")
    assert reached() == (True, False)
    cloud.clock.advance(300)
    assert reached() == (True, True)
    assert row(cloud).newer == ""


def test_an_update_that_fails_goes_back_with_its_values_and_the_deed_says_that_it_failed() -> None:
    cloud = with_values(pretend("site-7"))
    cloud.software.doomed.add(NAME)
    send(cloud, "update", NAME, tarfile=NEW, reuse_user_overrides="no")
    cloud.clock.advance(300)
    update = named("application-updates").action("update")
    assert update is not None
    assert update.failed is not None
    found = row(cloud)
    assert (found.status, found.app_version) == ("applied", "24.09-2")
    assert update.failed(found, seen(cloud)) == (
        "Application update from version 24.09-2 to version 24.09-3 aborted. "
        "Application recover to version 24.09-2 completed. Please check logs for details."
    )
    assert cloud.overrides[CHART] == VALUES
    look = named("application-updates").look(found, seen(cloud))
    assert any("aborted" in note for note in look.notes)


def test_the_same_update_can_be_asked_for_where_the_application_stands() -> None:
    own, board = named("applications").action("update"), named("application-updates")
    assert own is not None
    assert own is board.action("update")
    assert board.jump is not None
    to = board.jump(row(pretend("site-7")), seen(pretend("site-7")))
    assert to is not None
    assert (to.kind, to.id) == ("applications", NAME)


def test_while_the_applications_were_not_read_none_is_said_to_be_up_to_date() -> None:
    known = seen(pretend("site-7"))
    kind = named("application-updates")
    part = {k: one for k, one in known.readings.items() if k[0] not in ("applications", kind.name)}
    assert kind.verdict is not None
    assert kind.verdict(replace(known, readings=part)).word == "CANNOT"
