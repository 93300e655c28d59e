"""``registry:`` of a cloud in clouds.yaml: where its image registry answers, and to whom."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional

from backend.clouds_yaml import Section
from backend.secret import Password, password_of
from backend.urls import check_url

_KEYS = {"url", "username", "password", "password_command", "password_file"}
# What a StarlingX controller has of its registry, and where that answers.
TOKEN_SERVER = Path("/etc/docker-distribution/registry/token_server.conf")
LOCAL = "https://registry.local:9001"


@dataclass(frozen=True)
class RegistryWay:
    """A registry at ``url``; without ``username`` one is to it who one is to Keystone.

    StarlingX's own registry takes Keystone's users; where there is no Keystone, nobody is named.
    """

    url: str
    username: str = ""
    password: Password = field(default_factory=Password)


def registry_of(cloud: Section) -> Optional[RegistryWay]:
    """Return what a cloud says of its registry, None where nothing; raises ``SettingsError``."""
    said = cloud.section("registry")
    if said is None:
        return None
    said.only(_KEYS)
    url = said.text("url").rstrip("/")
    check_url(said.at("url") or said.spot, url, host_alone=LOCAL)
    if said.at("password", "password_command", "password_file") and not said.text("username"):
        raise said.spot.wrong("has a password and no username")
    return RegistryWay(url=url, username=said.text("username"), password=password_of(said))


def registry_here() -> Optional[RegistryWay]:
    """Return the way to the registry of the controller one stands on, None where none is."""
    return RegistryWay(url=LOCAL) if os.access(TOKEN_SERVER.parent, os.R_OK) else None
