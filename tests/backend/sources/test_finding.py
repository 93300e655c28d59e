"""A range that is named: who answers in it, at what rate, and what is refused before anybody is."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, List

import pytest

from backend.discovery import entries
from backend.errors import NotConfigured, SettingsError
from backend.simulator.rmcp import Station, guid_of
from backend.sources.finding import Finder, Found, addresses
from tests.backend.sources.authority import Certificate
from tests.backend.sources.loopback import serving
from tests.backend.sources.redfish_tree import Pretended
from tests.backend.sources.test_ipmi_bad_days import Line, on


def test_ranges_are_networks_spans_or_one_alone() -> None:
    assert addresses("10.1.1.0/30") == ("10.1.1.1", "10.1.1.2")
    assert addresses("10.1.1.9-11") == ("10.1.1.9", "10.1.1.10", "10.1.1.11")
    assert addresses("10.1.1.7") == ("10.1.1.7",)


@pytest.mark.parametrize("text", ["", "rack 7", "10.1.1.9-3", "10.1.1.1-300", "10.0.0.0/8", "a-b"])
def test_what_is_no_range_or_too_large_a_one_asks_nobody(text: str) -> None:
    with pytest.raises(SettingsError, match="no range of addresses") as told:
        addresses(text)
    assert "10.10.10.5-40" in told.value.advice


async def test_who_speaks_ipmi_or_redfish_is_found_and_nobody_is_logged_in_to(
    tmp_path: Path,
) -> None:
    bmc = Pretended()
    bmc.tree["/redfish/v1/"]["Product"] = "iDRAC"
    line = Line(Station("root", "secret", guid_of("x"), on))
    loop = asyncio.get_running_loop()
    certificate = Certificate(tmp_path / "bmc.pem")
    async with serving(bmc, tls=certificate.server(), host="127.0.0.3") as server:
        transport, _ = await loop.create_datagram_endpoint(
            lambda: line, local_addr=("127.0.0.2", 0)
        )
        port = transport.get_extra_info("sockname")[1]
        finder = Finder(ipmi_port=port, https_port=server.port)
        found: List[Any] = [one async for one in finder.find("127.0.0.1-4", 100)]
        transport.close()
    assert sorted(found, key=lambda one: one.address) == [
        Found("127.0.0.2", "ipmi"),
        Found("127.0.0.3", "redfish", "iDRAC"),
    ]
    assert [(asked.method, asked.target) for asked in server.asked] == [("GET", "/redfish/v1/")]
    assert "authorization" not in server.asked[0].headers


async def test_each_is_asked_once_and_no_faster_than_was_said() -> None:
    loop = asyncio.get_running_loop()
    pings: List[float] = []

    class Silent(asyncio.DatagramProtocol):
        def datagram_received(self, _data: bytes, _address: Any) -> None:
            pings.append(loop.time())

    transport, _ = await loop.create_datagram_endpoint(Silent, local_addr=("127.0.0.2", 0))
    port = transport.get_extra_info("sockname")[1]
    began = loop.time()
    finder = Finder(ipmi_port=port, https_port=9)
    assert [one async for one in finder.find("127.0.0.1-5", 10)] == []
    transport.close()
    # The second of them, a tenth of a second after the first; the others have nobody listening.
    assert len(pings) == 1
    assert pings[0] - began >= 0.1


@pytest.mark.parametrize("rate", [0, -1, 5000])
async def test_a_rate_that_is_none_or_would_frighten_a_switch_is_refused(rate: float) -> None:
    with pytest.raises(NotConfigured, match="no rate"):
        _ = [one async for one in Finder().find("127.0.0.1", rate)]


def test_what_was_found_is_taken_with_a_name_an_address_and_a_protocol() -> None:
    found = (
        Found("10.1.1.1", "ipmi"),
        Found("10.1.1.1", "redfish", "iDRAC"),
        Found("10.1.1.2", "ipmi"),
        Found("10.1.1.3", "ipmi"),
        Found("10.1.2.2", "ipmi"),
    )
    taken = entries(found, dict.fromkeys(("10.1.1.1", "10.1.1.2", "10.1.2.2"), "c0-bmc"))
    assert list(taken) == ["c0-bmc", "c0-bmc-2", "bmc-10-1-1-3", "c0-bmc-10-1-2-2"]
    assert taken["c0-bmc"] == {"address": "10.1.1.1", "protocol": "redfish", "username": "admin"}
