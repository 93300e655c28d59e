"""Installing certificates and a licence from a file, taking an authority away, renewing."""

from __future__ import annotations

from typing import Any, Dict, Optional, Tuple

from pydantic import Field, FilePath
from typing_extensions import Literal

from backend.kind import Action, Consequence, Form, Json, Plan, Reason, RestWrite, Risk, Step
from backend.kinds.edits import (
    SERVICE,
    check,
    comes,
    delete,
    destructive,
    disruptive,
    server_knows,
    unread,
    warn,
)
from backend.kinds.host_site import system_of
from backend.known import Known
from backend.tone import Tone

# mode → what the vendor's client calls it
MODES: Dict[str, Tuple[str, ...]] = {
    "ssl_ca": ("ca-certificate-install",),
    "openstack": ("os-certificate-install", "-m", "server"),
    "openstack_ca": ("os-certificate-install", "-m", "ca"),
    "ssl": ("certificate-install", "-m", "ssl"),
    "docker_registry": ("certificate-install", "-m", "docker_registry"),
    "openldap": ("certificate-install", "-m", "openldap"),
}
# What cert-manager looks after where it is there; then sysinv refuses to.
MANAGED = ("ssl", "docker_registry", "openldap")
SECRET = frozenset({"passphrase"})
# A file that every machine has: for examples only.
SOME_FILE = "/etc/hosts"


def refused(answer: Json) -> str:
    """Return why an upload was not taken: the service says it in an answer of status 200."""
    if not isinstance(answer, dict):
        return ""
    error = str(answer.get("error") or answer.get("error_message") or "")
    return f"only a part was installed: {error}" if error and answer.get("certificates") else error


# --- certificates ------------------------------------------------------------------------------


class InstallCertificate(Form):
    """A certificate from a file in PEM, its key with it where it has one."""

    certificate_file: FilePath = Field(
        examples=[SOME_FILE], description="path of the file, on this machine"
    )
    mode: Literal["ssl_ca", "openstack", "openstack_ca", "ssl", "docker_registry", "openldap"] = (
        Field(default="ssl_ca", description="ssl_ca: an authority to be trusted")
    )
    passphrase: Optional[str] = Field(
        default=None,
        description="of the key, where it has one",
        json_schema_extra={"secret": True},
    )


def _install(_row: Any, form: InstallCertificate, _known: Known) -> Plan:
    fields: Dict[str, Json] = {"mode": form.mode}
    if form.passphrase:
        fields["passphrase"] = form.passphrase
    path, verb = str(form.certificate_file), MODES[form.mode]
    phrase = ("-p", "PASSPHRASE") if form.passphrase else ()
    write = RestWrite(
        service=SERVICE,
        method="POST",
        path="/certificate/certificate_install",
        body=fields,
        command=("system", *verb, *phrase, path),
        sentence=f"install the certificate in {path} as {form.mode}",
        secret=SECRET,
        file=path,
    )
    return Plan(steps=(Step(write=write, refusal=refused),))


def _install_reasons(_row: Any, form: InstallCertificate, known: Known) -> Tuple[Reason, ...]:
    words = "only the server reads the file: its dates, its order, whether it is an authority"
    found = [server_knows("the file holds such a certificate", words)]
    if form.mode in MANAGED:
        held = any(row.namespace == "deployment" for row in known.rows("platform-certificates"))
        words = "where cert-manager looks after it, the service refuses: change it there"
        if held or not known.has("platform-certificates"):
            found.append(server_knows("cert-manager does not look after it", words))
    return tuple(found)


def _after_install(_row: Any, form: InstallCertificate, _known: Known) -> Tuple[Consequence, ...]:
    said = [
        Consequence(
            words="the file stays where it is (the vendor's client deletes it): it may hold a key",
            tone=Tone.WARN,
        )
    ]
    if form.mode == "ssl_ca":
        said.append(
            Consequence(words="every host trusts what this authority signs; 250.001 until then")
        )
        said.append(Consequence(words="an older authority of the same subject is removed"))
    else:
        said.append(warn("a wrong one interrupts the service that shows it"))
    return tuple(said)


def _uninstall_reasons(row: Any, _form: Any, _known: Known) -> Tuple[Reason, ...]:
    words = "" if row.certtype == "ssl_ca" else f"{row.certtype} is replaced, never taken away"
    return (check("it is an authority (ssl_ca)", words),)


CERTIFICATE_ACTIONS: Tuple[Action[Any], ...] = (
    Action(
        name="uninstall",
        key="D",
        words="Uninstall the authority",
        plan=delete(
            "certificates",
            "/certificate",
            lambda row: ("system", "ca-certificate-uninstall", row.uuid),
            lambda row: f"take the authority {row.subject or row.signature} away",
        ),
        risk=destructive,
        reasons=_uninstall_reasons,
        consequences=comes(
            warn("what it signed is trusted no more: registries, LDAP, other sites")
        ),
        aliases=("ca-certificate-uninstall",),
    ),
    Action(
        name="install",
        key="+",
        words="Install",
        plan=_install,
        form=InstallCertificate,
        risk=disruptive,
        reasons=_install_reasons,
        consequences=_after_install,
        on_kind=True,
        aliases=("ca-certificate-install", "os-certificate-install", "certificate-install"),
    ),
)


# --- renewal: of the endpoints between distributed clouds --------------------------------------

ADMIN_ENDPOINT = ("dc-adminep-certificate", "sc-adminep-certificate", "dc-adminep-server")


def _renew(row: Any, _form: Any, _known: Known) -> Plan:
    body: Json = {"certtype": "admin-endpoint-cert"}
    return Plan.of(
        RestWrite(
            service=SERVICE,
            method="POST",
            path="/certificate/certificate_renew",
            body=body,
            # The vendor's client has no verb for it.
            command=(
                *("curl", "-X", "POST", "-H", "Content-Type: application/json"),
                *("-H", "X-Auth-Token: TOKEN", "-d", '{"certtype": "admin-endpoint-cert"}'),
                "SYSINV/v1/certificate/certificate_renew",
            ),
            sentence=f"renew {row.name}",
        )
    )


def _renew_reasons(row: Any, _form: Any, known: Known) -> Tuple[Reason, ...]:
    system = system_of(known)
    is_one = row.name in ADMIN_ENDPOINT
    words = "" if is_one else "sysinv renews only the admin endpoint's; the others do by themselves"
    found = [check("it can be renewed here", words)]
    if system is None:
        found.append(unread("the cloud is one of several", "system"))
    else:
        alone = system.distributed_cloud_role not in ("subcloud", "systemcontroller")
        words = "it is for distributed clouds only" if alone else ""
        found.append(check("the cloud is one of several", words))
    return tuple(found)


RENEWALS: Tuple[Action[Any], ...] = (
    Action(
        name="renew",
        key="R",
        words="Renew",
        plan=_renew,
        risk=disruptive,
        reasons=_renew_reasons,
        consequences=comes(Consequence(words="the admin endpoints restart with it")),
        hidden=lambda row, _known: row.name not in ADMIN_ENDPOINT,
        needs=("system",),
    ),
)


# --- the licence -------------------------------------------------------------------------------


class InstallLicence(Form):
    """A licence from a file."""

    license_file: FilePath = Field(
        examples=[SOME_FILE], description="path of the file, on this machine"
    )


def _install_licence(_row: Any, form: InstallLicence, _known: Known) -> Plan:
    path = str(form.license_file)
    write = RestWrite(
        service=SERVICE,
        method="POST",
        path="/license/install_license",
        command=("system", "license-install", path),
        sentence=f"install the licence in {path}",
        file=path,
    )
    return Plan(steps=(Step(write=write, refusal=refused),))


LICENCE_ACTIONS: Tuple[Action[Any], ...] = (
    Action(
        name="install",
        key="M",
        words="Install a file as the",
        plan=_install_licence,
        form=InstallLicence,
        risk=lambda _row, _form, _known: Risk.DISRUPTIVE,
        reasons=lambda _row, _form, _known: (
            server_knows("the licence is good", "the server alone can read it"),
        ),
        consequences=comes(Consequence(words="it replaces the one there is, on both controllers")),
        aliases=("license-install",),
    ),
)
