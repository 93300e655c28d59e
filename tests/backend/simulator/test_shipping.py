"""What is shipped to the pretend USM: opened and checked as the service does, in its words."""

from __future__ import annotations

from typing import Any, Dict, Tuple

from backend.simulator.shipping import SIGNED
from tests.backend.simulator.client import Client
from tests.backend.simulator.shipped import patch

USM = "/usm/v1"
NEW = "starlingx-24.09.303"
IMAGE = b"RELEASE=25.03.0\n" + b"\0" * 500


async def sent(client: Client, **files: bytes) -> Tuple[int, Dict[str, Any]]:
    """Send files as the vendor's client does: each in a field that its path names."""
    named = {f"/media/{k.replace('__', '.')}": v for k, v in files.items()}
    form = {path: (path, content) for path, content in named.items()}
    reply = await client.http.post(f"{USM}/release", files=form)
    return reply.status_code, reply.json()


async def shelf(client: Client) -> Dict[str, str]:
    return {one["release_id"]: one["state"] for one in await client.get(f"{USM}/release")}


async def test_a_patch_is_unpacked_and_then_on_the_shelf_with_what_it_says(admin: Client) -> None:
    status, said = await sent(admin, new__patch=patch("24.09.303"))
    assert (status, said["error"]) == (200, "")
    assert said["info"] == f"{NEW} is now uploaded\n"
    assert (await shelf(admin))[NEW] == "uploading"
    status, said = await sent(admin, more__patch=patch("24.09.304"))
    assert (status, said["error"]) == (406, f"Uploading in progress ['{NEW}'] ... try again later")
    await admin.sim.advance(60)
    row = await admin.get(f"{USM}/release/{NEW}")
    assert (row["state"], row["reboot_required"]) == ("available", True)
    assert (row["requires"], row["packages"]) == (
        ["starlingx-24.09.302"],
        ["curl_8.14.1-2_amd64.deb"],
    )
    assert "CVE-2026-4711" in row["description"]


async def test_a_bad_signature_is_said_with_200_and_an_error_as_the_service_does(
    admin: Client,
) -> None:
    status, said = await sent(admin, new__patch=patch("24.09.303", signed=b"by somebody"))
    assert (status, said["info"]) == (200, "")
    assert said["error"] == f"Failed to upload release {NEW}\n"
    assert NEW not in await shelf(admin)


async def test_a_file_cut_off_is_an_internal_error_with_a_signature(admin: Client) -> None:
    status, said = await sent(admin, new__patch=patch("24.09.303")[:-200])
    assert status == 500
    assert said["error"].startswith("Internal error occurred. Error signature [")
    assert NEW not in await shelf(admin)


async def test_without_room_it_is_an_internal_error_too(admin: Client) -> None:
    admin.sim.cloud.software.doomed.add("upload")
    status, said = await sent(admin, new__patch=patch("24.09.303"))
    assert (status, "Internal error occurred" in said["error"]) == (500, True)


async def test_an_image_wants_its_signature_beside_it_and_controller_0(admin: Client) -> None:
    _, said = await sent(admin, big__iso=IMAGE)
    assert said["error"] == "Missing upgrade file or signature file\n"
    status, said = await sent(admin, big__iso=IMAGE, big__sig=b"by somebody")
    assert (status, said["error"]) == (
        406,
        "Software big.iso:big.sig signature validation failed",
    )
    status, said = await sent(admin, big__iso=IMAGE, big__sig=SIGNED)
    assert (status, said["info"]) == (200, "starlingx-25.03.0 is now uploaded\n")
    await admin.sim.advance(60)
    assert (await shelf(admin))["starlingx-25.03.0"] == "available"
    cloud = admin.sim.cloud
    zero, one = (cloud.named(name).capabilities for name in ("controller-0", "controller-1"))
    zero["Personality"], one["Personality"] = "Controller-Standby", "Controller-Active"
    status, said = await sent(admin, big__iso=IMAGE, big__sig=SIGNED)
    assert (status, said["error"]) == (406, "Upload can only be performed on controller-0.")


async def test_the_same_patch_again_changes_nothing_and_no_file_is_refused(admin: Client) -> None:
    _, said = await sent(admin, a__patch=patch("24.09.302"))
    assert said["info"].endswith("is already uploaded. Updated metadata only\n")
    assert (await sent(admin, a__txt=b"?"))[0] == 406
    reply = await admin.http.post(f"{USM}/release", content=b"")
    assert reply.json()["error"] == "No files uploaded"
