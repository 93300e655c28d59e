"""Certificates and the licence of the pretend cloud: listed, installed from a file, taken away."""

from __future__ import annotations

import email
from datetime import datetime, timedelta
from typing import Callable, Optional

from cryptography import x509
from cryptography.x509 import ExtensionNotFound

from backend.simulator import configuring, shared
from backend.simulator.bodies import object_of
from backend.simulator.cloud import Cloud
from backend.simulator.exchange import Answer, Request, answer
from backend.simulator.model import Json, iso
from backend.simulator.refuse import client, no_such_path

MODES = ("ssl", "ssl_ca", "docker_registry", "openstack", "openstack_ca", "openldap", "openldap_ca")
# What cert-manager looks after here.
API, REGISTRY = "system-restapi-gui-certificate", "system-registry-local-certificate"
MANAGED = {"ssl": API, "docker_registry": REGISTRY}
NO_LICENCE = "License file not found. A license may not have been installed."
# What a licence of the pretend cloud begins with; the real one's is its maker's.
LICENCE = b"PRETEND LICENSE"

# name, renewal, file ("": it is a secret), namespace, days it holds from the making of the system
HELD = (
    (API, "Automatic", "/etc/ssl/private/server-cert.pem", "deployment", 202),
    (REGISTRY, "Automatic", "/etc/ssl/private/registry-cert.crt", "deployment", 202),
    ("system-local-ca", "Manual", "", "cert-manager", 3_650),
    ("kubernetes-root-ca", "Manual", "/etc/kubernetes/pki/ca.crt", "", 3_650),
    ("apiserver", "Automatic", "/etc/kubernetes/pki/apiserver.crt", "", 430),
    ("etcd-server", "Automatic", "/etc/etcd/etcd-server.crt", "", 164),
    ("kubelet-client", "Automatic", "/var/lib/kubelet/pki/kubelet-client-current.pem", "", 430),
)
SECRETS = (
    ("kube-system/oidc-auth-apps-certificate", "Automatic", "", "kube-system", 145),
    ("cert-manager/cm-cert-manager-webhook-ca", "Automatic", "", "cert-manager", 470),
)

Held = tuple[str, str, str, str, int]


def _written(instant: datetime) -> str:
    return instant.strftime("%B %d %H:%M:%S %Y")


def _held(cloud: Cloud, one: Held) -> Json:
    name, renewal, file, namespace, days = one
    ends = cloud.system.created_at + timedelta(days=days)
    return {
        "Residual Time": f"{(ends - cloud.now()).days}d",
        "Version": "v3",
        "Serial Number": hex(int(cloud.uuid_of("serial", name).replace("-", "")[:16], 16)),
        "Issuer": "CN=system-local-ca",
        "Validity": {
            "Not Before": _written(ends - timedelta(days=365)),
            "Not After": _written(ends),
        },
        "Subject": f"CN={name.rpartition('/')[2]}",
        **({"File Path": file} if file else {}),
        "Renewal": renewal,
        **({"Namespace": namespace, "Secret": name.rpartition("/")[2]} if namespace else {}),
    }


def listed(cloud: Cloud, request: Request, held: tuple[Held, ...]) -> Answer:
    """All that are held, or those that have ended or soon will."""
    rows = {one[0]: _held(cloud, one) for one in held}
    left = {name: int(str(row["Residual Time"])[:-1]) for name, row in rows.items()}
    soon = request.arg("soon_to_expiry")
    if (request.arg("expired") or "").lower() == "true":
        rows = {name: row for name, row in rows.items() if left[name] < 0}
    elif soon:
        rows = {name: row for name, row in rows.items() if 0 <= left[name] <= int(soon)}
    return answer(rows)


# --- what is uploaded --------------------------------------------------------------------------


def form_of(request: Request) -> tuple[Optional[bytes], dict[str, str]]:
    """The file of a multipart form (None: there is none), and the fields beside it."""
    kind = request.headers.get("content-type", "")
    message = email.message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + request.body)
    file, fields = None, {}
    for part in message.walk():
        content = part.get_payload(decode=True)
        name = part.get_param("name", header="content-disposition")
        if not isinstance(content, bytes) or not name:
            continue
        if part.get_filename():
            file = content
        else:
            fields[str(name)] = content.decode()
    return file, fields


def _told(error: str, success: str = "") -> Answer:
    """What an upload is answered with: 200, and in it what went wrong."""
    return answer({"success": success, "error": error})


def _is_authority(cert: x509.Certificate) -> bool:
    try:
        return bool(cert.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except ExtensionNotFound:
        return False


def _why_not(cloud: Cloud, mode: str, certs: list[x509.Certificate]) -> str:
    """Why these certificates are not installed, "" where they are."""
    for number, cert in enumerate(certs, 1):
        begins, ends = cert.not_valid_before_utc, cert.not_valid_after_utc
        if not begins < cloud.now() < ends:
            return f"certificate is not valid before {begins} nor after {ends}"
        is_authority = _is_authority(cert)
        if mode == "ssl_ca" and not is_authority:
            return "Cannot install non-CA type certificate as SSL CA certificate"
        if mode in {"ssl", "docker_registry", "openstack", "openldap"}:
            if number == 1 and is_authority:
                return "The first cert in the file should not be a CA cert"
            if number > 1 and not is_authority:
                return f"Number {number} cert in the file should be a CA cert"
    return ""


def install(cloud: Cloud, request: Request) -> Answer:
    """POST /v1/certificate/certificate_install."""
    file, fields = form_of(request)
    mode = fields.get("mode") or "ssl"
    if mode not in MODES:
        return _told(f"Invalid mode: {mode}")
    if mode in MANAGED and fields.get("force") != "true":
        return _told(
            "Certificate is currently being managed by cert-manager. \nTo manage certificate with "
            f"this command, first delete the {MANAGED[mode]} Certificate and Secret."
        )
    if file is None:
        return _told("Error: No file uploaded")
    try:
        certs = x509.load_pem_x509_certificates(file)
    except ValueError:
        return _told("No certificates have been added, no valid certificates found in file.")
    why_not = _why_not(cloud, mode, certs)
    if why_not:
        return _told(why_not)
    chosen = certs if mode == "ssl_ca" else certs[:1]
    rows = [_installed(cloud, mode, cert) for cert in chosen]
    configuring.require(cloud, *configuring.EVERYWHERE)
    return answer({"success": "", "error": "", "body": "", "certificates": rows})


def _installed(cloud: Cloud, mode: str, cert: x509.Certificate) -> Json:
    """The row of a certificate that was installed: that there was of its sort, or a new one."""
    subject = cert.subject.rfc4514_string()
    fields = {
        "certtype": mode,
        "signature": f"{mode}_{cert.serial_number}",
        "issuer": cert.issuer.rfc4514_string(),
        "start_date": iso(cert.not_valid_before_utc),
        "expiry_date": iso(cert.not_valid_after_utc),
        "subject": subject,
    }
    for row in shared.rows(cloud, "certificate"):
        is_same = row["subject"] == subject if mode == "ssl_ca" else True
        if row["certtype"] == mode and is_same:
            cloud.overlay.alter("certificate", row["uuid"], fields)
            return {**row, **fields}
    made = {"uuid": cloud.new_uuid(), **fields, "details": None, "hash_subject": None}
    return cloud.overlay.make("certificate", made)


def renew(cloud: Cloud, request: Request) -> Answer:
    """POST /v1/certificate/certificate_renew."""
    del cloud
    if object_of(request).get("certtype") != "admin-endpoint-cert":
        raise client("Not implemented")
    raise client("Update admin endpoint certificate is supported in Distributed Cloud only")


def post(cloud: Cloud, request: Request, path: list[str]) -> Answer:
    """POST /v1/certificate/..."""
    if path == ["certificate_install"]:
        return install(cloud, request)
    if path == ["certificate_renew"]:
        return renew(cloud, request)
    raise no_such_path()


def get(cloud: Cloud, request: Request, path: list[str]) -> Answer:
    """GET /v1/certificate[/...]"""
    if path == ["get_all_certs"]:
        return listed(cloud, request, HELD)
    if path == ["get_all_k8s_certs"]:
        return listed(cloud, request, SECRETS)
    return shared.reply(cloud, request, "certificate", path)


def uninstall(cloud: Cloud, _request: Request, path: list[str]) -> Answer:
    """DELETE /v1/certificate/<uuid>; answered with what is gone."""
    rows = shared.rows(cloud, "certificate")
    row = next((one for one in rows if path[:1] == [one["uuid"]]), None)
    if row is None:
        raise client(f"No certificate found for {path[0]}")
    if row["certtype"] != "ssl_ca":
        raise client(
            f"Unsupported mode: {row['certtype']}\nPlease use certificate-install instead to "
            "update the existing certificate"
        )
    cloud.overlay.remove("certificate", row["uuid"])
    configuring.require(cloud, *configuring.EVERYWHERE)
    return answer(row)


# --- the licence -------------------------------------------------------------------------------


def licence(cloud: Cloud, request: Request, path: list[str]) -> Answer:
    """/v1/license/get_license_file and install_license."""
    if request.method == "GET" and path == ["get_license_file"]:
        content = cloud.licence
        return answer({"content": content, "error": "" if content else NO_LICENCE})
    if request.method == "POST" and path == ["install_license"]:
        file, _ = form_of(request)
        if file is None:
            return _told("Error: No file uploaded")
        if not file.startswith(LICENCE):
            return _told("License verification failed: Invalid license file")
        cloud.licence = file.decode("utf-8", "replace")
        configuring.require(cloud, "controller")
        return _told("", success="Success: new license installed")
    raise no_such_path()


Change = Callable[[Cloud, Request, list[str]], Answer]

CHANGES: dict[str, dict[str, Change]] = {
    "certificate": {"GET": get, "POST": post, "DELETE": uninstall},
}
