"""What is set once for the whole system: time and name servers, logging, certificates, images."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any, Callable

from backend.simulator.cloud import Cloud
from backend.simulator.inventory import dates
from backend.simulator.model import Json, iso


def _of_system(kind: str, **fields: Any) -> Callable[[Cloud], list[Json]]:
    """The one row of a kind the system has one of."""

    def rows(cloud: Cloud) -> list[Json]:
        return [
            {
                "uuid": cloud.uuid_of(kind),
                **fields,
                "isystem_uuid": cloud.system.uuid,
                "links": [],
                **dates(cloud),
            }
        ]

    return rows


def _logging(cloud: Cloud) -> list[Json]:
    return [
        {
            "uuid": cloud.uuid_of("remotelogging"),
            "ip_address": None,
            "enabled": False,
            "transport": "udp",
            "port": 514,
            "key_file": None,
            "links": [],
            "isystem_uuid": cloud.system.uuid,
            **dates(cloud),
        }
    ]


# kind of certificate → days it is good for
CERTIFICATES = {"ssl": 180, "ssl_ca": 3650}


def _certificates(cloud: Cloud) -> list[Json]:
    return [_certificate(cloud, kind, days) for kind, days in CERTIFICATES.items()]


def _certificate(cloud: Cloud, kind: str, days: int) -> Json:
    mark = hashlib.sha256(cloud.uuid_of("signature", kind).encode()).hexdigest()[:20]
    subject = f"CN={cloud.system.name}" if kind == "ssl" else "CN=site-ca"
    return {
        "uuid": cloud.uuid_of("certificate", kind),
        "certtype": kind,
        "issuer": "CN=site-ca",
        "signature": f"{kind}_{int(mark, 16)}",
        "start_date": iso(cloud.system.created_at),
        "expiry_date": iso(cloud.system.created_at + timedelta(days=days)),
        "details": None,
        "subject": subject,
        "hash_subject": None,
    }


# service, section, name, value
PARAMETERS = (
    ("kubernetes", "config", "pod_max_pids", "10000"),
    ("identity", "config", "token_expiration", "3600"),
    ("platform", "maintenance", "worker_boot_timeout", "720"),
    ("platform", "maintenance", "controller_boot_timeout", "1200"),
    ("http", "config", "http_port", "8080"),
    ("http", "config", "https_port", "8443"),
)


def _parameters(cloud: Cloud) -> list[Json]:
    return [
        {
            "uuid": cloud.uuid_of("parameter", service, section, name),
            "service": service,
            "section": section,
            "name": name,
            "value": value,
            "personality": None,
            "resource": None,
            "links": [],
            **dates(cloud),
        }
        for service, section, name, value in PARAMETERS
    ]


def _device_images(cloud: Cloud) -> list[Json]:
    """An image that was uploaded and is on no device."""
    return [
        {
            "uuid": cloud.uuid_of("device image"),
            "bitstream_type": "functional",
            "pci_vendor": "8086",
            "pci_device": "0b30",
            "bitstream_id": "12345",
            "key_signature": None,
            "revoke_key_id": None,
            "name": "vran-functional",
            "description": "vRAN, functional",
            "image_version": "1.0",
            "bmc": False,
            "retimer_included": False,
            "applied": False,
            "applied_labels": None,
            **dates(cloud),
        }
    ]


def _none(cloud: Cloud) -> list[Json]:
    del cloud
    return []


SHARED: dict[str, Callable[[Cloud], list[Json]]] = {
    "drbdconfig": _of_system("drbdconfig", link_util=40, num_parallel=1, rtt_ms=0.2),
    "idns": _of_system("idns", nameservers="10.10.10.53,10.10.10.54"),
    "intp": _of_system("intp", ntpservers="ntp1.site.example,ntp2.site.example"),
    "iuser": _of_system(
        "iuser", root_sig=None, passwd_hash=None, passwd_expiry_days=None, passwd_last_change=None
    ),
    "remotelogging": _logging,
    "certificate": _certificates,
    "service_parameter": _parameters,
    "device_images": _device_images,
    "device_image_state": _none,
    "device_labels": _none,
    "sdn_controller": _none,
}
