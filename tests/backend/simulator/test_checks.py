"""Every other reason to refuse is given where its cause is, and only there."""

from __future__ import annotations

from typing import Any

import pytest

from tests.backend.simulator.client import FM, PLATFORM, Client

# host of site-7, what is so about it, the action, what sysinv then says
UNLOCKS: list[tuple[dict[str, Any], str, str]] = [
    ({"install_state": "failed"}, "unlock", "due to installation failure"),
    ({"availability": "power-off"}, "unlock", "Can not 'Unlock a Powered-Off' host worker-1"),
    ({"availability": "offline"}, "unlock", "Host worker-1 is not online"),
    ({"personality": None}, "unlock", "Can not unlock an unprovisioned host worker-1"),
    ({"reinstalling": True}, "unlock", "undergoing reinstall"),
    ({"inv_state": None}, "unlock", "has not yet been inventoried"),
    ({"administrative": "unlocked", "ihost_action": "lock"}, "unlock", "'lock' action"),
    ({"administrative": "unlocked"}, "reset", "Can not 'Reset' an 'unlocked' host"),
    ({"administrative": "unlocked"}, "power-on", "already Powered-on and 'unlocked'"),
    ({"administrative": "unlocked"}, "power-off", "Can not 'Power-Off' an 'unlocked' host"),
    ({"bm_type": None, "availability": "offline"}, "reinstall", "is not provisioned"),
]

# what is so about the standby of a standard system, what a swact to it is answered
SWACTS: list[tuple[dict[str, Any], str]] = [
    ({"operational": "disabled"}, "is not enabled and has operational state disabled"),
    ({"availability": "degraded"}, "has degraded availability status"),
    ({"subfunctions": "controller,worker", "subfunction_oper": "disabled"}, "subfunction is not"),
    ({"config_target": "x"}, "target Config x not yet applied"),
]

# a new host's attributes, what is wrong with them
ARRIVALS: list[tuple[dict[str, Any], str]] = [
    ({}, "personality"),
    ({"personality": "worker", "hostname": "w"}, "Must provide MAC Address"),
    ({"personality": "worker", "hostname": "w", "mgmt_mac": "x"}, "valid format"),
    ({"personality": "worker", "hostname": "w", "mgmt_mac": "52:54:00:6a:00:03"}, "already exists"),
]

# what a PATCH changes of an unlocked worker, what is wrong with it
PATCHES: list[tuple[dict[str, Any], str]] = [
    ({"task": "x"}, "contains a subset of restricted"),
    ({"console": "tty0"}, "Host must be locked before updating installation parameters"),
    ({"id": 99}, "contains restricted"),
    ({"action": "dance"}, "'dance' is not a supported maintenance action"),
]


@pytest.mark.parametrize(("so", "action", "words"), UNLOCKS)
async def test_an_action_is_refused_because(
    so: dict[str, Any], action: str, words: str, admin: Client
) -> None:
    admin.sim.cloud.touch(admin.sim.cloud.named("worker-1"), **so)
    reply = await admin.act("worker-1", action)
    assert (reply.status_code, words in reply.text) == (400, True), reply.text


@pytest.mark.parametrize(("so", "words"), SWACTS)
async def test_a_swact_is_refused_because(so: dict[str, Any], words: str, standard: Client) -> None:
    standard.sim.cloud.touch(standard.sim.cloud.named("controller-1"), **so)
    assert words in (await standard.act("controller-0", "swact")).text


async def test_a_swact_waits_for_an_application(standard: Client) -> None:
    standard.sim.cloud.apps[0]["status"] = "applying"
    assert "apply is in progress" in (await standard.act("controller-0", "swact")).text
    assert (await standard.act("controller-0", "force-swact")).status_code == 200


@pytest.mark.parametrize("phase", ["pods", "host"])
async def test_a_swact_waits_for_a_new_root_ca(phase: str, standard: Client) -> None:
    cloud = standard.sim.cloud
    (active,) = [host for host in cloud.hosts if host.is_active]
    state = f"updating-{phase}-trust-both-cas"
    cloud.kube.rootca = {"state": state}
    if phase == "host":
        cloud.kube.rootca_hosts[active.uuid] = state
    said = await standard.act(active.name, "swact")
    assert said.status_code == 400
    assert "while kubernetes root ca update phase" in said.text


async def test_a_swact_of_the_standby_moves_nothing(standard: Client) -> None:
    assert (await standard.act("controller-1", "swact")).status_code == 200
    await standard.sim.advance(60)
    active = standard.sim.cloud.active
    assert active is not None
    assert active.hostname == "controller-0"


@pytest.mark.parametrize(("body", "words"), ARRIVALS)
async def test_a_host_is_not_taken_in_because(
    body: dict[str, Any], words: str, admin: Client
) -> None:
    reply = await admin.http.post(f"{PLATFORM}/ihosts", json=body)
    assert (reply.status_code, words in reply.text) == (400, True), reply.text


async def test_a_simplex_system_takes_no_host_in_and_keeps_its_own(simplex: Client) -> None:
    body = {"personality": "worker", "hostname": "w", "mgmt_mac": "52:54:00:6a:00:99"}
    assert "simplex" in (await simplex.http.post(f"{PLATFORM}/ihosts", json=body)).text
    reply = await simplex.http.post(f"{PLATFORM}/ihosts/bulk_add", files={"file": ("h", b"<h/>")})
    assert "simplex" in reply.json()["error"]
    assert "simplex" in (await simplex.http.delete(f"{PLATFORM}/ihosts/1")).text


@pytest.mark.parametrize(("changes", "words"), PATCHES)
async def test_a_change_is_refused_because(
    changes: dict[str, Any], words: str, admin: Client
) -> None:
    reply = await admin.patch("worker-2", **changes)
    assert (reply.status_code, words in reply.text) == (400, True), reply.text


async def test_a_role_is_given_once_and_a_controller_is_numbered(admin: Client) -> None:
    uuid = (await admin.hosts())[None]["uuid"]
    path = f"{PLATFORM}/ihosts/{uuid}"
    nameless = [{"op": "replace", "path": "/personality", "value": "worker"}]
    assert (
        "must be provisioned with a hostname" in (await admin.http.patch(path, json=nameless)).text
    )
    role = [{"op": "replace", "path": "/personality", "value": "controller"}]
    row = (await admin.http.patch(path, json=role)).json()
    assert (row["hostname"], row["subfunctions"]) == ("controller-2", "controller,worker")
    assert "Can not change personality" in (await admin.http.patch(path, json=nameless)).text
    name = [{"op": "replace", "path": "/hostname", "value": "other"}]
    assert "has already been configured" in (await admin.http.patch(path, json=name)).text


async def test_a_controller_is_kept_while_all_storage_is_locked(standard: Client) -> None:
    for name in ("storage-0", "storage-1"):
        standard.sim.cloud.named(name).administrative = "locked"
    assert "when storage nodes are locked" in (await standard.act("controller-1", "lock")).text


async def test_storage_without_a_volume_is_not_unlocked(standard: Client) -> None:
    host = standard.sim.cloud.named("storage-1")
    await standard.act("storage-1", "lock")
    await standard.sim.advance(60)
    await standard.get(f"{PLATFORM}/ihosts/storage-1/istors")
    standard.sim.cloud.children[host.uuid, "istors"].clear()
    assert "without any Storage Volumes" in (await standard.act("storage-1", "unlock")).text


async def test_a_backend_that_is_not_configured_holds_controllers(standard: Client) -> None:
    await standard.act("controller-1", "lock")
    await standard.sim.advance(60)
    await standard.get(f"{PLATFORM}/storage_backend")
    standard.sim.cloud.shared["storage_backend"][0]["state"] = "configuring"
    assert "Ceph is configuring" in (await standard.act("controller-1", "unlock")).text


async def test_images_are_written_once_at_a_time_and_only_on_enabled_hosts(
    admin: Client,
) -> None:
    def path(name: str, verb: str) -> str:
        return f"{PLATFORM}/ihosts/{admin.sim.cloud.named(name).uuid}/{verb}"

    update, abort = "device_image_update", "device_image_update_abort"
    assert (await admin.http.post(path("worker-1", update))).status_code == 400
    assert (await admin.http.get(path("worker-2", update))).status_code == 405
    assert (await admin.http.post(path("worker-2", update))).status_code == 200
    assert "already in the process" in (await admin.http.post(path("worker-2", update))).text
    aborted = (await admin.http.post(path("worker-2", abort))).json()
    assert aborted["device_image_update"] == "in-progress-aborted"
    assert (await admin.http.post(path("worker-3", update))).status_code == 200
    await admin.sim.advance(400)
    row = await admin.host("worker-3")
    assert (row["device_image_update"], row["reboot_needed"]) == ("completed", True)


async def test_a_kernel_is_changed_on_a_locked_host_and_runs_after_its_unlock(
    admin: Client,
) -> None:
    patch = [{"op": "replace", "path": "/kernel_provisioned", "value": "lowlatency"}]
    kernels = f"{PLATFORM}/ihosts/4/kernel"
    assert (await admin.http.patch(f"{PLATFORM}/ihosts/5/kernel", json=patch)).status_code == 400
    row = (await admin.http.patch(kernels, json=patch)).json()
    assert (row["kernel_provisioned"], row["kernel_running"]) == ("lowlatency", "standard")
    await admin.act("worker-1", "unlock")
    await admin.sim.advance(500)
    assert (await admin.get(kernels))["kernel_running"] == "lowlatency"


async def test_applications_are_removed_aborted_and_deleted_in_their_states(admin: Client) -> None:
    app = f"{PLATFORM}/apps/cert-manager"
    assert (await admin.http.delete(app)).status_code == 400
    assert (await admin.http.patch(f"{app}?directive=dance", json={})).status_code == 400
    await admin.http.patch(f"{app}?directive=remove", json={"values": {}})
    await admin.http.patch(f"{app}?directive=abort", json={"values": {}})
    assert (await admin.get(app))["status"] == "remove-failed"
    await admin.http.patch(f"{app}?directive=remove", json={"values": {}})
    await admin.sim.advance(120)
    assert (await admin.get(app))["status"] == "uploaded"
    await admin.http.patch(f"{app}?directive=apply", json={"values": {}})
    await admin.http.patch(f"{app}?directive=abort", json={"values": {}})
    await admin.sim.advance(120)
    assert (await admin.get(app))["status"] == "apply-failed"
    assert (await admin.http.delete(f"{PLATFORM}/apps/oidc-auth-apps")).status_code == 204
    assert (await admin.http.get(f"{PLATFORM}/apps/oidc-auth-apps")).status_code == 404


async def test_the_system_row_can_be_changed_where_the_real_one_can(admin: Client) -> None:
    path = f"{PLATFORM}/isystems/{admin.sim.cloud.system.uuid}"
    for name, status in (("location", 200), ("system_mode", 400)):
        patch = [{"op": "replace", "path": f"/{name}", "value": "cabinet 9"}]
        assert (await admin.http.patch(path, json=patch)).status_code == status
    assert (await admin.get(path))["location"] == "cabinet 9"
    assert (await admin.http.get(f"{PLATFORM}/isystems/x")).status_code == 404
    assert (await admin.http.get(f"{path}/ihosts")).status_code == 500
    assert (await admin.http.get(f"{path}/nosuch")).status_code == 404
    assert (await admin.get(f"{path}/controller_fs"))["controller_fs"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/platform", 200),
        ("/faultmanagement", 200),
        (FM, 200),
        ("/nosuch", 404),
        (f"{PLATFORM}/health/nosuch", 404),
        (f"{PLATFORM}/servicegroup/x", 404),
        (f"{PLATFORM}/ihosts/3/nosuch", 404),
        (f"{PLATFORM}/networks/x", 404),
        (f"{PLATFORM}/labels/x", 400),
        (f"{PLATFORM}/ihosts?limit=many", 400),
        (f"{FM}/event_log/x", 404),
        (f"{FM}/event_suppression/x", 400),
        (f"{FM}/event_log?q.field=x&q.op=eq&q.value=y", 500),
        (f"{FM}/event_suppression?q.field=x&q.op=eq&q.value=y", 500),
        (f"{FM}/alarms?bogus=1", 400),
        ("/faultmanagement/v2/alarms", 404),
    ],
)
async def test_paths_are_answered_with(path: str, status: int, admin: Client) -> None:
    assert (await admin.http.get(path)).status_code == status


async def test_one_row_of_a_shared_kind_can_be_asked_for(admin: Client) -> None:
    (row, *_) = (await admin.get(f"{PLATFORM}/controller_fs"))["controller_fs"]
    # A row alone tells more of itself than in its list.
    alone = await admin.get(f"{PLATFORM}/controller_fs/{row['uuid']}")
    assert {key: alone[key] for key in row} == row
