"""Certificates and the licence: read as they are written, installed from a file, refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict

import pytest
from pydantic import ValidationError

from backend.kind import RestWrite
from backend.kinds.certificates import Held, days_to
from backend.kinds.licence import LICENCE, Licence
from backend.mask import MASK
from backend.tone import Tone
from tests.backend.kinds.acted import act, blocks, changed, known_with, planned, said, why


def licence(content: str = "", error: str = "") -> Licence:
    row = Licence.read({"content": content, "error": error})
    assert isinstance(row, Licence)
    return row


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    path.write_text("-----BEGIN CERTIFICATE-----")
    return str(path)


# --- what is read ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "none is installed"),
        ("FEATURE all maker 1.0 31-dec-2026 1", "to 2026-12-31 00:00Z"),
        ("INCREMENT a m 1 31-dec-2027 1\nINCREMENT b m 1 30-nov-2026 1", "to 2026-11-30 00:00Z"),
        ("<license><expires>2027-01-02</expires></license>", "to 2027-01-02 00:00Z"),
        ("Expiry date: 2027-01-02\n", "to 2027-01-02 00:00Z"),
        ("FEATURE all maker 1.0 permanent 1", "permanent"),
        ("expires 2027-99-99", "its text names no end"),
        ("some words of 2019-01-01", "its text names no end"),
    ],
)
def test_the_end_of_a_licence_is_read_out_of_its_text(content: str, says: str) -> None:
    assert licence(content).says == says


def test_a_licence_that_is_not_there_says_why_and_that_is_no_fault() -> None:
    row = licence(error="License file not found.")
    known = known_with()
    assert row.says == "License file not found."
    assert LICENCE.look(row, known).tone is Tone.PLAIN
    assert "content" in LICENCE.secret


@pytest.mark.parametrize("written", ["soon", "", None, 20270908, "2027-09-08"])
def test_a_date_that_is_none_stays_as_it_came(written: Any) -> None:
    row = Held.read({"name": "x", "Validity": {"Not After": written}})
    assert isinstance(row, Held)
    assert row.expires_ms is None
    assert days_to(row.expires_ms, known_with()) is None
    assert row.expiry_date == (None if written is None else str(written))


# --- what is sent ------------------------------------------------------------------------------

COMMANDS = {
    "ssl_ca": "system ca-certificate-install",
    "openstack": "system os-certificate-install -m server",
    "openstack_ca": "system os-certificate-install -m ca",
}


@pytest.mark.parametrize("mode", COMMANDS)
def test_a_certificate_goes_out_as_a_form_with_its_mode(mode: str, file: str) -> None:
    write = planned("certificates", {"certificate_file": file, "mode": mode}, "install")
    assert (write.method, write.path) == ("POST", "/certificate/certificate_install")
    assert (write.file, write.file_field, write.body) == (file, "file", {"mode": mode})
    assert " ".join(write.command) == f"{COMMANDS[mode]} {file}"


def test_a_passphrase_is_sent_and_never_shown(file: str) -> None:
    form = {"certificate_file": file, "mode": "openstack", "passphrase": "open sesame"}
    write = planned("certificates", form, "install")
    assert write.body == {"mode": "openstack", "passphrase": "open sesame"}
    assert MASK in write.request
    assert "sesame" not in write.request + " ".join(write.command)


def test_a_file_that_is_not_there_is_named_before_anything_is_sent(tmp_path: Path) -> None:
    for action in (act("certificates", "install"), act("licence", "install")):
        (name,) = [field for field in action.form.model_fields if field.endswith("_file")]
        with pytest.raises(ValidationError, match="does not point to a file"):
            action.form.model_validate({name: str(tmp_path / "nothing")})


def test_only_an_authority_is_uninstalled() -> None:
    assert blocks(why("certificates", {}, "uninstall")) == ["it is an authority (ssl_ca)"]
    authority = {"certificates": changed("certificates", certtype="ssl_ca")}
    assert blocks(why("certificates", {}, "uninstall", **authority)) == []
    write = planned("certificates", {}, "uninstall", **authority)
    row = known_with().rows("certificates")[0]
    assert (write.method, write.path) == ("DELETE", f"/certificate/{row.uuid}")
    assert write.command == ("system", "ca-certificate-uninstall", row.uuid)


def test_the_file_with_its_key_is_said_to_stay(file: str) -> None:
    told = said("certificates", {"certificate_file": file, "mode": "ssl"}, "install")
    assert any("the file stays where it is" in words for words in told)


def test_what_cert_manager_looks_after_may_be_refused(file: str) -> None:
    form = {"certificate_file": file, "mode": "ssl"}
    assert "cert-manager does not look after it" in why("certificates", form, "install")
    form["mode"] = "ssl_ca"
    assert "cert-manager does not look after it" not in why("certificates", form, "install")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"success": "Success: new license installed", "error": ""}, ""),
        ({"success": "", "error": "License is invalid"}, "License is invalid"),
        ({"error": "old", "certificates": [{}]}, "only a part was installed: old"),
        ({"certificates": [{}]}, ""),
        (None, ""),
    ],
)
def test_a_200_that_says_no_is_told(answer: Any, words: str, file: str) -> None:
    action = act("licence", "install")
    known = known_with()
    plan = action.plan(known.rows("licence")[0], action.form(license_file=file), known)  # type: ignore[call-arg]
    (step,) = plan.steps
    assert isinstance(step.write, RestWrite)
    assert step.write.path == "/license/install_license"
    assert step.write.command == ("system", "license-install", file)
    assert step.refusal is not None
    assert step.refusal(answer) == words


def test_only_the_admin_endpoint_of_a_distributed_cloud_is_renewed() -> None:
    def renewed(**system: Any) -> Dict[str, Any]:
        held = {"name": "dc-adminep-certificate", "Renewal": "Automatic"}
        rows = {"platform_certificates": [held], "system": changed("system", **system)}
        return why("platform-certificates", {}, "renew", **rows)

    assert blocks(renewed()) == ["the cloud is one of several"]
    assert blocks(renewed(distributed_cloud_role="subcloud")) == []
    action = act("platform-certificates", "renew")
    known = known_with()
    hidden = [row for row in known.rows("platform-certificates") if action.hidden]
    assert all(action.hidden(row, known) for row in hidden)  # type: ignore[misc]
