"""What the sources say of one host side by side, and what is odd between them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict

from backend.kind import Derived
from backend.kinds.agreement import AGREEMENT, agreement_lines, voices
from backend.known import Known, Memory, Since
from backend.tone import Mark
from tests.backend.kinds.host_scenarios import LOCKED, alarm
from tests.backend.kinds.site import STANDBY_OK, bodies, host, hosts, reading, site, uuid_of

WELL = {"controller_1": STANDBY_OK}


def kubelets(**of: str) -> Any:
    """Return the kubelets of the recorded hosts, some of another version."""
    numbers = {"controller_0": 1, "controller_1": 2, "worker_0": 3, "worker_1": 4}
    return [
        {
            "uuid": name,
            "host_id": number,
            "kubelet_version": of.get(name, "v1.29.2"),
            "status": None,
        }
        for name, number in numbers.items()
        if of.get(name) != "none"
    ]


def health(text: str = "") -> Any:
    return [{"value": f"System Health:\n{text}"}]


def known_of(**rows: Any) -> Known:
    rows = {"hosts": hosts(**WELL), "alarms": [], **rows}
    return site(**rows)


def said(known: Known, name: str) -> Dict[str, str]:
    return {voice.source: voice.says for voice in voices(host(known, name), known)}


def odd(known: Known, name: str) -> str:
    return "; ".join(v.odd for v in voices(host(known, name), known) if v.odd)


def test_each_source_that_was_read_says_its_own_and_the_others_are_left_out() -> None:
    known = known_of()
    assert said(known, "controller-0") == {
        "sysinv": "enabled",
        "services": "active",
        "BMC": "reached",
        "heard": "yes",
    }
    more = known_of(kube_host_upgrades=kubelets(), health=health())
    assert said(more, "worker-0")["kubernetes"] == "ready"
    assert "services" not in said(more, "worker-0")
    bare = Known(
        cloud="c", now_ms=0, place=known.place, readings={("hosts", ""): known.reading("hosts")}
    )
    assert set(said(bare, "controller-0")) == {"sysinv"}
    assert agreement_lines(host(bare, "controller-0"), bare) == []


def test_well_hosts_agree() -> None:
    known = known_of(kube_host_upgrades=kubelets(), health=health())
    assert {name: odd(known, name) for name in ("controller-0", "worker-0")} == {
        "controller-0": "",
        "worker-0": "",
    }


def test_services_that_run_elsewhere_than_sysinv_says_are_odd() -> None:
    rows = bodies("service-groups")
    swapped = {"controller-0": "controller-1", "controller-1": "controller-0"}
    moved = [{**row, "node_name": swapped[row["node_name"]]} for row in rows]
    known = known_of(service_groups=moved)
    assert "sysinv calls controller-0 the active" in odd(known, "controller-1")
    assert odd(known, "controller-0")


def test_a_locked_controller_whose_services_run_is_odd() -> None:
    known = known_of(hosts=hosts(controller_1={**STANDBY_OK, **LOCKED}))
    says = said(known, "controller-1")["services"]
    assert bool(odd(known, "controller-1")) == (says in ("active", "standby"))


def test_a_node_that_is_not_ready_a_kubelet_of_another_version_and_no_node_are_odd() -> None:
    sick = health("Kubernetes nodes not ready: worker-0, other\n")
    known = known_of(kube_host_upgrades=kubelets(), health=sick)
    assert odd(known, "worker-0") == "sysinv calls it enabled, and Kubernetes not ready"
    old = known_of(kube_host_upgrades=kubelets(worker_0="v1.28.4"), health=health())
    assert "its kubelet is v1.28.4, others run v1.29.2" in odd(old, "worker-0")
    gone = known_of(kube_host_upgrades=kubelets(worker_0="none"), health=health())
    assert odd(gone, "worker-0") == "Kubernetes does not know it"


def test_lost_heartbeats_of_an_enabled_host_and_a_deaf_bmc_are_odd() -> None:
    lost = known_of(alarms=[alarm("200.005", "host=worker-0")])
    assert "management heartbeats are lost" in odd(lost, "worker-0")
    deaf = known_of(
        alarms=[alarm("200.010", "host=worker-0")],
        hosts=hosts(worker_0={"bm_type": "redfish"}, **WELL),
    )
    assert said(deaf, "worker-0")["BMC"] == "not reached"


def test_it_is_a_kind_worked_out_of_its_needs_and_says_since_when_it_is_odd() -> None:
    known = known_of(alarms=[alarm("200.005", "host=worker-0")])
    assert isinstance(AGREEMENT.read, Derived)
    rows = [AGREEMENT.model.read(body) for body in AGREEMENT.read.rows(known)]
    assert len(rows) == len(known.rows("hosts"))
    row = next(one for one in rows if one.hostname == "worker-0")
    assert AGREEMENT.look(row, known).mark is Mark.BAD
    since = {("agreement", uuid_of(3), "odd"): Since(ms=known.now_ms - 180_000)}
    later = replace(known, memory=Memory(since=since))
    lines = agreement_lines(host(later, "worker-0"), later)
    assert "heard no (200.005)" in lines[0].text
    assert ", since " in lines[1].text
    cells = {column.heading: column.cell(row, later) for column in AGREEMENT.columns}
    assert cells["ODD FOR"] == "3m"


def test_a_host_between_two_states_is_busy_not_unwell() -> None:
    rows = hosts(worker_0={"task": "Enabling"}, **WELL)
    known = known_of(hosts=rows, alarms=[alarm("200.005", "host=worker-0")])
    body = {"uuid": uuid_of(3), "hostname": "worker-0", "says": {}, "odd": ["x"]}
    row = AGREEMENT.model.read(body)
    assert AGREEMENT.look(row, known).mark is Mark.BUSY


def test_a_discovered_host_and_an_unknown_state_break_nothing() -> None:
    strange = hosts(worker_0={"availability": "unheard-of", "personality": None, "hostname": None})
    known = known_of(hosts=strange, kube_host_upgrades=kubelets(), health=health())
    for row in known.rows("hosts"):
        assert voices(row, known)
    assert reading("hosts", strange).rows
