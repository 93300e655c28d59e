"""Which version of Kubernetes runs where, and the upgrade that is under way."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Optional

from backend.simulator.model import Host, Json

VERSIONS = ("v1.29.2", "v1.30.6", "v1.31.5", "v1.32.2")


@dataclass
class Kube:
    """What runs: the version of each host's control plane and kubelet, and the upgrade."""

    running: str = VERSIONS[0]
    upgrade: Optional[Json] = None
    planes: dict[str, str] = field(default_factory=dict)
    kubelets: dict[str, str] = field(default_factory=dict)
    statuses: dict[str, str] = field(default_factory=dict)
    # The change of the root CA, and how far each host is on its way to it, by uuid.
    rootca: Optional[Json] = None
    rootca_hosts: dict[str, str] = field(default_factory=dict)

    def plane(self, host: Host) -> str:
        return self.planes.get(host.uuid, self.running)

    def kubelet(self, host: Host) -> str:
        return self.kubelets.get(host.uuid, self.running)

    def state(self, version: str) -> str:
        """What sysinv says of a version: active, partial, available or unavailable."""
        if version == self.running:
            return "partial" if self.kubelets else "active"
        if self.upgrade is not None and version == self.upgrade["to_version"]:
            return "partial" if self.planes or self.kubelets else "available"
        return "available" if version > self.running else "unavailable"
