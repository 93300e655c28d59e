"""What a row is called where its service names its host by a number alone."""

from __future__ import annotations

from dataclasses import replace

from backend.called import called, is_short_for, none_of
from backend.called import named as rows_named
from backend.kinds import every_kind
from backend.preview import preview
from tests.backend.kinds.site import named, reading, site
from tests.peers.replay import rows_of as recorded


def test_a_host_s_part_of_a_kubernetes_upgrade_is_called_by_the_host_s_name() -> None:
    kind = named("kube-host-upgrades")
    rows = recorded("/sysinv/v1/kube_host_upgrades", "kube_host_upgrades")
    known = site(kube_host_upgrades=rows)
    row = next(row for row in known.rows(kind.name) if row.host_id == 1)
    assert called(kind, row, known) == "controller-0"
    action = kind.action("upgrade-kubelet")
    assert action is not None
    made = preview(known, kind, action, (row.uuid,), action.form())
    assert made.title == "UPGRADE KUBELET controller-0"
    # Where the hosts were not read its number is all there is.
    unread = replace(known, readings={(kind.name, ""): reading(kind.name, rows)})
    assert called(kind, row, unread) == "host 1"


def test_a_host_that_runs_no_control_plane_shows_a_dash_as_everything_absent() -> None:
    kind = named("kube-host-upgrades")
    rows = [{"uuid": "u", "host_id": 3, "control_plane_version": "N/A", "kubelet_version": "v1"}]
    known = site(kube_host_upgrades=rows)
    (row,) = known.rows(kind.name)
    cells = {column.heading: column.cell(row, known) for column in kind.columns}
    assert (cells["CONTROL PLANE"], cells["KUBELET"]) == (None, "v1")


def test_what_has_a_name_of_its_own_is_called_by_it() -> None:
    known = site()
    host = known.rows("hosts")[0]
    assert called(named("hosts"), host, known) == host.name


def test_a_row_is_found_by_what_it_is_called_on_a_screen_and_by_its_id() -> None:
    kind = named("kube-host-upgrades")
    known = site(kube_host_upgrades=recorded("/sysinv/v1/kube_host_upgrades", "kube_host_upgrades"))
    rows = known.rows(kind.name)
    (row,) = rows_named(kind, rows, "controller-0", known)
    assert row.host_id == 1
    assert rows_named(kind, rows, row.uuid, known) == (row,)
    assert rows_named(kind, rows, "host 1", known) == (row,)
    assert rows_named(kind, rows, "nobody", known) == ()


def test_that_there_is_none_is_said_of_one_or_of_many() -> None:
    assert none_of(named("hosts")) == "there are no hosts"
    assert none_of(named("deploy")) == "there is no deploy"


def test_a_kind_is_short_for_a_name_within_its_area_and_for_none_at_all() -> None:
    assert is_short_for(named("bmc-sensors"), "sensors")
    assert not any(is_short_for(kind, "") for kind in every_kind())
