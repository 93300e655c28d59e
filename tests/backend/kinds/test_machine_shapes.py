"""What a machine's programs print, in all the shapes they print it in, as rows."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Dict, Iterable

import pytest

from backend.kind import Body, Command, Kind
from backend.kinds import kind_named
from backend.kinds.machine import size, split_rows
from backend.kinds.machine_containers import (
    CriContainer,
    containers_of_docker,
    images_of_ctr,
    images_of_docker,
)
from backend.kinds.machine_disks import smart_of_json
from backend.kinds.machine_drbd import drbd_of_proc, drbd_of_text
from backend.kinds.machine_filesystems import mounts_of_df, mounts_of_findmnt
from backend.kinds.machine_peers import peers_of_lldpcli, sources_of_ntpq, sources_of_pmc
from backend.kinds.machine_services import sm_of_text, units_of_text
from backend.kinds.machine_storage import devices_of_lsblk
from backend.tone import WELL, Look, Mark, Tone
from tests.backend.kinds import machines
from tests.backend.kinds.machines import text

each = pytest.mark.parametrize("kind", machines.asked(), ids=lambda kind: kind.name)


def named(name: str) -> Kind[Any]:
    kind = kind_named(name)
    assert kind is not None
    return kind


def by(key: str, rows: Iterable[Body]) -> Dict[Any, Body]:
    return {row[key]: row for row in rows}


def look(kind: str, row_id: str) -> str:
    """Return mark and words of a row as recorded."""
    known = machines.known()
    row = known.row(kind, f"here/{row_id}")
    assert row is not None
    seen = named(kind).look(row, known)
    return f"{seen.mark.value} {' '.join(seen.notes)}".strip()


@each
def test_every_row_says_its_machine_and_has_an_id_of_its_own_there(kind: Kind[Any]) -> None:
    rows = [kind.model.read(body) for body in machines.bodies(kind, "worker-0")]
    assert rows
    ids = [kind.id(row) for row in rows]
    assert len(set(ids)) == len(ids)
    assert all(row_id.startswith("worker-0/") for row_id in ids)


@each
@pytest.mark.parametrize(
    "said",
    [
        "",
        "Segmentation fault\n",
        "{}",
        "[]",
        "null",
        "[1]",
        '{"a": [{}]}',
        "\x1b[2J\\xff\n",
        "x\t1",
    ],
    ids=["nothing", "words", "object", "list", "null", "numbers", "other", "escapes", "tab"],
)
def test_another_shape_is_an_error_or_no_rows_and_never_a_crash(kind: Kind[Any], said: str) -> None:
    part = kind.read
    while isinstance(part, Command):
        try:
            rows = list(part.parse(said))
        # What the source takes for another shape.
        except (ValueError, LookupError, TypeError, AttributeError):
            rows = []
        for row in rows:
            kind.model.read({**row, "machine": "here"})
        part = part.otherwise


# --- services ----------------------------------------------------------------------------------


def test_failed_and_restarting_units_are_told_and_stand_first() -> None:
    known = machines.known()
    kind = named("units")
    rows = sorted(known.rows("units"), key=lambda row: kind.sort(row, known))  # type: ignore[misc]
    assert [row.unit for row in rows[:2]] == ["collectd.service", "lldpd.service"]
    assert look("units", "collectd.service") == "! failed; why: systemctl status collectd.service"
    assert look("units", "lldpd.service").startswith("! ends again and again")
    assert look("units", "kubelet.service") == "~"


def test_units_of_an_older_systemd_are_read_from_its_text() -> None:
    (marked,) = units_of_text("x xinetd.service loaded failed failed Internet services")
    (plain,) = units_of_text("xinetd.service loaded active running Internet services")
    assert marked["unit"] == plain["unit"] == "xinetd.service"
    rows = by("unit", units_of_text(text("units.text")))
    assert rows["collectd.service"]["active"] == "failed"
    assert rows["sysinv-agent.service"]["description"] == "StarlingX System Inventory Agent"


def test_the_service_managers_own_view_says_what_is_not_as_it_should_be() -> None:
    assert look("sm-services", "group/cloud-services") == "! warn"
    assert look("sm-services", "service/cert-mon") == "! disabled failed"
    assert "should be enabled-active, is enabling" in look(
        "sm-services", "service/sysinv-conductor"
    )
    assert look("sm-services", "service/dcorch-engine") == "-"
    with pytest.raises(ValueError, match="neither"):
        sm_of_text("")


# --- DRBD --------------------------------------------------------------------------------------


def test_drbd_says_role_sync_and_time_left() -> None:
    rows = {row.name: row for row in machines.known().rows("drbd-resources")}
    assert rows["drbd-platform"].progress == "42.2 %, 1m left"
    assert look("drbd-resources", "drbd-platform/0/controller-1").startswith("~ syncing: 42.2 %")
    assert look("drbd-resources", "drbd-pgsql/0/controller-1") == ""
    assert "no second copy: Connecting" in look("drbd-resources", "drbd-extension/0/controller-1")
    assert "data of this side is Failed" in look("drbd-resources", "drbd-etcd/0/")


def test_drbd_is_read_from_text_where_it_tells_no_json() -> None:
    rows = by("name", drbd_of_text(text("drbd-resources.text")))
    assert rows["drbd-pgsql"]["peer_disk"] == "UpToDate"
    assert rows["drbd-platform"]["percent"] == 42.17
    assert rows["drbd-extension"]["connection"] == "Connecting"


def test_drbd_of_the_release_that_starlingx_runs_is_read_from_proc() -> None:
    rows = by("name", drbd_of_proc(text("drbd-resources.proc")))
    assert set(rows) == {"drbd0", "drbd2", "drbd5"}
    assert (rows["drbd2"]["percent"], rows["drbd2"]["left_s"]) == (30.1, 95)
    assert rows["drbd5"]["peer_disk"] == "DUnknown"


def test_on_a_simplex_nobody_misses_the_other_side_that_there_never_is() -> None:
    known = machines.known()
    simplex = machines.known(replace(machines.STANDBY, platform={"system_mode": "simplex"}))
    kind = named("drbd-resources")
    for row in known.rows("drbd-resources"):
        alone = row.model_copy(update={"connection": "WFConnection", "peer_disk": "DUnknown"})
        if row.disk == "UpToDate" and not row.is_syncing:
            assert kind.look(alone, known).mark is Mark.BAD
            assert kind.look(alone, simplex) == WELL
    failed = known.row("drbd-resources", "here/drbd-etcd/0/")
    assert kind.look(failed, simplex).mark is Mark.BAD


def test_a_resource_of_which_drbd_says_nothing_is_not_called_well() -> None:
    (bare,) = drbd_of_text("drbd-etcd role:Secondary\n  disk:UpToDate\n")
    kind, known = named("drbd-resources"), machines.known()
    row = kind.model.read({**bare, "machine": "here"})
    assert "no second copy: StandAlone" in kind.look(row, known).notes[0]
    mute = row.model_copy(update={"role": "", "disk": ""})
    assert kind.look(mute, known).mark is Mark.UNKNOWN


# --- what it stores on -------------------------------------------------------------------------


def test_what_cannot_be_written_stands_first_then_the_fullest_and_inodes_count_too() -> None:
    known = machines.known()
    kind = named("mounts")
    rows = sorted(known.rows("mounts"), key=lambda row: kind.sort(row, known))  # type: ignore[misc]
    assert [row.target for row in rows[:3:2]] == ["/var/lib/docker", "/var/log"]
    assert look("mounts", "/var/log").startswith("! 98 % of its space is used")
    assert "97 % of its inodes" in look("mounts", "/var/lib/docker")
    # A full image that cannot be written is as it should be.
    assert look("mounts", "/var/rootdirs/mnt") == ""


@pytest.mark.parametrize(
    ("target", "more", "is_stuck"),
    [
        ("/", {}, True),
        ("/var/log", {}, True),
        ("/opt/platform", {"source": "/dev/drbd2"}, True),
        ("/data", {"fs-options": "emergency_ro"}, True),
        # Another one of the same tree that is only shown read-only here.
        ("/etc", {"fs-options": "rw,errors=remount-ro"}, False),
        ("/usr", {}, False),
        ("/boot/efi", {}, False),
        ("/run/netns", {}, False),
        ("/media/stick", {}, False),
        ("/archive", {}, False),
        ("/boot", {}, True),
        ("/srv", {"fstype": "squashfs"}, False),
        ("/srv", {"fstype": "nfs4", "source": "controller-0:/srv"}, False),
        ("/srv", {"options": "rw", "fs-options": "rw"}, False),
    ],
)
def test_a_filesystem_that_the_kernel_made_read_only_is_told(
    target: str, more: Dict[str, str], *, is_stuck: bool
) -> None:
    line = {"source": "/dev/sda4", "fstype": "ext4", "size": 9, "used": 1, "avail": 8}
    own = {"options": "ro,relatime", "fs-options": "ro,errors=remount-ro"}
    said = json.dumps({"filesystems": [{**line, **own, "target": target, **more}]})
    fstab = "# <file system> <mount point>\n/dev/sda9 /archive ext4 defaults,ro 0 2\n"
    (body,) = mounts_of_findmnt(f"{said}\f{fstab}/dev/sda2 /boot ext4 defaults 1 2\nshort line\n")
    kind = named("mounts")
    seen = kind.look(kind.model.read({**body, "machine": "here"}), machines.known())
    assert (seen.tone is Tone.BAD) is is_stuck
    assert ("as the kernel makes a damaged one" in " ".join(seen.notes)) is is_stuck


def test_filesystems_are_read_in_each_shape() -> None:
    (old,) = mounts_of_findmnt(text("mounts.old"))
    assert old["used"] == 9451612570
    rows = by("target", mounts_of_df(text("mounts.df")))
    assert set(rows) == {"/", "/var/log", "/media/my stick"}
    assert rows["/var/log"]["free"] == 217600 * 1024


def test_what_containers_see_of_filesystems_is_no_filesystem_of_its_own() -> None:
    one = {
        "fstype": "ext4",
        "size": 9,
        "used": 5,
        "avail": 4,
        "options": "rw",
        "source": "/dev/sda1",
    }
    pods = "/var/lib/kubelet/pods/77"
    lines = [
        {**one, "target": "/", "fstype": "overlay", "source": "overlay"},
        {**one, "target": "/var"},
        {**one, "target": f"{pods}/volumes/csi/pgdata/mount", "source": "/dev/rbd0"},
        {**one, "target": "/run/containerd/8/rootfs", "fstype": "overlay", "source": "overlay"},
        {**one, "target": f"{pods}/volume-subpaths/etc/1", "source": "/dev/sda1[/pods/77/etc]"},
    ]
    found = mounts_of_findmnt(json.dumps({"filesystems": lines}))
    assert [body["target"] for body in found] == ["/", "/var", f"{pods}/volumes/csi/pgdata/mount"]


def test_block_devices_stand_under_what_they_are_made_of() -> None:
    new = list(devices_of_lsblk(text("block-devices")))
    assert new == list(devices_of_lsblk(text("block-devices.old")))
    volume = by("name", new)["cgts--vg-log--lv"]
    assert (volume["under"], volume["depth"], volume["mountpoint"]) == ("sda5", 2, "/var/log")
    assert look("block-devices", "sdb") == "! the kernel says of it: offline"


def test_only_what_was_plugged_in_is_a_medium() -> None:
    rows = machines.known().rows("media")
    assert [row.name for row in rows] == ["sdc", "sdc1"]
    assert rows[1].mountpoint == "/media/site7"


def test_disks_tell_their_faults_whatever_they_are() -> None:
    assert look("smart", "sdb") == "! 24 reallocated or lost, 8 waiting to be read again"
    kind, known = named("smart"), machines.known()
    (row,) = (one for one in known.rows("smart") if one.name == "sdb")
    silent = {"passed": None, "reallocated": None, "pending": None, "uncorrectable": None}
    assert kind.look(row.model_copy(update=silent), known).mark is Mark.UNKNOWN
    (nvme,) = smart_of_json(text("smart.nvme"))
    assert (nvme["passed"], nvme["worn_percent"], nvme["reallocated"]) == (False, 97, 3)


# --- what it is wired to -----------------------------------------------------------------------


def test_a_link_without_carrier_is_told_and_which_bond_it_is_of() -> None:
    assert look("links", "ens2f1") == (
        "! no carrier: cable, optics, or the other end, a part of bond0"
    )
    rows = {row.name: row for row in machines.known().rows("links")}
    assert rows["bond0"].bond == "active-backup via ens2f0"
    assert rows["ens2f0"].bond == "active in bond0"
    assert (rows["vlan186"].on, rows["ens2f0"].errors) == ("bond0", 12)
    assert look("links", "eno2") == "-"


def test_a_bridge_with_nobody_on_it_has_no_cable_to_look_for() -> None:
    known = machines.known()
    row = next(row for row in known.rows("links") if row.name == "ens2f1")
    bridge = row.model_copy(update={"name": "docker0", "kind": "bridge", "master": None})
    assert named("links").look(row, known).mark is Mark.BAD
    assert named("links").look(bridge, known) == Look(mark=Mark.OUT)


def test_an_address_that_another_has_too_is_told() -> None:
    assert "another machine has this address" in look("link-addresses", "bond0/fd01::3/64")


def test_a_route_that_leads_nowhere_is_told() -> None:
    assert "leads nowhere" in look("link-routes", "192.168.9.0/24/ens2f1/fe80::9/100")


def test_the_switch_at_the_other_end_is_read_whether_one_or_several_are_heard() -> None:
    several, (one,) = (peers_of_lldpcli(text(f"lldp-peers{end}")) for end in ("", ".one"))
    assert (one["system"], one["port"]) == ("sw-12", "Ethernet7")
    nameless = list(several)[1]
    assert (nameless["system"], nameless["chassis"]) == ("", "00:1c:73:00:00:02")
    assert peers_of_lldpcli('{"lldp":{}}') == []


def test_who_tells_the_time_is_read_of_each_program() -> None:
    assert look("time-sources", "chrony/10.10.9.1") == ""
    assert look("time-sources", "chrony/10.10.9.3") == "! cannot be reached"
    assert look("time-sources", "chrony/GPS") == "! a falseticker"
    followed, *_ = sources_of_ntpq(text("time-sources.ntpq"))
    assert (followed["name"], followed["offset_ms"]) == ("10.10.9.1", -1204.331)
    (ptp,) = sources_of_pmc(text("time-sources.pmc"))
    assert (ptp["is_followed"], ptp["offset_ms"]) == (True, -12e-6)
    with pytest.raises(ValueError, match="does not answer"):
        sources_of_pmc("sending: GET TIME_STATUS_NP\n")


# --- what it is made of ------------------------------------------------------------------------


def test_processes_of_the_kernel_are_left_out_and_what_hangs_is_told() -> None:
    rows = {row.pid: row for row in machines.known().rows("processes")}
    assert set(rows) == {1, 2211, 2310, 2411}
    assert rows[2211].name == "sysinv-conductor"
    assert look("processes", "2310").startswith("~ waits for a disk")


@pytest.mark.parametrize("end", ["\r", "\x0b", "\x1c", "\x85", "\u2028"])
def test_only_a_newline_ends_a_line_of_a_program(end: str) -> None:
    rows = split_rows(f"1 a{end}b\n2 c\n", ("number", "name"), " ")
    assert [row["name"] for row in rows] == [f"a{end}b", "c"]


def test_the_kernel_says_with_what_it_booted_and_that_it_stumbled() -> None:
    (row,) = machines.known().rows("running-kernels")
    assert row.is_realtime
    assert row.console_level == 4
    assert "isolcpus=2-17" in row.parameters
    assert "stumbled" in look("running-kernels", "kernel")


def test_the_tree_that_comes_with_the_next_boot_is_told() -> None:
    rows = [row.stands for row in machines.known().rows("ostree-deployments")]
    assert rows == ["pending", "runs", "rollback"]
    commit = f"debian/{'1' * 64}.0"
    assert look("ostree-deployments", commit) == "~ comes with the next boot"


def test_a_package_that_is_not_whole_is_told() -> None:
    assert look("packages", "libfoo:amd64").startswith("! not whole (iU)")
    assert look("packages", "old-kernel:amd64") == "-"


def test_containers_are_read_with_their_pods() -> None:
    first, second = machines.known().rows("cri-containers")
    assert (first.name, first.state, first.namespace) == (
        "kube-apiserver",
        "running",
        "kube-system",
    )
    assert (second.image, second.attempt) == ("registry.local:9001/oran/du:9", 41)


def test_pods_are_read_with_how_many_of_their_containers_run() -> None:
    now = machines.known()
    rows = {row.full_name: row for row in now.rows("cri-pods")}
    kind = named("cri-pods")
    cells = {name: [column.cell(row, now) for column in kind.columns] for name, row in rows.items()}
    assert cells["kube-system/kube-apiserver-controller-0"][2:5] == ["ready", "1/1", 2]
    assert cells["oran/du-2-0"][2:4] == ["ready", "0/0"]
    assert cells["lab/job-1"][2:4] == ["not ready", "0/0"]
    assert kind.look(rows["oran/du-2-0"], now).notes[0].startswith("it has no container")


def test_a_containers_log_is_the_file_that_the_kubelet_keeps_and_the_run_before_it() -> None:
    now = machines.known()
    first, _second = now.rows("cri-containers")
    logs = named("cri-containers").logs(first, now)  # type: ignore[misc]
    folder = "/var/log/pods/kube-system_kube-apiserver-controller-0_77/kube-apiserver"
    assert [stream.path for stream in logs.streams] == [f"{folder}/2.log"]
    assert [stream.path for stream in logs.before] == [f"{folder}/1.log"]


def test_containers_and_images_of_docker_and_images_of_ctr_are_read_as_recorded() -> None:
    (container,) = containers_of_docker(text("cri-containers.docker"))
    named = (container["name"], container["image"], container["state"])
    assert named == ("hello", "lab/hello:1", "exited")
    assert container["created_ms"] == 1_795_757_396_000
    (image,) = images_of_docker(text("cri-images.docker"))
    assert (image["names"], image["size"]) == (["lab/hello:1"], 762_568)
    # By its name and by its digest it stands there twice.
    (same,) = images_of_ctr(text("cri-images.ctr"))
    assert (same["names"], same["size"]) == (["docker.io/lab/tiny:1"], 11571)


def test_a_container_that_a_kubelet_ran_on_docker_says_its_pod_and_docker_has_its_log() -> None:
    labels = {
        "io.kubernetes.container.name": "du",
        "io.kubernetes.pod.name": "du-1-0",
        "io.kubernetes.pod.namespace": "oran",
        "io.kubernetes.pod.uid": "77",
        "annotation.io.kubernetes.container.restartCount": "3",
    }
    said = {"Id": "ab" * 32, "Names": ["/k8s_du"], "Image": "du:9", "State": "running"}
    (body,) = containers_of_docker(json.dumps([{**said, "Created": 5, "Labels": labels}]))
    row = CriContainer.read({**body, "machine": "here"})
    assert (row.pod, row.name, row.attempt) == ("du-1-0", "du", 3)
    logs = named("cri-containers").logs(row, machines.known())  # type: ignore[misc]
    (stream,) = logs.streams
    assert (stream.container, stream.called) == ("ab" * 32, "du-1-0/du")
    assert logs.command == ("docker", "logs", "ababababababa")


def test_images_say_how_many_containers_of_their_machine_are_made_of_them() -> None:
    now = machines.known()
    kind = named("cri-images")
    counts = {
        row.name.rpartition("/")[2]: kind.columns[3].cell(row, now)
        for row in now.rows("cri-images")
    }
    assert counts["kube-apiserver:v1.29.2"] == 1


def test_ceph_says_each_check_that_fails_and_what_was_muted_is_silent() -> None:
    assert "osd.1" in look("ceph-health", "OSD_DOWN")
    assert look("ceph-health", "MON_MSGR2_NOT_ENABLED") == ""


def test_kernel_messages_keep_their_level_their_time_and_their_second_line() -> None:
    rows = machines.known().rows("kernel-messages")
    assert [row.level for row in rows] == ["notice", "err", "err", "warn", "info"]
    assert rows[3].text.endswith("bad inode with a second line")
    assert len({row.at_ms for row in rows}) == 4


@pytest.mark.parametrize(
    ("count", "words"),
    [(None, None), (0, "0B"), (1023, "1023B"), (2048, "2.0K"), (30 * 2**30, "30G")],
)
def test_sizes_read_as_an_operator_says_them(count: Any, words: Any) -> None:
    assert size(count) == words
