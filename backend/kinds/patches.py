"""Patches: the platform's software, its orchestration, and which host runs what; its area."""

from __future__ import annotations

from backend.area import Contents
from backend.kinds.application_updates import APPLICATION_UPDATES
from backend.kinds.cves import CVE_FILES, CVES
from backend.kinds.cves import verdict as cve_verdict
from backend.kinds.deploy_hosts import DEPLOY_HOSTS
from backend.kinds.deploy_states import verdict as deploy_verdict
from backend.kinds.deploys import DEPLOY
from backend.kinds.image_packages import IMAGE_PACKAGES
from backend.kinds.kube_host_upgrades import KUBE_HOST_UPGRADES
from backend.kinds.kube_upgrade import KUBE_UPGRADE
from backend.kinds.kube_versions import KUBE_VERSIONS
from backend.kinds.obstacles import OBSTACLES, STOPS
from backend.kinds.releases import RELEASES
from backend.kinds.rootca import ROOTCA_HOSTS, ROOTCA_UPDATES
from backend.kinds.strategies import STRATEGIES
from backend.kinds.strategies import verdict as strategy_verdict
from backend.kinds.versions import VERSIONS
from backend.known import Known
from backend.tone import Tone, Verdict


def headline(known: Known) -> Verdict:
    """Return what is under way: a strategy before the deploy it does, else the deploy."""
    if not any(map(known.has, ("releases", "strategies", "hosts"))) and known.has("cve-files"):
        return cve_verdict(known)  # a machine alone: that much of its software is known
    strategy = strategy_verdict(known)
    if strategy.tone in {Tone.BUSY, Tone.WARN, Tone.BAD}:
        return strategy
    deploy = deploy_verdict(known)
    if deploy.word != "WELL":
        return deploy
    shelf = [one.release_id for one in known.rows("releases") if one.state == "available"]
    more = f"on the shelf: {', '.join(shelf)}" if shelf else ""
    in_way = sum(row.weight == STOPS for row in known.rows("obstacles"))
    if in_way:
        more = f"{more}   {in_way} in the way: obstacles".strip()
    if strategy.word == "CANNOT":
        more = f"{more}   strategies: {strategy.text}".strip()
    runs = {host.sw_version for host in known.rows("hosts") if host.sw_version}
    text = f"all hosts run {runs.pop()}." if len(runs) == 1 else deploy.text
    return Verdict(word="WELL", text=text, more=more)


PATCHES = Contents(
    kinds=(
        RELEASES,
        OBSTACLES,
        DEPLOY,
        DEPLOY_HOSTS,
        STRATEGIES,
        VERSIONS,
        KUBE_UPGRADE,
        KUBE_HOST_UPGRADES,
        KUBE_VERSIONS,
        ROOTCA_UPDATES,
        ROOTCA_HOSTS,
        APPLICATION_UPDATES,
        CVES,
        CVE_FILES,
        IMAGE_PACKAGES,
    ),
    headline=headline,
)
