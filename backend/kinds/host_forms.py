"""What is asked before a host is added, classified or labelled, and why that may be refused."""

from __future__ import annotations

import re
from typing import Any, List, Mapping, Optional, Tuple

from pydantic import Field

from backend.figure import Jump
from backend.kind import Answer, Asker, Form, Reason
from backend.kinds.fresh_checks import looked_up
from backend.kinds.host import Host
from backend.kinds.host_site import children, hosts
from backend.known import Known

PERSONALITIES = ("worker", "controller", "storage")
# The system names these itself, in their order.
NAMED_BY_SYSTEM = ("controller", "storage")
MAC = re.compile(r"(?:[0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}")
HOSTNAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


class AddHost(Form):
    """A host that nobody has switched on yet."""

    personality: str = Field(default="worker", description="what it is to be")
    hostname: Optional[str] = Field(
        default=None, description="a worker wants one; controllers and storage are numbered"
    )
    mgmt_mac: str = Field(description="MAC of its management interface, aa:bb:cc:dd:ee:ff")
    mgmt_ip: Optional[str] = Field(default=None, description="only where addresses are static")
    bm_type: Optional[str] = Field(default=None, description="ipmi, redfish, dynamic or none")
    bm_ip: Optional[str] = Field(default=None, description="address of its BMC")
    bm_username: Optional[str] = Field(default=None, description="user on its BMC")
    bm_password: Optional[str] = Field(
        default=None, description="password on its BMC", json_schema_extra={"secret": True}
    )
    boot_device: Optional[str] = Field(default=None, description="as /dev/disk/by-path/...")
    rootfs_device: Optional[str] = Field(default=None, description="as /dev/disk/by-path/...")
    console: Optional[str] = Field(default=None, description="as ttyS0,115200n8")


class Classify(Form):
    """What a discovered host is to be."""

    personality: str = Field(description="what it is to be, for good: worker, controller, storage")
    hostname: Optional[str] = Field(
        default=None, description="a worker wants one; controllers and storage are numbered"
    )


class AssignLabel(Form):
    """A Kubernetes label for a host."""

    key: str = Field(min_length=1, max_length=317, description="as sriovdp or my.site/rack")
    value: str = Field(default="enabled", max_length=63, description="what it is set to")
    overwrite: bool = Field(default=False, description="replace the value it has")


class RemoveLabel(Form):
    """A label that a host has."""

    key: str = Field(min_length=1, description="one of its labels")


def personalities(_host: Any, _known: Known) -> Mapping[str, Tuple[str, ...]]:
    """Return what a host can be."""
    return {"personality": PERSONALITIES}


def bmc_choices(host: Any, known: Known) -> Mapping[str, Tuple[str, ...]]:
    """Return what a new host can be, and how its BMC may be spoken to."""
    return {
        **personalities(host, known),
        "bm_type": ("dynamic", "ipmi", "redfish", "none"),
    }


def own_labels(host: Host, known: Known) -> Mapping[str, Tuple[str, ...]]:
    """Return the labels of a host, to take one away."""
    return {"key": tuple(row.label_key for row in children(known, "labels", host) or ())}


# --- why not -----------------------------------------------------------------------------------


def _reason(
    check: str, words: str, asker: Asker = Asker.SERVICE, jump: Optional[Jump] = None
) -> Reason:
    answer = Answer.NO if words else Answer.PASSES
    return Reason(check=check, answer=answer, words=words, asker=asker, jump=jump)


def _name_reasons(form: Any, known: Known) -> List[Reason]:
    personality = getattr(form, "personality", "")
    hostname = getattr(form, "hostname", None) or ""
    wants = personality not in NAMED_BY_SYSTEM
    missing = f"a {personality} wants a hostname" if wants and not hostname else ""
    odd = hostname and not HOSTNAME.fullmatch(hostname)
    twin = next((h for h in hosts(known) if hostname and h.hostname == hostname), None)
    return [
        _reason("has a name", missing),
        _reason(
            "the name is one for a host",
            "small letters, digits and dashes, 63 at most" if odd else "",
            Asker.OURS,
        ),
        looked_up(
            "the name is free",
            f"there is a host {hostname} already" if twin else "",
            known,
            "hosts",
            jump=Jump(kind="hosts", id=twin.uuid) if twin else None,
        ),
    ]


def add_reasons(_row: Any, form: Any, known: Known) -> Tuple[Reason, ...]:
    """Return why a new host would be refused."""
    mac = (getattr(form, "mgmt_mac", "") or "").lower()
    twin = next((h for h in hosts(known) if mac and (h.mgmt_mac or "").lower() == mac), None)
    wrong = "" if MAC.fullmatch(mac) else "six pairs of hexadecimal digits, with colons"
    return (
        *_name_reasons(form, known),
        _reason("the MAC is one", wrong),
        looked_up(
            "the MAC is new",
            f"{twin.name} has that MAC" if twin else "",
            known,
            "hosts",
            jump=Jump(kind="hosts", id=twin.uuid) if twin else None,
        ),
    )


def classify_reasons(host: Host, form: Any, known: Known) -> Tuple[Reason, ...]:
    """Return why a host could not be given its role."""
    done = (
        "" if host.is_discovered else f"it is a {host.personality}; only delete and add change it"
    )
    return (_reason("not classified yet", done), *_name_reasons(form, known))


def label_reasons(host: Host, form: Any, known: Known) -> Tuple[Reason, ...]:
    """Return why a label would not be taken."""
    found: List[Reason] = []
    labels = children(known, "labels", host)
    if labels is None:
        unread = Reason(check="the label is new", answer=Answer.CANT_TELL, words="labels not read")
        found.append(unread)
    else:
        key = getattr(form, "key", "")
        has = any(row.label_key == key for row in labels) and not getattr(form, "overwrite", False)
        found.append(_reason("the label is new", f"it has {key}: say overwrite" if has else ""))
    if not host.is_locked:
        words = "some labels want the host locked; the server knows which"
        found.append(
            Reason(check="locked enough", answer=Answer.CANT_TELL, words=words, asker=Asker.SERVER)
        )
    return tuple(found)


def unlabel_reasons(host: Host, form: Any, known: Known) -> Tuple[Reason, ...]:
    """Return why a label could not be taken away."""
    labels = children(known, "labels", host)
    if labels is None:
        return (
            Reason(
                check="it has the label",
                answer=Answer.NO,
                words="labels not read",
                asker=Asker.OURS,
            ),
        )
    key = getattr(form, "key", "")
    has = any(row.label_key == key for row in labels)
    return (_reason("it has the label", "" if has else f"it has no label {key}", Asker.OURS),)
