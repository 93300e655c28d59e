"""The upgrade of Kubernetes: which step is offered when, in the service's own order."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Dict, List, Tuple

import pytest

from backend.kind import Answer
from backend.kinds.kube_host_upgrades import KUBE_HOST_UPGRADES
from backend.kinds.kube_steps import STEPS, next_of, order
from backend.kinds.kube_upgrade import KUBE_UPGRADE, StartForm
from backend.known import Known, Reading
from tests.backend.kinds.invented import INVENTED
from tests.backend.kinds.site import bodies, reading, site
from tests.peers.replay import rows_of

AFTER = ["update-applications-after", "delete"]
HOSTS = "/sysinv/v1/kube_host_upgrades"


def known_in(state: str, *, simplex: bool = False, version: str = "v1.29.2") -> Known:
    recorded = site()
    hosts = [{**row, "kubelet_version": version} for row in rows_of(HOSTS, "kube_host_upgrades")]
    system = {**bodies("system")[0], "system_mode": "simplex" if simplex else "duplex"}
    readings: Dict[Tuple[str, str], Reading[Any]] = {
        **recorded.readings,
        ("system", ""): reading("system", [system]),
        ("kube-upgrade", ""): reading(
            "kube-upgrade", [{**INVENTED["kube-upgrade"], "state": state}]
        ),
        ("kube-host-upgrades", ""): reading("kube-host-upgrades", hosts),
    }
    if simplex:
        first = next(row for row in recorded.rows("hosts") if row.hostname == "controller-0")
        readings["hosts", ""] = reading("hosts", [dict(first.body)])
    return replace(recorded, readings=readings)


def offered(known: Known) -> List[str]:
    """Return the steps that nothing speaks against."""
    (row,) = known.rows("kube-upgrade")
    found = []
    for action in KUBE_UPGRADE.actions:
        if action.on_kind or (action.hidden is not None and action.hidden(row, known)):
            continue
        reasons = action.reasons(row, action.form(), known)
        if not any(reason.answer is Answer.NO for reason in reasons):
            found.append(action.name)
    return found


@pytest.mark.parametrize(
    ("state", "duplex", "simplex"),
    [
        ("upgrade-started", ["download-images"], ["download-images", "abort"]),
        ("downloading-images", [], ["abort"]),
        ("downloading-images-failed", ["download-images"], ["download-images", "abort"]),
        ("downloaded-images", ["update-applications"], ["update-applications", "abort"]),
        ("pre-updated-apps", ["networking"], ["networking", "abort"]),
        ("upgraded-networking", ["storage"], ["storage", "abort"]),
        ("upgraded-storage", [], ["cordon", "abort"]),
        ("upgrade-complete", AFTER, AFTER),
        ("post-updated-apps", ["delete"], ["delete"]),
        ("upgrade-aborted", ["delete"], ["delete"]),
        ("pondering", [], ["abort"]),
    ],
)
def test_a_step_is_offered_in_the_states_in_which_sysinv_takes_it(
    state: str, duplex: List[str], simplex: List[str]
) -> None:
    assert offered(known_in(state)) == duplex
    assert offered(known_in(state, simplex=True)) == simplex


def test_complete_waits_for_every_kubelet() -> None:
    behind, ready = (known_in("upgrading-kubelets", version=v) for v in ("v1.29.2", "v1.30.6"))
    assert offered(behind) == []
    assert offered(ready) == ["complete"]
    (row,) = behind.rows("kube-upgrade")
    assert next_of(row, behind).startswith("upgrade the kubelet of controller-0")


def test_cordon_comes_before_the_control_plane_and_only_on_simplex() -> None:
    one, two = order(known_in("x", simplex=True)), order(known_in("x"))
    assert one.index("cordon-complete") < one.index("upgraded-first-master")
    assert one.index("upgrading-kubelets") < one.index("uncordon-complete")
    assert "cordon-complete" not in two
    assert two.index("upgraded-first-master") < two.index("upgraded-second-master")


@pytest.mark.parametrize("state", [*dict.fromkeys(order(known_in("x", simplex=True))), "pondering"])
def test_every_state_says_what_is_next_and_is_drawn(state: str) -> None:
    for simplex in (True, False):
        known = known_in(state, simplex=simplex)
        (row,) = known.rows("kube-upgrade")
        assert next_of(row, known)
        figure = KUBE_UPGRADE.tabs[1].figure
        assert figure is not None
        drawn = figure(row, known)
        assert drawn.current in drawn.states  # type: ignore[union-attr]


@pytest.mark.parametrize("state", list(dict.fromkeys(order(known_in("x", simplex=True)))))
def test_the_key_that_is_said_to_be_next_is_one_that_is_offered(state: str) -> None:
    known = known_in(state, simplex=True, version="v1.30.6")
    (row,) = known.rows("kube-upgrade")
    assert KUBE_UPGRADE.strip is not None
    first, *_ = KUBE_UPGRADE.strip(row, known).lines
    assert first.heading == "NEXT"
    keys = {KUBE_UPGRADE.action(name).key for name in offered(known)}  # type: ignore[union-attr]
    told = first.text.rpartition("(a, ")[2].rstrip(")") if "(a, " in first.text else ""
    assert not told or told in keys


def test_on_simplex_the_pods_come_back_before_the_upgrade_is_completed() -> None:
    for simplex, says in ((True, "let pods back"), (False, "complete")):
        known = known_in("upgrading-kubelets", simplex=simplex, version="v1.30.6")
        (row,) = known.rows("kube-upgrade")
        assert next_of(row, known) == says


def sent(name: str, known: Known) -> Tuple[str, str]:
    action = KUBE_UPGRADE.action(name)
    assert action is not None
    (step,) = action.plan(known.rows("kube-upgrade")[0], action.form(), known).steps
    return step.write.request, " ".join(step.write.command)


def state_of(state: str, **more: str) -> str:
    said = {**more, "state": state}
    body = [{"op": "replace", "path": f"/{key}", "value": value} for key, value in said.items()]
    return f"sysinv/kube_upgrade {json.dumps(body)}"


def test_what_is_sent_is_what_the_vendor_s_client_sends() -> None:
    known = known_in("upgraded-storage", simplex=True)
    assert sent("download-images", known) == (
        f"PATCH {state_of('downloading-images')}",
        "system kube-upgrade-download-images",
    )
    assert sent("cordon", known) == (
        f"PATCH {state_of('cordon-started', hostname='controller-0')}",
        "system kube-host-cordon controller-0",
    )
    start = KUBE_UPGRADE.action("start")
    assert start is not None
    (step,) = start.plan(None, StartForm(to_version="v1.30.6"), known).steps
    assert step.write.request == (
        'POST sysinv/kube_upgrade {"to_version": "v1.30.6", "force": false}'
    )
    assert len({one.command for one in STEPS}) == len(STEPS)


def refusals(name: str, row: Any, known: Known) -> List[str]:
    action = KUBE_HOST_UPGRADES.action(name)
    assert action is not None
    found = action.reasons(row, action.form(), known)
    return [reason.words for reason in found if reason.answer is Answer.NO]


def of_host(known: Known, name: str) -> Any:
    host = next(host for host in known.rows("hosts") if host.hostname == name)
    return next(row for row in known.rows("kube-host-upgrades") if row.host_id == host.id)


def test_a_kubelet_is_upgraded_on_a_locked_host_controllers_first() -> None:
    known = known_in("upgrading-kubelets")
    assert refusals("upgrade-kubelet", of_host(known, "worker-1"), known) == [
        "controller-0 runs v1.29.2"
    ]
    assert refusals("upgrade-kubelet", of_host(known, "controller-1"), known) == [
        "controller-1 is unlocked/available: lock it first"
    ]


def test_the_control_planes_come_after_the_storage_one_by_one() -> None:
    for state, said in (
        ("upgraded-networking", ["it is upgraded-networking"]),
        ("upgraded-storage", []),
        ("upgraded-first-master", []),
        ("upgraded-second-master", ["it is upgraded-second-master"]),
    ):
        known = known_in(state)
        row = of_host(known, "controller-1")
        assert refusals("upgrade-control-plane", row, known) == said
