"""Certificates on real TLS servers: nothing is sent to one that nobody vouches for."""

from __future__ import annotations

import json
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest

from backend.errors import SettingsError, Unreachable, Untrusted
from backend.sources.keystone import Keystone
from backend.sources.tls import OtherCertificate, Pins, context
from backend.sources.wire import Answer, Wire
from tests.backend.sources.authority import Certificate
from tests.backend.sources.clouds import Clock, settings
from tests.backend.sources.loopback import Asked, Reply, Server, serving


def yes(_: Asked) -> Reply:
    return Reply(b'"hello"')


class Line:
    """A wire to one server, asked with a token that must never leak."""

    def __init__(self, server: Server, pins: Pins, **more: Any) -> None:
        self.url = f"https://127.0.0.1:{server.port}/x"
        self.endpoint = f"127.0.0.1:{server.port}"
        self.wire = Wire("sysinv", settings(**more), pins, connect_s=2, whole_s=4)

    async def ask(self, method: str = "GET") -> Answer:
        return await self.wire.cross(method, self.url, {"X-Auth-Token": "t"})


@pytest.fixture
def pins(tmp_path: Path) -> Pins:
    return Pins(tmp_path / "state" / "pins.json")


@pytest.mark.parametrize("method", ["GET", "PATCH"])
async def test_a_self_signed_certificate_is_shown_before_any_byte_of_a_request(
    tmp_path: Path, pins: Pins, method: str
) -> None:
    mine = Certificate(tmp_path / "self.pem")
    async with serving(yes, tls=mine.server()) as server:
        line = Line(server, pins)
        with pytest.raises(Untrusted) as caught:
            await line.ask(method)
        await line.wire.close()
        assert server.bytes_in == 0
    error = caught.value
    assert (error.endpoint, error.fingerprint) == (line.endpoint, mine.fingerprint)
    assert error.pinned is None
    assert not error.sent
    assert "self" in error.advice
    assert pins.all() == {}


@pytest.mark.parametrize("method", ["GET", "PATCH"])
async def test_a_self_signed_certificate_once_accepted_is_taken_from_then_on(
    tmp_path: Path, pins: Pins, method: str
) -> None:
    mine = Certificate(tmp_path / "self.pem")
    async with serving(yes, tls=mine.server()) as server:
        line = Line(server, pins)
        with pytest.raises(Untrusted) as caught:
            await line.ask()
        pins.pin(caught.value.endpoint, caught.value.fingerprint)
        assert (await line.ask(method)).body == b'"hello"'
        await line.wire.close()
        again = Line(server, Pins(pins.path))
        assert (await again.ask(method)).body == b'"hello"'
        await again.wire.close()


@pytest.mark.parametrize("method", ["GET", "PATCH"])
async def test_a_changed_certificate_is_refused_before_any_credential(
    tmp_path: Path, pins: Pins, method: str
) -> None:
    old, new = Certificate(tmp_path / "old.pem"), Certificate(tmp_path / "new.pem")
    async with serving(yes, tls=new.server()) as server:
        line = Line(server, pins)
        pins.pin(line.endpoint, old.fingerprint)
        with pytest.raises(Untrusted, match="CHANGED") as caught:
            await line.ask(method)
        await line.wire.close()
        assert server.bytes_in == 0
    assert (caught.value.pinned, caught.value.fingerprint) == (old.fingerprint, new.fingerprint)


async def test_a_certificate_that_changes_in_mid_session_is_refused_on_the_next_connection(
    tmp_path: Path, pins: Pins
) -> None:
    old, new = Certificate(tmp_path / "old.pem"), Certificate(tmp_path / "new.pem")
    async with serving(yes, tls=old.server()) as server:
        line = Line(server, pins)
        pins.pin(line.endpoint, old.fingerprint)
        await line.ask()
    async with serving(yes, tls=new.server(), port=server.port) as other:
        for method in ("GET", "PATCH", "GET"):
            with pytest.raises(Untrusted, match="CHANGED"):
                await line.ask(method)
        assert other.bytes_in == 0
        pins.forget(line.endpoint)
        with pytest.raises(Untrusted, match="nobody vouches"):
            await line.ask()
    await line.wire.close()


async def test_no_password_is_sent_to_a_keystone_that_nobody_vouches_for(
    tmp_path: Path, pins: Pins
) -> None:
    async with serving(yes, tls=Certificate(tmp_path / "self.pem").server()) as server:
        there = settings(auth_url=f"https://127.0.0.1:{server.port}/v3")
        keystone = Keystone(there, pins, Clock())
        with pytest.raises(Untrusted):
            await keystone.token()
        await keystone.close()
        assert server.bytes_in == 0


async def test_a_certificate_of_a_known_authority_is_taken_and_one_of_another_is_not(
    tmp_path: Path, pins: Pins
) -> None:
    authority = Certificate(tmp_path / "ca.pem", is_authority=True)
    other = Certificate(tmp_path / "other.pem", is_authority=True)
    signed = Certificate(tmp_path / "signed.pem", by=authority)
    async with serving(yes, tls=signed.server()) as server:
        line = Line(server, pins, cacert=str(authority.path))
        assert (await line.ask()).body == b'"hello"'
        await line.wire.close()
        stranger = Line(server, pins, cacert=str(other.path))
        with pytest.raises(Untrusted):
            await stranger.ask()
        await stranger.wire.close()


@pytest.mark.parametrize(
    ("more", "words"), [({"address": "127.0.0.9"}, "mismatch"), ({"days": -1}, "expired")]
)
async def test_a_signed_certificate_of_another_address_or_time_is_shown_with_the_reason(
    tmp_path: Path, pins: Pins, more: Any, words: str
) -> None:
    authority = Certificate(tmp_path / "ca.pem", is_authority=True)
    signed = Certificate(tmp_path / "signed.pem", by=authority, **more)
    async with serving(yes, tls=signed.server()) as server:
        line = Line(server, pins, cacert=str(authority.path))
        with pytest.raises(Untrusted) as caught:
            await line.ask()
        await line.wire.close()
        assert server.bytes_in == 0
    assert words in caught.value.advice


async def test_the_services_of_one_host_with_one_certificate_are_asked_about_once(
    tmp_path: Path, pins: Pins
) -> None:
    mine, theirs = Certificate(tmp_path / "self.pem"), Certificate(tmp_path / "other.pem")
    async with serving(yes, tls=mine.server()) as server, serving(yes, tls=theirs.server()) as odd:
        pins.pin("127.0.0.1:5000", mine.fingerprint)
        line, stray = Line(server, pins), Line(odd, pins)
        assert (await line.ask("PATCH")).body == b'"hello"'
        assert pins.get(line.endpoint) == mine.fingerprint
        with pytest.raises(Untrusted):
            await stray.ask()
        await line.wire.close()
        await stray.wire.close()
        assert odd.bytes_in == 0


async def test_verify_false_asks_nothing_but_a_pin_still_holds(tmp_path: Path, pins: Pins) -> None:
    mine = Certificate(tmp_path / "self.pem")
    async with serving(yes, tls=mine.server()) as server:
        line = Line(server, pins, verify=False)
        assert (await line.ask()).body == b'"hello"'
        pins.pin(line.endpoint, "AB:CD")
        with pytest.raises(Untrusted, match="CHANGED"):
            await line.ask()
        await line.wire.close()


async def test_a_service_that_speaks_no_tls_is_told_as_such(pins: Pins) -> None:
    class Plain(Server):
        async def _connected(self, reader: Any, writer: Any) -> None:
            self._writers.append(writer)
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            await writer.drain()
            await reader.read()

    server = Plain(yes)
    await server.start("127.0.0.1", None)
    line = Line(server, pins)
    with pytest.raises(Unreachable, match="no TLS") as caught:
        await line.ask()
    assert "http://" in caught.value.advice
    await line.wire.close()
    await server.stop()


def test_a_cacert_that_is_none_is_a_mistake_in_the_settings(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing", encoding="utf-8")
    for path in (empty, tmp_path / "missing.pem"):
        with pytest.raises(SettingsError, match="cacert"):
            context(cacert=str(path))


def test_a_fingerprint_is_what_openssl_prints(tmp_path: Path) -> None:
    mine = Certificate(tmp_path / "self.pem")
    said = subprocess.run(
        ["openssl", "x509", "-noout", "-fingerprint", "-sha256", "-in", str(mine.path)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip().endswith(f"={mine.fingerprint}")


def test_an_ipv6_literal_is_a_name_that_tls_takes() -> None:
    import ssl

    made = context(pinned="").wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="fd00::1")
    with pytest.raises(ssl.SSLWantReadError):
        made.do_handshake()
    assert issubclass(OtherCertificate, Exception)


def test_pins_are_a_file_of_their_own_that_only_we_can_read(pins: Pins) -> None:
    pins.pin("10.0.0.1:5000", "AA")
    pins.pin("[fd00::1]:5000", "BB")
    assert stat.S_IMODE(pins.path.stat().st_mode) == 0o600
    assert [path.name for path in pins.path.parent.iterdir()] == ["pins.json"]
    assert Pins(pins.path).all() == {"10.0.0.1:5000": "AA", "[fd00::1]:5000": "BB"}


def test_what_another_console_pins_or_forgets_is_seen(pins: Pins) -> None:
    other = Pins(pins.path)
    pins.pin("10.0.0.1:5000", "AA")
    assert other.get("10.0.0.1:5000") == "AA"
    other.pin("10.0.0.1:6385", "AA")
    assert pins.vouches("10.0.0.1:18002", "AA")
    assert not pins.vouches("10.0.0.1:18002", "BB")
    assert not pins.vouches("10.0.0.11:18002", "AA")
    assert pins.forget("10.0.0.1") == 2
    assert other.get("10.0.0.1:5000") is None
    assert other.forget("10.0.0.1:5000") == 0
    pins.path.unlink()
    assert other.all() == {}


def test_forgetting_one_port_keeps_the_others(pins: Pins) -> None:
    for endpoint in ("[fd00::1]:5000", "[fd00::1]:6385", "10.0.0.1:5000"):
        pins.pin(endpoint, "AA")
    assert pins.forget("[fd00::1]:5000") == 1
    assert pins.forget("fd00::1") == 1
    assert list(pins.all()) == ["10.0.0.1:5000"]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"pins": []}', '{"pins": {"a": 1}}', '{"pins": null}']
)
def test_a_damaged_file_of_pins_trusts_nobody(pins: Pins, text: str) -> None:
    pins.path.parent.mkdir()
    pins.path.write_text(text, encoding="utf-8")
    for use in (lambda: pins.get("a"), lambda: pins.pin("a", "AA"), lambda: pins.vouches("a", "")):
        with pytest.raises(SettingsError, match="holds no pins"):
            use()
    assert pins.path.read_text(encoding="utf-8") == text


def test_pins_that_cannot_be_written_hold_until_the_end_and_say_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    pins = Pins(tmp_path / "file" / "pins.json")
    with pytest.raises(SettingsError, match="cannot be written"):
        pins.pin("10.0.0.1:5000", "AA")
    assert pins.get("10.0.0.1:5000") == "AA"
    (tmp_path / "file").unlink()
    pins.pin("10.0.0.1:6385", "BB")
    assert Pins(pins.path).all() == {"10.0.0.1:5000": "AA", "10.0.0.1:6385": "BB"}


def test_the_file_of_pins_is_plain_json(pins: Pins) -> None:
    pins.pin("10.0.0.1:5000", "AA")
    assert json.loads(pins.path.read_text(encoding="utf-8")) == {"pins": {"10.0.0.1:5000": "AA"}}
