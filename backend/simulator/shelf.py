"""Releases as USM keeps them, and how a site's shelf usually stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Optional

from backend.simulator.model import Json
from backend.simulator.refuse import software as refused


@dataclass
class Software:
    """What USM holds: releases by id in their order, the deploy (None: none), hosts by name."""

    releases: list[Json] = field(default_factory=list)
    deploy: Optional[Json] = None
    hosts: dict[str, Json] = field(default_factory=dict)
    # Which part fails when it is its turn next: "start", "activate", a hostname.
    doomed: set[str] = field(default_factory=set)
    # Hosts that say nothing any more: what was asked of them neither ends nor fails.
    silent: set[str] = field(default_factory=set)
    # Whether it is USM from before June 2026: it takes a release in the path alone.
    names_in_path: bool = False

    def release(self, release_id: str) -> Json:
        """The release of that id; refused where there is none."""
        found = next((one for one in self.releases if one["release_id"] == release_id), None)
        if found is None:
            raise refused(f"Release {release_id} not found", 404)
        return found


@dataclass
class Older:
    """What sw-patch holds: patches by id, what each host has installed, and how its agent is."""

    patches: dict[str, Json] = field(default_factory=dict)
    installed: dict[str, set[str]] = field(default_factory=dict)
    agents: dict[str, str] = field(default_factory=dict)
    to_reboot: set[str] = field(default_factory=set)
    # Applications that want patches: ids by application.
    dependencies: dict[str, list[str]] = field(default_factory=dict)


def shelf(version: str) -> Software:
    """The releases of a site as it usually stands: two deployed, two to come, one too new."""
    deployed = [("0", "deployed", True, ()), ("300", "deployed", False, ("0",))]
    there = [("301", "available", True, ("300",)), ("302", "available", False, ("301",))]
    fixes = {"301": "Fixes CVE-2026-31431 (kernel) and CVE-2026-1180 (openssl)."}
    releases = [
        release(version, number, state, reboot=reboot, requires=requires, text=fixes.get(number))
        for number, state, reboot, requires in (*deployed, *there)
    ]
    return Software(releases=releases)


def release(
    version: str,
    number: str,
    state: str,
    *,
    reboot: bool,
    requires: tuple[str, ...] = (),
    text: Optional[str] = None,
) -> Json:
    whole = f"{version}.{number}"
    return {
        "release_id": f"starlingx-{whole}",
        "state": state,
        "sw_version": whole,
        "component": "starlingx",
        "status": "REL",
        "unremovable": number == "0",
        "summary": f"StarlingX {whole} release",
        "description": text or f"starlingx-{whole}, pretend.",
        "install_instructions": "",
        "warnings": "",
        "reboot_required": reboot,
        "prepatched_iso": False,
        "preinstalled_patches": [],
        "requires": [f"starlingx-{version}.{one}" for one in requires],
        "activation_scripts": [],
        "metapackages": {},
        "pre_upgrade_deploy": {},
        "packages": [f"sysinv_1.0-1.stx.{number}_all.deb", f"vim_2.7-1.stx.{number}_all.deb"],
    }
