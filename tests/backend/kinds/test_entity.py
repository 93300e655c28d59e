from __future__ import annotations

import time
from typing import Any, Dict, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.figure import Jump
from backend.kind import Row
from backend.kinds.entity import hostname_of, jumps, path_of, value_of, where
from backend.known import Known, Reading
from backend.place import Place

PATHS = [
    ("host=controller-0", (("host", "controller-0"),)),
    (
        "host=controller-1.filesystem=/var/log",
        (("host", "controller-1"), ("filesystem", "/var/log")),
    ),
    ("host=worker-0.ntp=10.10.10.1", (("host", "worker-0"), ("ntp", "10.10.10.1"))),
    ("host=worker-0.ntp", (("host", "worker-0"), ("ntp", ""))),
    ("host=c-0.instance=ptp4l-a.ptp", (("host", "c-0"), ("instance", "ptp4l-a"), ("ptp", ""))),
    (
        "host=c-0.kernel=5.10.0-6-rt-amd64",
        (("host", "c-0"), ("kernel", "5.10.0-6-rt-amd64")),
    ),
    ("host=c-0.interface=bond0.100", (("host", "c-0"), ("interface", "bond0.100"))),
    ("host=c-0.filesystem=/a=b.c", (("host", "c-0"), ("filesystem", "/a=b.c"))),
    ("resource=hosts.starlingx,name=c-0", (("resource", "hosts.starlingx"), ("name", "c-0"))),
    (
        "system.certificate.mode=ssl.uuid=1b2c",
        (("system", ""), ("certificate", ""), ("mode", "ssl"), ("uuid", "1b2c")),
    ),
    ("system.certificate.k8sRootCA", (("system", ""), ("certificate", ""), ("k8sRootCA", ""))),
    ("", ()),
    ("nonsense", (("nonsense", ""),)),
    ("=", (("", ""),)),
    ("host=", (("host", ""),)),
]


@pytest.mark.parametrize(("entity", "path"), PATHS)
def test_an_entity_is_read_as_a_path(entity: str, path: Tuple[Tuple[str, str], ...]) -> None:
    assert path_of(entity) == path


@pytest.mark.parametrize(
    ("entity", "words"),
    [
        ("host=controller-1.filesystem=/var/log", "controller-1 fs /var/log"),
        ("host=worker-0.process=pmond", "worker-0 process pmond"),
        ("host=worker-0.numa=node0", "worker-0 numa node0"),
        ("host=worker-0.ntp", "worker-0 ntp"),
        ("service_domain=controller.service_group=vim-services", "vim-services"),
        ("service_domain=controller", "service_domain controller"),
        ("k8s_application=platform-integ-apps", "platform-integ-apps"),
        ("cluster=5b1e9c3e-2c1c-4f5a-9f6e-1f4f9a0a9a66", "ceph"),
        ("cluster=5b1e9c3e-2c1c-4f5a-9f6e-1f4f9a0a9a66.peergroup=group-0", "ceph group-0"),
        ("host=c-0.port=5b1e9c3e-2c1c-4f5a-9f6e-1f4f9a0a9a66", "c-0 port 5b1e9c3e"),
        ("subcloud=harbour-3", "subcloud harbour-3"),
        ("free text, no entity", "free text  no entity"),
        ("", ""),
    ],
)
def test_an_entity_is_said_in_few_words(entity: str, words: str) -> None:
    assert where(entity).split() == words.split()


def test_the_host_of_an_entity_is_found_wherever_it_stands() -> None:
    assert hostname_of("host=controller-1.filesystem=/var/log") == "controller-1"
    assert hostname_of("region=one.host=worker-3") == "worker-3"
    assert hostname_of("cluster=x") == ""
    assert value_of(path_of("host=a.sensor=b"), "sensor") == "b"


class Thing(Row):
    uuid: str


def _known(**kinds: Tuple[Dict[str, Any], ...]) -> Known:
    readings = {}
    for name, bodies in kinds.items():
        kind = name.replace("_", "-")
        rows = tuple(Thing.read(body) for body in bodies)
        readings[kind, ""] = Reading(kind=kind, rows=rows, at_ms=1)
    return Known(cloud="x", now_ms=1, place=Place(), readings=readings)


def test_a_path_is_jumped_along_to_the_host_and_to_what_was_read_of_it() -> None:
    known = _known(
        hosts=({"uuid": "u-1", "hostname": "controller-1"},),
        interfaces=({"uuid": "u-2", "ifname": "oam0"}, {"uuid": "u-3", "ifname": "mgmt0"}),
    )
    assert jumps("host=controller-1.interface=oam0", known) == (
        Jump(kind="hosts", id="u-1"),
        Jump(kind="interfaces", id="u-2"),
    )
    assert jumps("host=controller-1.port=eth0", known) == (Jump(kind="hosts", id="u-1"),)


def test_a_jump_never_leads_to_a_host_that_is_not_there() -> None:
    known = _known(hosts=({"uuid": "u-1", "hostname": "controller-1"},))
    assert jumps("host=controller", known) == ()
    assert jumps("host=worker-9.filesystem=/", known) == ()


def test_before_hosts_are_read_a_jump_goes_by_the_name() -> None:
    assert jumps("host=worker-9", _known()) == (Jump(kind="hosts", id="worker-9"),)
    assert jumps("", _known()) == ()


@given(st.text(max_size=200))
def test_nonsense_never_fails_and_is_never_lost(entity: str) -> None:
    path = path_of(entity)
    assert all(isinstance(name, str) and isinstance(value, str) for name, value in path)
    assert bool(where(entity)) == bool(entity.strip())


def test_ten_kilobytes_of_dots_and_signs_are_read_at_once() -> None:
    for entity in ("host=" + "a." * 5000, ".=" * 5000, "a" * 10_000, "host=x." * 1500):
        began = time.perf_counter()
        path_of(entity)
        assert time.perf_counter() - began < 0.5
