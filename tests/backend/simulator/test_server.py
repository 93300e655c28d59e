"""The server speaks HTTP/1.1 as clients expect: kept connections, chunks, HEAD, TLS."""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
import ssl
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from backend.simulator import Simulator
from tests.backend.simulator.client import FM, PLATFORM, Client, credentials


async def raw(sim: Simulator, data: bytes) -> bytes:
    """What comes back on one connection for these bytes, until it is closed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", sim.port)
    writer.write(data)
    await writer.drain()
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


async def test_it_takes_a_port_that_outgoing_connections_never_do(sim: Simulator) -> None:
    assert 1024 < sim.port < 32768
    assert sim.url == f"http://127.0.0.1:{sim.port}"


async def test_it_takes_the_port_it_is_given(sim: Simulator) -> None:
    port = sim.port
    await sim.__aexit__(None, None, None)
    async with Simulator(port=port, frozen=True) as again:
        assert again.port == port


async def test_one_connection_carries_many_requests(sim: Simulator) -> None:
    first = f"GET {PLATFORM} HTTP/1.1\r\nHost: x\r\n\r\n"
    last = f"GET {PLATFORM} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    answer = await raw(sim, (first + first + last).encode())
    assert answer.count(b"HTTP/1.1 200") == 3


async def test_a_chunked_body_is_read(admin: Client) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b'[{"op": "replace", "path": "/acti'
        yield b'on", "value": "lock"}]'

    uuid = (await admin.host("worker-2"))["uuid"]
    headers = {"Content-Type": "application/json"}
    path = f"{PLATFORM}/ihosts/{uuid}"
    reply = await admin.http.patch(path, content=chunks(), headers=headers)
    assert (reply.status_code, reply.json()["task"]) == (200, "Locking")


async def test_head_says_how_long_the_answer_would_be(admin: Client) -> None:
    told = await admin.http.head(f"{PLATFORM}/ihosts")
    full = await admin.http.get(f"{PLATFORM}/ihosts")
    assert (told.status_code, told.content) == (200, b"")
    assert int(told.headers["Content-Length"]) == len(full.content)


async def test_a_client_that_waits_for_100_is_told_to_go_on(sim: Simulator) -> None:
    head = (
        "POST /identity/v3/auth/tokens HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", sim.port)
    writer.write(head.encode())
    await writer.drain()
    assert b"100" in await reader.readuntil(b"\r\n\r\n")
    writer.write(b"{}")
    await writer.drain()
    assert b" 400 " in await reader.readline()
    writer.close()
    await writer.wait_closed()


async def test_what_is_no_http_is_refused(sim: Simulator) -> None:
    assert b" 400 " in (await raw(sim, b"\x16\x03\x01nonsense\r\n\r\n")).split(b"\r\n")[0]


async def test_links_go_where_the_client_came_from(admin: Client) -> None:
    headers = {"Host": "controller.site-7:8080"}
    row = (await admin.http.get(f"{PLATFORM}/ihosts/1", headers=headers)).json()
    hrefs = [link["href"] for link in row["links"]]
    assert hrefs == [
        f"http://controller.site-7:8080{PLATFORM}/ihosts/{row['uuid']}",
        f"http://controller.site-7:8080/platform/ihosts/{row['uuid']}",
    ]
    assert (await admin.http.get(f"/platform/ihosts/{row['uuid']}")).status_code == 404


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"[1]", b'"x"', b"null", b'[{"path": 7}]', b"\xff\xfe"]
)
async def test_no_body_brings_it_down(body: bytes, admin: Client) -> None:
    for method, path in (
        ("POST", "/identity/v3/auth/tokens"),
        ("POST", f"{PLATFORM}/ihosts"),
        ("PATCH", f"{PLATFORM}/ihosts/3"),
        ("POST", f"{PLATFORM}/ihosts/bulk_add"),
        ("PATCH", f"{PLATFORM}/ihosts/4/kernel"),
        ("POST", f"{PLATFORM}/ihosts/3/vim"),
        ("POST", f"{PLATFORM}/labels/3"),
        ("PATCH", f"{PLATFORM}/isystems/{admin.sim.cloud.system.uuid}"),
        ("PATCH", f"{PLATFORM}/apps/cert-manager?directive=apply"),
        ("PATCH", f"{FM}/event_suppression/x"),
        ("POST", "/pretend/order"),
        ("POST", "/pretend/advance"),
    ):
        headers = {"Content-Type": "application/json"}
        reply = await admin.http.request(method, path, content=body, headers=headers)
        assert reply.status_code < 500, (method, path)
    assert len(await admin.hosts()) == 7


async def test_requests_are_remembered_for_tests(admin: Client) -> None:
    await admin.http.get(f"{PLATFORM}/ihosts/nosuch?x=1")
    assert list(admin.sim.requests) == [
        ("POST", "/identity/v3/auth/tokens", 201),
        ("GET", f"{PLATFORM}/ihosts/nosuch", 404),
    ]


async def test_a_running_cloud_moves_by_itself() -> None:
    async with Simulator(speed=4000) as sim, Client(sim) as client:
        assert (await client.act("worker-2", "lock")).status_code == 200
        for _ in range(500):
            row = await client.host("worker-2")
            if not row["task"]:
                break
            await asyncio.sleep(0.01)
        assert row["administrative"] == "locked"


async def test_a_refusing_port_comes_back_by_itself() -> None:
    async with Simulator(speed=1000) as sim, httpx.AsyncClient(base_url=sim.url) as http:
        sim.order("api-away", for_s=300)
        refused, until = 0, time.monotonic() + 5
        while time.monotonic() < until:
            try:
                await http.get(PLATFORM)
            except httpx.TransportError:
                refused += 1
                await asyncio.sleep(0.02)
            else:
                if refused:
                    break
                await asyncio.sleep(0.005)
        assert refused
        assert (await http.get(PLATFORM)).status_code == 200


def certificate(folder: Path) -> tuple[str, str]:
    """A certificate of 127.0.0.1 signed by itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "pretend cloud")])
    now = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    alternatives = [x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    builder = builder.not_valid_before(now - dt.timedelta(days=3650))
    signed = builder.not_valid_after(now + dt.timedelta(days=3650)).sign(key, hashes.SHA256())
    (folder / "cert.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return str(folder / "cert.pem"), str(folder / "key.pem")


async def test_it_speaks_tls_when_given_a_certificate(tmp_path: Path) -> None:
    pair = certificate(tmp_path)
    async with Simulator(frozen=True, tls=pair) as sim:
        assert sim.url.startswith("https://")
        context = ssl.create_default_context(cafile=pair[0])
        async with httpx.AsyncClient(base_url=sim.url, verify=context) as http:
            reply = await http.post("/identity/v3/auth/tokens", json=credentials())
            url = reply.json()["token"]["catalog"][1]["endpoints"][0]["url"]
            assert url == f"{sim.url}/platform/v1"
        assert sim.settings()["cacert"] == pair[0]


async def test_ten_thousand_hosts_are_answered_at_once() -> None:
    sim = Simulator("standard", frozen=True, hosts=10_000)
    async with sim, Client(sim) as client:
        reply = await client.http.get(f"{PLATFORM}/ihosts")
    assert reply.content.count(b'"hostname"') == 10_000
