"""What acts on the things of a host send is what the vendor's own client sends, word for word."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from backend.kind import RestWrite
from backend.kinds import every_kind
from tests.backend.kinds.pretend import asked, at
from tests.backend.simulator.client import PLATFORM
from tests.backend.simulator.test_vendor_requests import LINES
from tests.backend.simulator.test_vendor_requests import filled as placed

ACTS = [line for line in LINES if "act" in line]


KINDS_TOLD = sorted({line["act"]["kind"] for line in ACTS})


@pytest.mark.parametrize("kind", KINDS_TOLD)
async def test_it_sends_what_the_vendors_client_sends(kind: str, tmp_path: Path) -> None:
    async with at(tmp_path, "site-7") as (station, client):
        for line in ACTS:
            if line["act"]["kind"] != kind:
                continue
            preview = await asked(station, line["act"])
            # The client names a host by its number where we do by its uuid: both are taken.
            path = (await placed(client, line["path"].replace("{id:", "{uuid:")))[len(PLATFORM) :]
            body = json.loads(await placed(client, json.dumps(line.get("body"))))
            # What only looks once more, right before, the client has not.
            (write,) = [one for one in preview.writes if getattr(one, "method", "") != "GET"]
            assert isinstance(write, RestWrite)
            assert (write.method, write.path) == (line["method"], path)
            assert in_any_order(write.body) == in_any_order(body)
            assert preview.commands[-1:] == (await placed(client, line["command"]),)
            assert write.sentence


def in_any_order(body: Any) -> Any:
    """Return a body to compare: of a patch the order of its fields says nothing."""
    return sorted(body, key=json.dumps) if isinstance(body, list) else body


def test_every_act_on_the_things_of_a_host_is_in_the_table() -> None:
    told = {(line["act"]["kind"], line["act"]["name"]) for line in ACTS}
    # Into our own record, and by a program of the machine: sysinv is sent nothing.
    ours = {("disks", "replace"), ("disks", "light")}
    assert declared() - told == ours


def declared() -> Any:
    """Return the acts of the kinds that are a host's."""
    kinds = [kind for kind in every_kind() if kind.parent == "hosts"]
    return {(kind.name, action.name) for kind in kinds for action in kind.actions}
