"""What the real service refused is foreseen by a check of ours, sample by sample; and forms."""

from __future__ import annotations

import json
from typing import Any, Dict, Optional, Tuple

import pytest

from backend.kind import Form
from backend.kinds.host_forms import AddHost, AssignLabel, Classify, RemoveLabel
from backend.known import Known
from tests.backend.kinds.host_scenarios import (
    CANT_TELL,
    NO,
)
from tests.backend.kinds.site import (
    PARTS,
    SAMPLES,
    bodies,
    host,
    named,
    reading,
    reasons,
    site,
    uuid_of,
)

SAID = {
    "swact_controller-0_00_patch": ("the other has its configuration", NO),
    "400_delete_unlocked_host": ("locked first", NO),
    "400_lock_active_controller": ("not the active controller", NO),
    "400_lock_already_locked": ("not locked already", NO),
    # Nobody but Ceph knows of recovering placement groups.
    "400_lock_storage": ("no placement group recovering", CANT_TELL),
    "400_patch_personality_unlocked": ("not classified yet", NO),
    "400_post_host_dup": ("the name is free", NO),
    "400_reboot_unlocked": ("locked first", NO),
    "400_reinstall_unlocked": ("locked first", NO),
    "400_swact_worker": ("a controller", NO),
    "400_unlock_already_unlocked": ("locked", NO),
    "post_label_dup": ("the label is new", NO),
}
REFUSALS = json.loads((SAMPLES / "host_refusals.json").read_text())


def asked(refusal: Dict[str, Any]) -> Tuple[str, str, Optional[Form]]:
    """Return verb, host and form of a recorded request."""
    body: Any = refusal["body"]
    method, path = str(refusal["request"]).split()
    number = int(path[-1]) if path[-1].isdigit() else 0
    name = str(bodies("hosts")[number - 1]["hostname"]) if number else ""
    if path == "/v1/ihosts":
        return "add", "", AddHost(**body)
    if "/labels/" in path:
        key, value = next(iter(body.items()))
        return "label-assign", name, AssignLabel(key=key, value=value)
    if method == "DELETE":
        return "delete", name, None
    if body[0]["path"] == "/personality":
        return "classify", name, Classify(personality=body[0]["value"], hostname="x")
    return str(body[0]["value"]), name, None


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: str(refusal["sample"]))
def test_what_the_service_refused_is_foreseen(refusal: Dict[str, Any]) -> None:
    verb, name, form = asked(refusal)
    label = {**bodies("labels")[0], "label_key": "my.label/x", "host_uuid": uuid_of(3)}
    known = site()
    labels = {("labels", uuid_of(3)): reading("labels", [label])}
    known = Known(cloud="c", now_ms=0, place=known.place, readings={**known.readings, **labels})
    action = named("hosts").action(verb)
    assert action is not None
    row = host(known, name) if name else None
    found = {r.check: r for r in action.reasons(row, form or action.form(), known)}
    check, answer = SAID[refusal["sample"]]
    assert found[check].answer is answer
    assert {r["sample"] for r in REFUSALS} == SAID.keys()


# --- forms -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "check"),
    [
        ({"mgmt_mac": "52:54:00:6a:b1:99"}, "has a name"),
        ({"hostname": "worker-9", "mgmt_mac": "no mac"}, "the MAC is one"),
        ({"hostname": "worker-9", "mgmt_mac": "52:54:00:6A:B1:11"}, "the MAC is new"),
        ({"hostname": "Worker_9", "mgmt_mac": "52:54:00:6a:b1:99"}, "the name is one for a host"),
    ],
)
def test_a_new_host_is_refused_for(given: Dict[str, str], check: str) -> None:
    action = named("hosts").action("add")
    assert action is not None
    found = action.reasons(None, AddHost(**given), site())
    assert [reason.check for reason in found if reason.blocks] == [check]


def test_a_new_storage_host_needs_no_name() -> None:
    action = named("hosts").action("add")
    assert action is not None
    form = AddHost(personality="storage", mgmt_mac="52:54:00:6a:b1:99")
    assert not any(reason.blocks for reason in action.reasons(None, form, site()))


def test_labels_that_were_not_read_are_never_new() -> None:
    assert set(PARTS) == {"labels", "partitions", "interfaces"}
    found = reasons(site(), "label-assign", "worker-0", AssignLabel(key="a"))
    assert found["the label is new"].answer is CANT_TELL
    gone = reasons(site(), "label-remove", "controller-0", RemoveLabel(key="no-such"))
    assert gone["it has the label"].answer is NO
