"""Certificates and the licence of the pretend cloud: listed, installed, refused."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any, AsyncIterator, Optional

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from backend.simulator import Simulator
from tests.backend.simulator.client import PLATFORM, Client

INSTALL = f"{PLATFORM}/certificate/certificate_install"


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    async with Simulator(frozen=True) as sim, Client(sim) as admin:
        yield admin


def pem(client: Client, *, authority: bool = True, days: int = 30, name: str = "lab-ca") -> bytes:
    """Return a certificate signed by itself, good for so many days from the cloud's own now."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = client.sim.cloud.now()
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=60))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


async def upload(
    client: Client, path: str, content: Optional[bytes], **fields: str
) -> dict[str, Any]:
    files = {"file": ("for_upload", content)} if content is not None else None
    reply = await client.http.post(path, files=files, data=fields)
    assert reply.status_code == 200, reply.text
    told = reply.json()
    assert isinstance(told, dict)
    return told


async def rows(client: Client) -> list[dict[str, Any]]:
    found = (await client.get(f"{PLATFORM}/certificate"))["certificates"]
    assert isinstance(found, list)
    return found


async def test_an_authority_is_installed_replaced_and_taken_away(client: Client) -> None:
    for days in (30, 40):
        told = await upload(client, INSTALL, pem(client, days=days), mode="ssl_ca")
        assert (told["error"], len(told["certificates"])) == ("", 1)
    (mine,) = [row for row in await rows(client) if row["subject"] == "CN=lab-ca"]
    assert ("250.001", "host=controller-0") in await client.alarms()
    gone = await client.http.delete(f"{PLATFORM}/certificate/{mine['uuid']}")
    assert (gone.status_code, gone.json()["uuid"]) == (200, mine["uuid"])
    assert "CN=lab-ca" not in [row["subject"] for row in await rows(client)]


async def test_another_is_replaced_and_never_taken_away(client: Client) -> None:
    (ssl,) = [row for row in await rows(client) if row["certtype"] == "ssl"]
    reply = await client.http.delete(f"{PLATFORM}/certificate/{ssl['uuid']}")
    assert reply.status_code == 400
    assert "Unsupported mode: ssl" in json.loads(reply.json()["error_message"])["faultstring"]


async def test_an_upload_that_is_refused_says_so_in_a_200(client: Client) -> None:
    async def error(content: Optional[bytes], **fields: str) -> str:
        return str((await upload(client, INSTALL, content, **fields))["error"])

    assert "no valid certificates found" in await error(b"no certificate", mode="ssl_ca")
    assert "not valid before" in await error(pem(client, days=-1), mode="ssl_ca")
    assert "non-CA type" in await error(pem(client, authority=False), mode="ssl_ca")
    assert "should not be a CA" in await error(pem(client), mode="openstack")
    assert "managed by cert-manager" in await error(pem(client, authority=False), mode="ssl")
    assert await error(pem(client), mode="x") == "Invalid mode: x"
    before = await rows(client)
    assert "CN=lab-ca" not in [row["subject"] for row in before]


async def test_all_that_are_held_are_named_with_what_is_left(client: Client) -> None:
    held = await client.get(f"{PLATFORM}/certificate/get_all_certs")
    assert held["etcd-server"]["Residual Time"] == "24d"
    assert held["etcd-server"]["Validity"]["Not After"].endswith("2026")
    soon = await client.get(f"{PLATFORM}/certificate/get_all_certs?soon_to_expiry=30")
    assert list(soon) == ["etcd-server"]
    assert await client.get(f"{PLATFORM}/certificate/get_all_certs?expired=True") == {}
    secrets = await client.get(f"{PLATFORM}/certificate/get_all_k8s_certs")
    assert secrets["kube-system/oidc-auth-apps-certificate"]["Residual Time"] == "5d"


async def test_a_licence_is_installed_and_read_back_or_refused(client: Client) -> None:
    path = f"{PLATFORM}/license"
    assert "not have been installed" in (await client.get(f"{path}/get_license_file"))["error"]
    told = await upload(client, f"{path}/install_license", b"<xml/>")
    assert "Invalid license file" in told["error"]
    text = b"PRETEND LICENSE\nFEATURE all maker 1.0 31-dec-2026 1\n"
    told = await upload(client, f"{path}/install_license", text)
    assert told["success"] == "Success: new license installed"
    found = await client.get(f"{path}/get_license_file")
    assert found == {"content": text.decode(), "error": ""}
    assert (await client.http.get(path)).status_code == 405


async def test_renewal_is_for_distributed_clouds(client: Client) -> None:
    async def renew(certtype: str) -> httpx.Response:
        path = f"{PLATFORM}/certificate/certificate_renew"
        return await client.http.post(path, json={"certtype": certtype})

    assert "Distributed Cloud only" in (await renew("admin-endpoint-cert")).text
    assert "Not implemented" in (await renew("ssl")).text
