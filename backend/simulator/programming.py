"""Images of devices that can be programmed: uploaded, applied to devices, written host by host."""

from __future__ import annotations

from backend.simulator import shared
from backend.simulator.certificates import form_of
from backend.simulator.cloud import Cloud
from backend.simulator.exchange import Answer, Request, answer
from backend.simulator.model import Host, Json, iso
from backend.simulator.refuse import client, no_such_path

IMAGES, STATES = "device_images", "device_image_state"
OWN = {
    "functional": "bitstream_id",
    "root-key": "key_signature",
    "key-revocation": "revoke_key_id",
}
FIELDS = (
    *("bitstream_type", "pci_vendor", "pci_device", "bitstream_id", "key_signature"),
    *("revoke_key_id", "name", "description", "image_version"),
)
# The address of the one programmable device that each worker is pretended to have.
ADDRESS = "0000:b2:00.0"
# Seconds that it takes.
IMAGE_S = 300


def _rows(cloud: Cloud, name: str) -> list[Json]:
    """The list itself, to be added to: what is asked for is a copy with what was changed."""
    shared.rows(cloud, name)
    return cloud.shared[name]


def upload(cloud: Cloud, request: Request, path: list[str]) -> Answer:
    """POST /v1/device_images: a file and what it is; what is wrong is said with 200."""
    if path:
        raise no_such_path()
    file, given = form_of(request)
    if file is None:
        return answer({"success": "", "error": "Error: No file uploaded"})
    sort = given.get("bitstream_type", "")
    if sort not in OWN:
        return answer({"success": "", "error": f"Bitstream type {sort} not supported"})
    if not given.get(OWN[sort]):
        words = f"{OWN[sort]} is required for {sort} bitstream type"
        return answer({"success": "", "error": words})
    made: Json = {
        "uuid": cloud.new_uuid(),
        **{name: given.get(name) for name in FIELDS},
        "bmc": False,
        "retimer_included": False,
        "applied": False,
        "applied_labels": None,
        "created_at": iso(cloud.now()),
        "updated_at": None,
    }
    _rows(cloud, IMAGES).append(made)
    return answer({"success": "", "error": "", "device_image": made})


def change(cloud: Cloud, request: Request, path: list[str]) -> Answer:
    """PATCH ?action=apply or remove: on the devices with these labels, or on all it is for."""
    image, verb = _image(cloud, path), request.arg("action")
    if verb not in {"apply", "remove"}:
        raise client("Operation not permitted.", 403)
    states = _rows(cloud, STATES)
    if verb == "remove":
        states[:] = [
            one
            for one in states
            if one["image_uuid"] != image["uuid"] or one["status"] == "completed"
        ]
    else:
        there = {(one["hostname"], one["image_uuid"]) for one in states}
        for host in cloud.of("worker"):
            if (host.name, image["uuid"]) not in there:
                states.append(_state(cloud, host, image))
    _tell_hosts(cloud, states)
    image["applied"] = verb == "apply"
    return answer(image)


def _tell_hosts(cloud: Cloud, states: list[Json]) -> None:
    """Have each host say whether an image waits for it; what is being written says so itself."""
    waits = {one["hostname"] for one in states if one["status"] == "pending"}
    for host in cloud.of("worker"):
        was = host.device_image_update
        if host.name in waits and was != "in-progress":
            cloud.touch(host, device_image_update="pending")
        elif host.name not in waits and was == "pending":
            cloud.touch(host, device_image_update=None)


def _state(cloud: Cloud, host: Host, image: Json) -> Json:
    return {
        "uuid": cloud.new_uuid(),
        "hostname": host.name,
        "pciaddr": ADDRESS,
        "image_uuid": image["uuid"],
        "status": "pending",
        "update_start_time": None,
        "created_at": iso(cloud.now()),
        "updated_at": None,
    }


def delete(cloud: Cloud, request: Request, path: list[str]) -> Answer:
    """DELETE: refused once it is on a device, or on its way to one."""
    del request
    image = _image(cloud, path)
    mine = [s["status"] for s in _rows(cloud, STATES) if s["image_uuid"] == image["uuid"]]
    if {"completed", "in-progress"} & set(mine):
        raise client(
            "Delete failed: device image is being written to or has already been written to devices"
        )
    _rows(cloud, IMAGES).remove(image)
    return Answer(status=204)


def _image(cloud: Cloud, path: list[str]) -> Json:
    for row in _rows(cloud, IMAGES):
        if path and row["uuid"] == path[0]:
            return row
    raise client("Device image failed: image does not exist")


def begin(cloud: Cloud, host: Host) -> None:
    """Write what waits for a host to its devices; it takes a while, and the host must serve."""
    if host.device_image_update == "in-progress":
        raise client(f"The host {host.name} is already in the process of updating its images.")
    if not host.is_serving:
        raise client(f"The host {host.name} must be unlocked and enabled to update its images.")
    cloud.touch(host, device_image_update="in-progress")
    write(cloud, host, "in-progress")

    def done() -> None:
        if host.device_image_update == "in-progress":
            failed = host.name in cloud.software.doomed
            cloud.software.doomed.discard(host.name)
            status = "failed" if failed else "completed"
            cloud.touch(host, device_image_update=status, reboot_needed=not failed)
            write(cloud, host, status)

    cloud.clock.at(cloud.jitter(IMAGE_S), done)


def write(cloud: Cloud, host: Host, status: str) -> None:
    """Let what waits for a host, or is being written to it, stand as ``status``."""
    before = {"in-progress": "pending"}.get(status, "in-progress")
    for row in _rows(cloud, STATES):
        if row["hostname"] == host.name and row["status"] == before:
            row["status"], row["updated_at"] = status, iso(cloud.now())


CHANGES = {IMAGES: {"POST": upload, "PATCH": change, "DELETE": delete}}
