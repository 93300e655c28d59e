"""Applications: what is sent, when sysinv refuses, and where an apply is really at its end."""

from __future__ import annotations

import json
from typing import Any, Dict

import pytest

from backend.kind import Answer, RestWrite, Risk
from backend.known import Known
from backend.simulator import sysinv
from backend.simulator.cloud import Cloud
from backend.simulator.exchange import Request
from backend.simulator.keystone import Token
from backend.simulator.refuse import Refusal
from tests.backend.kinds.pretended import BASE, known, pretend, read
from tests.backend.kinds.site import named

KIND = named("applications")


def seen(cloud: Cloud) -> Known:
    return known(cloud, {("applications", ""): read(cloud, "applications")})


def row(cloud: Cloud, name: str) -> Any:
    return KIND.find(read(cloud, "applications").rows, name)


def send(cloud: Cloud, verb: str, name: str = "", **form: Any) -> Any:
    """Plan an act on what is there, and have the pretend sysinv do it."""
    action = KIND.action(verb)
    assert action is not None
    one = row(cloud, name) if name else None
    plan = action.plan(one, action.form.model_validate(form), seen(cloud))
    (step,) = plan.steps
    assert isinstance(step.write, RestWrite)
    path, _, query = step.write.path.partition("?")
    pairs = tuple(tuple(part.split("=", 1)) for part in query.split("&") if part)
    now = cloud.now()
    token = Token(id="t", user="admin", issued_at=now, expires_at=now, audit="a")
    body = b"" if step.write.body is None else json.dumps(step.write.body).encode()
    request = Request(
        method=step.write.method,
        path=f"/platform/v1{path}",
        base=BASE,
        query=pairs,  # type: ignore[arg-type]
        body=body,
    )
    return sysinv.reply(cloud, request, path.strip("/").split("/"), token)


def reasons(cloud: Cloud, verb: str, name: str) -> Dict[str, Answer]:
    action = KIND.action(verb)
    assert action is not None
    said = action.reasons(row(cloud, name), action.form(), seen(cloud))
    return {one.check: one.answer for one in said}


def stands(cloud: Cloud, verb: str, name: str) -> int:
    """Return how many rungs of an act are reached."""
    action = KIND.action(verb)
    assert action is not None
    assert action.ladder is not None
    one = row(cloud, name)
    rungs = action.ladder(one, seen(cloud))
    return sum(rung.reached(one, seen(cloud)) for rung in rungs)


def test_an_application_is_applied_in_its_time_and_the_ladder_follows() -> None:
    cloud = pretend("site-7")
    assert stands(cloud, "apply", "oidc-auth-apps") == 0
    send(cloud, "apply", "oidc-auth-apps")
    assert row(cloud, "oidc-auth-apps").status == "applying"
    assert stands(cloud, "apply", "oidc-auth-apps") == 1
    says = KIND.look(row(cloud, "oidc-auth-apps"), seen(cloud)).notes
    assert says == ("generating application overrides",)
    cloud.clock.advance(10)
    says = KIND.look(row(cloud, "oidc-auth-apps"), seen(cloud)).notes
    assert says == ("retrieving docker images",)
    cloud.clock.advance(200)
    assert row(cloud, "oidc-auth-apps").status == "applied"
    assert stands(cloud, "apply", "oidc-auth-apps") == 2


def test_an_abort_leaves_it_failed_and_the_deed_says_in_whose_words() -> None:
    cloud = pretend("site-7")
    send(cloud, "apply", "oidc-auth-apps")
    send(cloud, "abort", "oidc-auth-apps")
    apply = KIND.action("apply")
    assert apply is not None
    assert apply.failed is not None
    words = apply.failed(row(cloud, "oidc-auth-apps"), seen(cloud))
    assert words == "apply-failed: operation aborted by user"
    cloud.clock.advance(200)
    assert row(cloud, "oidc-auth-apps").status == "apply-failed"


@pytest.mark.parametrize("verb", ["apply", "remove", "abort", "delete"])
@pytest.mark.parametrize("status", ["uploaded", "applied", "applying", "apply-failed", "removing"])
def test_our_checks_refuse_exactly_what_sysinv_refuses(verb: str, status: str) -> None:
    cloud = pretend("site-7")
    app = next(one for one in cloud.apps if one["name"] == "oidc-auth-apps")
    app["status"] = status
    ours = Answer.NO in reasons(cloud, verb, "oidc-auth-apps").values()
    if ours:
        with pytest.raises(Refusal, match=f"current status is {status}"):
            send(cloud, verb, "oidc-auth-apps")
    else:
        send(cloud, verb, "oidc-auth-apps")


def test_a_package_is_uploaded_and_one_that_is_there_is_refused() -> None:
    cloud = pretend("site-7")
    send(cloud, "upload", tarfile="/home/sysadmin/vault-v1.2-3.tgz")
    assert row(cloud, "vault").status == "uploading"
    cloud.clock.advance(60)
    found = row(cloud, "vault")
    assert (found.status, found.app_version) == ("uploaded", "1.2-3")
    with pytest.raises(Refusal):
        send(cloud, "upload", tarfile="/home/sysadmin/vault-v1.2-3.tgz")
    send(cloud, "delete", "vault")
    assert not [one for one in cloud.apps if one["name"] == "vault"]


def test_a_package_that_is_no_path_of_one_is_refused_before_it_is_sent() -> None:
    upload = KIND.action("upload")
    assert upload is not None
    form = upload.form.model_validate({"tarfile": "vault.zip"})
    (said,) = upload.reasons(None, form, seen(pretend("site-7")))
    assert said.words == "vault.zip is no path of a .tgz or .tar.gz there"


def test_a_removal_wants_the_name_and_says_what_goes_with_it() -> None:
    cloud = pretend("site-7")
    remove = KIND.action("remove")
    assert remove is not None
    one = row(cloud, "cert-manager")
    assert remove.risk(one, remove.form(), seen(cloud)) is Risk.DESTRUCTIVE
    (said,) = remove.consequences(one, remove.form(), seen(cloud))
    assert "no" in said.words
    assert "certificates" in said.words
    send(cloud, "remove", "cert-manager")
    assert row(cloud, "cert-manager").progress == "deleting application manifest"
    cloud.clock.advance(200)
    assert row(cloud, "cert-manager").status == "uploaded"
