"""Two hosts against each other, field by field over all their children, noise left out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, List, Tuple

from backend.errors import Unreachable
from backend.kinds import every_kind
from backend.known import Known
from backend.simulator.children import children
from backend.simulator.cloud import Cloud
from backend.twin import Compared, compare, figure, keys_of, twins_of, verdict
from tests.backend.kinds.pretended import known_of, pretend
from tests.backend.kinds.site import host, named, site

HOSTS = named("hosts")
OWN = tuple(kind.name for kind in every_kind() if kind.parent == "hosts")


def known_pair(cloud: Cloud, *names: str) -> Known:
    return known_of(cloud, under=names, own=OWN)


def differ(cloud: Cloud, one: str = "worker-2", other: str = "worker-1") -> Compared:
    known = known_pair(cloud, one, other)
    return compare(known, HOSTS, host(known, one), host(known, other), every_kind())


def said(found: Compared) -> List[Tuple[str, str, str]]:
    return [(each.kind, each.name, each.field) for each in found.differences]


def row(cloud: Cloud, name: str, kind: str, at: int = 0) -> Dict[str, Any]:
    return children(cloud, cloud.named(name), kind)[at]


def test_twins_of_one_making_are_alike_though_names_addresses_and_serials_differ() -> None:
    found = differ(pretend(), "controller-0", "controller-1")
    assert said(found) == []
    assert found.untold == ()
    assert found.things > 50
    assert verdict("a", "b", found).word == "ALIKE"


def test_each_field_that_differs_stands_there_with_both_sides() -> None:
    cloud = pretend()
    row(cloud, "worker-2", "iinterfaces")["imtu"] = 9000
    row(cloud, "worker-2", "icpus", 3)["allocated_function"] = "Shared"
    found = differ(cloud)
    assert ("interfaces", row(cloud, "worker-2", "iinterfaces")["ifname"], "imtu") in said(found)
    assert ("cpus", "cpu9", "allocated_function") in said(found)
    mtu = next(each for each in found.differences if each.field == "imtu")
    assert (mtu.one, mtu.other) == ("9000", "1500")
    assert mtu.jump is not None
    assert verdict("a", "b", found).text.startswith("a from b in 2 fields of 2 things")


def test_what_is_only_on_one_side_is_said_once_with_what_it_is() -> None:
    cloud = pretend()
    children(cloud, cloud.named("worker-1"), "idisks").pop()
    found = differ(cloud)
    (gone,) = [each for each in found.differences if each.kind == "disks"]
    assert (gone.field, gone.other) == ("", None)
    assert "893G" in (gone.one or "")
    lines = figure("worker-2", "worker-1", found).lines
    assert any("only on worker-2" in line.text for line in lines)


def test_of_nested_values_only_what_differs_in_them_is_named() -> None:
    cloud = pretend()
    row(cloud, "worker-2", "idisks")["capabilities"] = {"model_num": "OTHER", "stor_function": "r"}
    fields = [field for kind, _name, field in said(differ(cloud)) if kind == "disks"]
    assert fields == ["capabilities.model_num", "capabilities.stor_function"]


def test_what_was_not_read_of_one_side_is_said_and_is_no_difference() -> None:
    known = site()
    one, other = host(known, "worker-0"), host(known, "worker-1")
    found = compare(known, HOSTS, one, other, every_kind())
    assert any(words.startswith("cpus: ") for words in found.untold)
    assert not any(each.kind == "cpus" for each in found.differences)
    assert "not compared" in verdict("a", "b", found).more


def test_what_was_read_long_ago_on_one_side_is_compared_and_said_to_be_of_then() -> None:
    known = known_pair(pretend(), "worker-2", "worker-1")
    key = ("disks", host(known, "worker-2").uuid)
    late = replace(
        known.readings[key], at_ms=known.now_ms - 7_200_000, error=Unreachable("sysinv", "refused")
    )
    known = replace(known, readings={**known.readings, key: late})
    pair = (host(known, "worker-2"), host(known, "worker-1"))
    found = compare(known, HOSTS, *pair, every_kind())
    assert said(found) == []
    told = verdict("worker-2", "worker-1", found)
    assert told.word == "ALIKE SO FAR"
    assert told.more == "as it was: disks: one side as of 2h ago: sysinv: refused"


def test_two_rows_of_one_name_are_compared_in_their_order() -> None:
    cloud = pretend()
    for name in ("worker-2", "worker-1"):
        rows = children(cloud, cloud.named(name), "isensors")
        rows.append({**rows[0], "uuid": f"second {name}"})
    row(cloud, "worker-2", "isensors", -1)["status"] = "critical"
    names = [name for kind, name, _field in said(differ(cloud)) if kind == "sensors"]
    assert all(name.endswith("#2") for name in names)


def test_the_twin_is_the_other_controller_else_the_next_of_the_same_personality() -> None:
    known = known_of(pretend())
    names = [HOSTS.name_of(one) for one in twins_of(HOSTS, host(known, "controller-0"), known)]
    assert names == ["controller-1"]
    workers = [HOSTS.name_of(one) for one in twins_of(HOSTS, host(known, "worker-1"), known)]
    assert workers[0] == "worker-2"
    assert workers[-1] == "worker-0"
    assert twins_of(named("disks"), known.rows("osds")[0], known) == ()


def test_it_reads_all_children_of_both() -> None:
    keys = keys_of(HOSTS, every_kind(), "a", "b")
    assert {("hosts", ""), ("cpus", "a"), ("cpus", "b"), ("labels", "b")} <= set(keys)
    assert len(keys) == 1 + 2 * len(OWN)


def test_a_child_whose_parent_is_gone_belongs_to_neither() -> None:
    cloud = pretend()
    known = known_of(cloud)
    lost = [one for one in known.rows("osds") if known.row("hosts", one.host_uuid) is None]
    assert lost == []
    cloud.remove(cloud.named("storage-1"))
    alone = known_of(cloud)
    readings = {**alone.readings, ("osds", ""): known.reading("osds")}
    mixed = Known(cloud="c", now_ms=known.now_ms, place=known.place, readings=readings)
    one, other = host(mixed, "controller-0"), host(mixed, "controller-1")
    found = compare(mixed, HOSTS, one, other, every_kind())
    assert not any(each.kind == "osds" for each in found.differences)
