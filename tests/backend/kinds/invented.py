"""One row of each kind of which the recorded system had none, made after the service's source."""

from __future__ import annotations

from typing import Any, Dict

INVENTED: Dict[str, Dict[str, Any]] = {
    "kube-upgrade": {
        "uuid": "9f8d",
        "from_version": "v1.29.2",
        "to_version": "v1.30.6",
        "state": "upgrading-kubelets",
    },
    "sdn-controllers": {
        "uuid": "5d17",
        "ip_address": "10.10.10.200",
        "port": 6653,
        "transport": "TLS",
        "state": "enabled",
    },
    "device-labels": {
        "uuid": "d1ab",
        "host_uuid": "11111111-1111-4111-8111-000000000003",
        "pcidevice_uuid": "pci1",
        "label_key": "accelerator",
        "label_value": "n3000",
    },
    "device-image-states": {
        "uuid": "d15a",
        "hostname": "worker-0",
        "pciaddr": "0000:b2:00.0",
        "image_uuid": "img1",
        "status": "in-progress",
        "update_start_time": None,
    },
    "kube-rootca-updates": {
        "uuid": "ca01",
        "state": "updating-host-trust-both-cas",
        "from_rootca_cert": "d70efa2daaee06f8-1",
        "to_rootca_cert": "d70efa2daaee06f8-2",
    },
    "application-packages": {
        "kube_version": "1.32.2",
        "value": "/usr/local/share/applications/helm/cert-manager-25.09-12.tgz",
    },
    "charts": {
        "app": "platform-integ-apps",
        "name": "rbd-provisioner",
        "namespaces": ["kube-system"],
        "enabled": [True],
    },
    "helm-overrides": {
        "of": "platform-integ-apps/rbd-provisioner/kube-system",
        "name": "rbd-provisioner",
        "namespace": "kube-system",
        "attributes": None,
        "system_overrides": "provisioner:\n  replicaCount: 2\nstorageClass:\n  name: general\n",
        "user_overrides": "provisioner:\n  replicaCount: 1\n  password: sesame\n",
        "combined_overrides": (
            "provisioner:\n  password: sesame\n  replicaCount: 1\nstorageClass:\n  name: general\n"
        ),
    },
}
