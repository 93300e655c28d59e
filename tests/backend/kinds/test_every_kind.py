"""Every declared kind: its words are its own, its sample is read, and whatever it shows yields."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Dict, List, Mapping, Tuple

import pytest

from backend.baseboard import BmcWrite, Sol
from backend.called import called
from backend.figure import Bars, Lines, Schedule, Spark, States, Timeline, Tree
from backend.kind import (
    Ceph,
    CephWrite,
    Command,
    CommandWrite,
    Derived,
    FileCopy,
    Kind,
    KubeWrite,
    LocalWrite,
    Reach,
    Rest,
    RestWrite,
    Risk,
)
from backend.kinds import AREAS, area_of, areas_of, configured, every_kind, kind_named
from backend.kinds.ceph_daemons import MetadataServer
from backend.kinds.ceph_images import RbdImage
from backend.kinds.ceph_records import CephDevice, CephLogLine
from backend.kinds.host_site import ONLY_UNDER_HOST
from backend.known import Known, Memory, Reading
from backend.known import Mark as Said
from backend.kube import PodExec
from backend.pods import ForwardEnd, PodAttach, PodCopy, PodForward
from backend.preview import said
from backend.registry import RegistryDelete
from backend.settings import CATALOGUE
from backend.tone import Look, Verdict
from tests.backend.kinds import ceph, fm, images, kube, machines, rack
from tests.backend.kinds.invented import INVENTED
from tests.backend.kinds.site import LAPTOP, PARTS, WHOLE, bodies, reading, site, uuid_of
from tests.peers.replay import SAMPLES
from tests.peers.replay import rows_of as recorded_rows

# Where a finger lies when it only looks around.
NAVIGATION = frozenset("jkhlgGnNqacb0123456789/:? ")
NOTHING = Known(cloud="c", now_ms=0, place=LAPTOP)
FIGURES = (Lines, Bars, Spark, Tree, States, Timeline, Schedule)
# As they are read of files, whole, cut off and shut.
LOGS: List[Dict[str, Any]] = [
    {
        "name": "sm",
        "path": "/var/log/sm.log",
        "size": 3_000_000,
        "from_ms": 1,
        "to_ms": 2,
        "bad": 0,
    },
    {"name": "kern", "path": "/var/log/kern.log", "size": 10, "notes": ["cut off"]},
    {
        "name": "sysinv",
        "path": "/var/log/sysinv.log",
        "size": 3_000_000_000,
        "from_ms": 1_795_200_000_000,
        "to_ms": 1_795_300_000_000,
        "bad": 7,
        "bad_from_ms": 1_795_299_000_000,
    },
    {"name": "auth", "path": "/var/log/auth.log", "error": "no permission", "advice": "be root"},
]

# What the recorded site, its faults and the two above hold.
SEEN = {*WHOLE, *PARTS, "alarms", "events", "suppressions", "health", "kube-upgrade"}

# What the recorded Ceph had none of: a server of CephFS, a disk that says its name.
MADE: Mapping[str, Tuple[Any, ...]] = {
    "ceph-mds": (MetadataServer(uuid="a", name="a", state="up:active", rank=0),),
    "ceph-log": (CephLogLine(uuid="1", at_ms=1, who="mon.a", level="WRN", message="osd.1 down"),),
    "rbd-images": (RbdImage(uuid="p/i", pool="p", name="csi-vol-1", size=1 << 30, snapshots=1),),
    "ceph-devices": (CephDevice(uuid="d", name="MODEL_S1", daemons=["osd.0"], wear=0.5),),
}

# What was carried in of CVEs, and what of it concerns a machine.
CARRIED: Mapping[str, List[Dict[str, Any]]] = {
    "cve-files": [{"format": "debian", "path": "/media/usb/tracker.json", "entries": 9}],
    "cves": [{"uuid": "u", "cve": "CVE-2023-38545", "package": "curl", "version": "7.74.0-1.3",
              "fixed": "7.74.0-1.3+deb11u10", "machines": ["here"]}],
}  # fmt: skip

# What our own record has of a disk that is being replaced.
RECORD = {"what": "host", "host": "controller-0", "host_uuid": "old", "place": "", "at_ms": 1,
          "personality": "controller", "by": "x", "serials": {"p": "S1"},
          "things": {"volume-groups": {"nova-local": {"parameters": {}}}}}  # fmt: skip
MARKS = {("replacements", "host/controller-0"): Said(record=json.dumps(RECORD))}

each = pytest.mark.parametrize("kind", every_kind(), ids=lambda kind: kind.name)


def everything() -> Known:
    recorded, faults = site(), fm.known()
    health = {("health", ""): reading("health", bodies("health"))}
    upgrade = {("kube-upgrade", ""): reading("kube-upgrade", [INVENTED["kube-upgrade"]])}
    parts = (recorded.readings, faults.readings, health, upgrade, others(), kube.readings())
    readings = {key: found for part in parts for key, found in part.items()}
    token = json.loads((SAMPLES / "keystone_token.json").read_text(encoding="utf-8"))["token"]
    readings["login", ""] = reading("login", [token])
    readings.update(machines.readings())
    readings["logs", ""] = reading("logs", LOGS)
    readings.update(rack.readings())
    readings.update(ceph.readings(ceph.answers()))
    readings.update(images.readings())
    readings.update({(name, ""): reading(name, found) for name, found in CARRIED.items()})
    known = Known(
        cloud="c",
        now_ms=recorded.now_ms,
        place=LAPTOP,
        readings=readings,
        memory=Memory(marks=MARKS),
    )
    derived = {
        (kind.name, ""): reading(kind.name, list(kind.read.rows(known)))
        for kind in every_kind()
        if isinstance(kind.read, Derived)
    }
    return replace(known, readings={**readings, **derived})


def others() -> Mapping[Tuple[str, str], Reading[Any]]:
    """Return what the recorded system said of the kinds that no other test needs."""
    found = {}
    for kind in every_kind():
        if kind.name in SEEN or not isinstance(kind.read, Rest):
            continue
        parent = uuid_of(1) if kind.reach is Reach.PER_PARENT else ""
        version = "" if kind.read.service == "vim" else "/v1"
        rows = []
        if not kind.read.mine:
            asked = f"/{kind.read.service}{version}{kind.read.path.format(parent=parent)}"
            rows = recorded_rows(asked, kind.read.items, kind.read.named)
        rows = rows or [INVENTED[kind.name]]
        found[kind.name, parent] = reading(kind.name, rows, parent)
    return found


def rows_of(kind: Kind[Any], known: Known) -> Tuple[Any, ...]:
    if kind.parent == "servers":
        return known.rows(kind.name, rack.NAMES[0])
    if kind.parent == "repositories":
        return known.rows(kind.name)
    if isinstance(kind.read, Ceph):
        return known.rows(kind.name, ceph.ASKED if kind.parent else "") or MADE[kind.name]
    if kind.reach is Reach.PER_PARENT and not isinstance(kind.read, Command):
        return known.rows(kind.name, uuid_of(PARTS.get(kind.name, 1)))
    return known.rows(kind.name)


def test_names_and_aliases_lead_to_one_kind_each() -> None:
    words = [word for kind in every_kind() for word in {kind.name, kind.singular, *kind.aliases}]
    assert len(words) == len(set(words))
    assert all(kind_named(kind.name) is kind for kind in every_kind())
    assert kind_named("ihosts") is kind_named("platform/hosts") is kind_named("host")
    assert kind_named("no-such-thing") is None


def test_areas_have_their_own_digits_and_a_headline_even_of_nothing() -> None:
    assert len({area.digit for area in AREAS}) == len(AREAS)
    assert AREAS[0].title == "Hosts"
    assert AREAS[0].kinds[0].name == "hosts"
    for area in AREAS:
        for known in (NOTHING, everything()):
            assert isinstance(area.headline(known), Verdict)
        assert all(area_of(kind) is area for kind in area.kinds)


def test_an_area_is_there_where_any_kind_of_it_makes_sense() -> None:
    sources = {kind.read.source for kind in every_kind()}
    asked = {*CATALOGUE, "ceph", "kubernetes", "bmc", "registry"} & sources
    # Programs and our own record are always there.
    for there in (set(), asked, *({one} for one in asked)):
        has = (sources - asked | there).__contains__
        assert all(area.kinds for area in areas_of(has)), there
        lost = [kind for kind in every_kind() if kind not in configured(has)]
        # What is worked out even of nothing is no reason for an area.
        assert not [k for k in lost if has(k.read.source) and not isinstance(k.read, Derived)]


@each
def test_headings_tabs_and_keys_are_its_own(kind: Kind[Any]) -> None:
    for words in (
        [column.heading for column in kind.columns],
        [tab.key for tab in kind.tabs],
        [tab.title for tab in kind.tabs],
        [action.key for action in kind.actions],
        [word for action in kind.actions for word in (action.name, *action.aliases)],
    ):
        assert len(words) == len(set(words))
        assert all(words)


@each
def test_what_it_needs_is_declared(kind: Kind[Any]) -> None:
    needs = [*kind.needs, *(need for tab in kind.tabs for need in tab.needs)]
    needs += [need for action in kind.actions for need in action.needs]
    needs += [tab.kind for tab in kind.tabs if tab.kind]
    needs += [kind.parent] if kind.parent else []
    assert [need for need in needs if kind_named(need) is None] == []


@each
def test_what_is_worked_out_says_of_what_and_is_no_child(kind: Kind[Any]) -> None:
    if isinstance(kind.read, Derived):
        assert kind.needs
        assert kind.parent is None
        assert list(kind.read.rows(NOTHING)) is not None


@each
def test_a_child_that_only_answers_under_its_parent_asks_there(kind: Kind[Any]) -> None:
    if not isinstance(kind.read, Rest):
        return
    per_parent = kind.reach is Reach.PER_PARENT
    assert any(name in kind.read.path for name in ("{parent}", "{0}")) == per_parent
    assert (kind.name in ONLY_UNDER_HOST) == (per_parent and not kind.read.mine)
    # A page of the parent shows its own rows, and never all there are.
    assert ("{parent}" in kind.read.under) == (kind.parent is not None and not per_parent)


@each
def test_every_column_look_strip_and_tab_yields_on_every_row(kind: Kind[Any]) -> None:
    full = everything()
    rows = rows_of(kind, full)
    assert rows, f"no sample of {kind.name}"
    for known in (full, NOTHING):
        for row in rows:
            for column in kind.columns:
                assert isinstance(column.cell(row, known), (str, int, float, type(None)))
            assert isinstance(kind.look(row, known), Look)
            assert kind.strip is None or isinstance(kind.strip(row, known), Lines)
            assert kind.sentence is None or isinstance(kind.sentence(row, known), Verdict)
            assert isinstance(kind.name_of(row), str)
            assert isinstance(called(kind, row, known), str)
            for tab in kind.tabs:
                assert tab.figure is None or isinstance(tab.figure(row, known), FIGURES)
                assert tab.related is None or related(tab, row, full) >= 0
        assert kind.verdict is None or isinstance(kind.verdict(known), Verdict)


def related(tab: Any, row: Any, known: Known) -> int:
    other = kind_named(tab.kind)
    assert other is not None
    return sum(1 for one in rows_of(other, known) if tab.related(row, one))


@each
def test_ids_are_unique_and_rows_can_be_sorted_and_found(kind: Kind[Any]) -> None:
    known = everything()
    rows = rows_of(kind, known)
    assert len({kind.id(row) for row in rows}) == len(rows)
    if kind.sort is not None:
        assert len(sorted(rows, key=lambda row: kind.sort(row, known))) == len(rows)  # type: ignore[misc]
    assert kind.find(rows, kind.id(rows[0])) is rows[0]


def forms(action: Any) -> List[Any]:
    """Return a filled form of an action: of what must be given, the field's own examples.

    Where nothing must be, yet something: the first field that has an example.
    """
    fields = action.form.model_fields
    needed = [name for name, field in fields.items() if field.is_required()]
    wanted = needed or [name for name, field in fields.items() if field.examples][:1]
    return [action.form(**{name: (fields[name].examples or ["x"])[0] for name in wanted})]


def acted_on(kind: Kind[Any], action: Any, known: Known) -> Tuple[Any, ...]:
    """Return what an action is done to: rows, those of the parent, or the kind itself."""
    if action.on_kind:
        return (None,)
    target = kind_named(kind.parent or "") if action.on_parent else kind
    assert target is not None
    return rows_of(target, known)


@each
def test_every_action_says_itself_whole_and_its_checks_yield(kind: Kind[Any]) -> None:
    full = everything()
    for action in kind.actions:
        for row in acted_on(kind, action, full):
            for form in forms(action):
                plan = action.plan(row, form, full)
                assert said(plan)
                assert all(is_whole(one) for one in said(plan))
                for known in (full, NOTHING):
                    assert isinstance(action.risk(row, form, known), Risk)
                    assert all(reason.check for reason in action.reasons(row, form, known))
                    assert all(one.words for one in action.consequences(row, form, known))
                    assert action.hidden is None or action.hidden(row, known) in (True, False)
                    assert action.ladder is None or action.ladder(row, known)
                    assert action.failed is None or isinstance(action.failed(row, known), str)
                    assert action.expects is None or action.expects(row, known) is not None


def is_whole(write: Any) -> bool:
    if isinstance(write, LocalWrite):
        return bool(write.kind and write.id and write.values and write.sentence)
    if isinstance(write, (CommandWrite, FileCopy, CephWrite, RegistryDelete)):
        return bool(write.command and write.sentence and write.source and write.request)
    if isinstance(write, PodForward):
        return bool((write.pod or write.of) and write.command and write.sentence and write.request)
    if isinstance(write, PodCopy):
        return bool(write.pod and write.command and write.sentence and write.request)
    if isinstance(write, ForwardEnd):
        return bool(write.id and write.sentence and write.request)
    if isinstance(write, (PodExec, PodAttach)):
        return bool(write.pod and write.container and write.command and write.sentence)
    if isinstance(write, BmcWrite) and write.verb == "lan":
        # ipmitool wants a command for each of them.
        return bool(write.server and write.request and write.sentence)
    if isinstance(write, (BmcWrite, Sol)):
        return bool(write.server and write.request and write.command and write.sentence)
    assert isinstance(write, (RestWrite, KubeWrite))
    # Secrets are read by a deed: that somebody looked is recorded.
    methods = ("POST", "PATCH", "PUT", "DELETE", "GET")
    return bool(
        write.method in methods
        and write.path.startswith("/")
        and "None" not in write.path
        and write.sentence
        and write.command
        and all(isinstance(word, str) and word for word in write.command)
    )


@each
def test_no_verb_that_breaks_something_sits_where_one_only_looks_around(kind: Kind[Any]) -> None:
    known = everything()
    for action in kind.actions:
        rows = acted_on(kind, action, known)
        risks = [action.risk(row, form, known) for row in rows for form in forms(action)]
        if max(risks) is not Risk.HARMLESS:
            assert action.key not in NAVIGATION, action.name
