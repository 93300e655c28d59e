"""Is the cluster well? The verdict, summary and troubles of a recorded site, and of none."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from typing import Any, Dict, List

from backend.errors import Forbidden, Unreachable
from backend.kinds.kube_amounts import amount, shown
from backend.kinds.kube_last import LINES, crashing
from backend.kinds.kube_networks import networks_of
from backend.kinds.kube_nodes import NODES, asked_of, bars
from backend.kinds.kube_troubles import TROUBLES
from backend.kinds.kube_unwell import troubles
from backend.kinds.kube_verdict import summary, verdict
from backend.known import Known, Reading
from backend.tone import Tone
from tests.backend.kinds import kube


def named(known: Known) -> List[str]:
    return [row.name.partition("-")[0] for row in known.rows("troubles")]


def said(known: Known) -> Dict[str, str]:
    return {line.heading: line.text for line in summary(known).lines}


def well(known: Known) -> Known:
    """Return the site as it would be if nothing failed."""
    fine = [row for row in known.rows("pods") if row.is_fine]
    wrong = ("claims", "helm-releases", "kube-events", "deployments", "statefulsets", "jobs")
    parts = {name.replace("-", "_"): [] for name in wrong}
    return kube.cluster(pods=[dict(row.body) for row in fine], **parts)


def test_only_what_is_wrong_is_listed_the_reason_already_read() -> None:
    known = kube.cluster()
    assert named(known)[:3] == ["lab/db", "lab/web", "monitor/elastic"]
    why = {row.name.partition("-")[0]: row.why for row in known.rows("troubles")}
    assert why["monitor/elastic"] == "main: exit 137: out of memory"
    assert why["lab/web"] == "registry.local:9001/lab/web:9 is not in the registry"
    assert "mariadb not ready" in why["flux"]
    # Its pods say it better than the deployment, and the pod better than its claim.
    kinds = {row.kind for row in known.rows("troubles")}
    assert "deployments" not in kinds
    assert "claims" not in kinds
    assert verdict(known).word == "WARN"
    assert verdict(known).text.startswith("3 of 10 pods unwell; control plane well; ")


def test_a_site_that_is_well_says_so_and_lists_nothing() -> None:
    known = well(kube.cluster())
    assert known.rows("troubles") == ()
    assert verdict(known).word == "WELL"


def test_the_summary_says_the_whole_on_a_few_lines() -> None:
    lines = said(kube.cluster())
    assert lines["CONTROL PLANE"] == "api ready 12ms"
    assert lines["NODES"].startswith("2 ready  0 not")
    assert lines["PODS"].startswith("run 7  done 0  pend 2  fail 0  crash 1")
    assert lines["CERTS"].startswith("next lab/registry")


def test_a_node_that_is_down_makes_it_not_well_and_comes_first() -> None:
    bodies = kube.bodies("nodes")
    for one in bodies[0]["conditions"]:
        if one["type"] == "Ready":
            one.update(status="Unknown", message="Kubelet stopped posting node status.")
    known = kube.cluster(nodes=bodies)
    assert known.rows("troubles")[0].kind == "nodes"
    assert "Kubelet stopped posting" in known.rows("troubles")[0].why
    found = verdict(known)
    assert (found.word, found.tone) == ("NOT WELL", Tone.BAD)
    assert "1 of 2 nodes not ready" in found.text


def test_a_node_that_never_said_that_it_is_ready_is_so_for_no_made_up_time() -> None:
    bodies = kube.bodies("nodes")
    bodies[0]["conditions"] = []
    known = kube.cluster(nodes=bodies)
    assert known.rows("troubles")[0].why == "not ready: its kubelet never said that it is"


def down(name: str, known: Known) -> List[Dict[str, Any]]:
    """Return the nodes as they are when the kubelet of one answers no more."""
    bodies = kube.bodies("nodes")
    for body in bodies:
        for one in body["conditions"] if body["name"] == name else ():
            if one["type"] == "Ready":
                one.update(status="Unknown", message="Kubelet stopped posting node status.")
    return bodies


def unready_on(node: str) -> List[Dict[str, Any]]:
    """Return the pods, those that ran on a node not ready for long."""
    bodies = kube.bodies("pods")
    for body in bodies:
        for one in body["conditions"] if body.get("node") == node else ():
            if one["type"] == "Ready" and body["phase"] == "Running":
                one.update(status="False", lastTransitionTime="2026-01-01T00:00:00Z")
    return bodies


def test_pods_that_are_not_ready_because_their_node_is_not_are_said_once_with_it() -> None:
    pods = unready_on("controller-1")
    nodes = down("controller-1", kube.cluster())
    apart = [row.name for row in kube.cluster(pods=pods).rows("troubles") if row.kind == "pods"]
    known = kube.cluster(pods=pods, nodes=nodes)
    together = [row.name for row in known.rows("troubles") if row.kind == "pods"]
    gone = set(apart) - set(together)
    assert gone
    (node,) = [row for row in known.rows("troubles") if row.kind == "nodes"]
    assert node.why.endswith(f"; {len(gone)} pod{'s' if len(gone) > 1 else ''} there not ready")


def test_a_node_whose_host_somebody_locked_is_so_on_purpose() -> None:
    host = {"uuid": "h1", "hostname": "controller-1", "administrative": "locked"}
    hosts = [{**host, "operational": "disabled", "availability": "offline"}]
    known = kube.cluster(nodes=down("controller-1", kube.cluster()), hosts=hosts)
    (node,) = [row for row in known.rows("troubles") if row.kind == "nodes"]
    assert (node.state, node.tone) == ("locked", Tone.WARN.value)
    assert node.why.startswith("its host is locked")
    assert verdict(known).word == "WARN"
    assert "nodes not ready" not in verdict(known).text
    assert "locked controller-1" in said(known)["NODES"]


def test_a_crash_loop_says_the_last_line_it_wrote() -> None:
    pod = next(body for body in kube.bodies("pods") if body["name"].startswith("elastic"))
    lines = ["at Heap.java", "java.lang.OutOfMemoryError: Java heap space", "  "]
    row = {"id": "x", "pod": pod["uid"], "namespace": "monitor", "name": pod["name"]}
    known = kube.cluster(last_lines=[{**row, "container": "main", "lines": lines}])
    trouble = next(one for one in known.rows("troubles") if one.row_id == pod["uid"])
    assert TROUBLES.look(trouble, known).notes == (
        "main: exit 137: out of memory",
        '"java.lang.OutOfMemoryError: Java heap space"',
    )


def test_only_containers_that_wait_for_their_next_start_are_asked_for_their_last_lines() -> None:
    (one,) = crashing(kube.cluster())
    assert (one.log.container, one.log.tail, one.run > 0) == ("main", LINES, True)
    assert one.log.pod.startswith("elastic")


def test_an_application_whose_reapply_is_pending_says_since_when() -> None:
    alarm = {
        "uuid": "a1",
        "alarm_id": "750.006",
        "entity_instance_id": "k8s_application=platform-integ-apps",
        "severity": "warning",
        "timestamp": "2026-11-27T02:00:00",
    }
    row = {"name": "platform-integ-apps", "status": "applied", "progress": "completed"}
    known = kube.cluster(applications=[row], alarms=[alarm])
    found = next(row for row in known.rows("troubles") if row.kind == "applications")
    assert (found.why, found.tone) == ("its re-apply is pending (750.006)", Tone.WARN.value)
    assert found.since is not None
    assert not [
        row
        for row in kube.cluster(applications=[row]).rows("troubles")
        if row.kind == "applications"
    ]


def ending(days: int) -> Dict[str, Any]:
    """Return a certificate of the platform that ends in so many days, as sysinv writes it."""
    ends = datetime.fromtimestamp(kube.now_ms() / 1000 + days * 86_400 + 60, tz=timezone.utc)
    return {"name": "etcd-server", "Validity": {"Not After": f"{ends:%B %d %H:%M:%S %Y}"}}


def test_a_certificate_of_the_platform_that_ends_soon_colours_its_line() -> None:
    known = kube.cluster(platform_certificates=[ending(3)])
    (line,) = [one for one in summary(known).lines if one.heading == "CERTS"]
    assert line.text.startswith("next etcd-server 3d")
    assert line.tone is Tone.WARN
    known = kube.cluster(platform_certificates=[ending(3000)])
    (line,) = [one for one in summary(known).lines if one.heading == "CERTS"]
    assert "lab/registry" in line.text


def test_a_check_of_the_control_plane_that_failed_makes_it_not_well() -> None:
    known = kube.cluster(cluster_health=[{**kube.HEALTH, "failed": ["etcd"]}])
    assert verdict(known).word == "NOT WELL"
    assert "etcd failed" in verdict(known).text
    assert "etcd failed" in said(known)["CONTROL PLANE"]


def test_while_the_api_server_is_away_it_says_what_it_knew_and_how_old_that_is() -> None:
    known = kube.cluster()
    away = Unreachable("kubernetes", "connection refused at 192.168.206.1:6443")
    pods = replace(known.reading("pods"), error=away)
    readings = {**known.readings, ("pods", ""): pods}
    lost = replace(known, readings=readings, now_ms=pods.at_ms + 120_000)
    found = verdict(lost)
    assert found.word == "WAS"
    assert found.text == "the API server does not answer (2m): this is what it said last"
    assert "connection refused" in found.more
    assert found.more.endswith(":cri-containers asks this machine's own runtime")
    nothing = replace(known, readings={("pods", ""): replace(pods, rows=(), at_ms=0)})
    assert verdict(nothing).word == "CANNOT"


def test_pods_that_came_so_far_are_counted_and_no_verdict_given() -> None:
    known = kube.cluster()
    coming = replace(known.reading("pods"), at_ms=0)
    found = verdict(replace(known, readings={("pods", ""): coming}))
    assert found.text == "asking the cluster; 10 pods so far"


def test_warnings_about_what_is_well_again_are_no_trouble() -> None:
    known = kube.cluster()
    assert any(event.is_warning for event in known.rows("kube-events"))
    pods = {row.uid for row in known.rows("pods") if row.is_fine}
    about = {row.row_id for row in known.rows("troubles") if row.kind == "kube-events"}
    subjects = {e.about.get("uid") for e in known.rows("kube-events") if e.uid in about}
    assert not subjects & pods


def test_an_application_that_failed_is_a_trouble() -> None:
    failed = {"name": "stx-openstack", "status": "apply-failed", "progress": "67%"}
    known = kube.cluster(applications=[failed])
    row = next(row for row in known.rows("troubles") if row.kind == "applications")
    assert (row.name, row.state, row.why) == ("stx-openstack", "apply-failed", "67%")
    assert said(known)["APPS"].startswith("apply-failed 1")
    assert "1 application failed" in verdict(known).text


def test_a_trouble_leads_to_its_row() -> None:
    known = kube.cluster()
    assert TROUBLES.jump is not None
    for row in known.rows("troubles"):
        jump = TROUBLES.jump(row, known)
        assert jump is not None
        assert known.row(jump.kind, jump.id) is not None


def test_beside_the_table_its_own_kind_tells_more_of_a_trouble_and_nothing_twice() -> None:
    known = kube.cluster()
    row = next(one for one in known.rows("troubles") if one.kind == "pods")
    assert TROUBLES.strip is not None
    said = TROUBLES.strip(row, known)
    pod, _ = known.find("pods", row.row_id)
    more = said.lines[len(said.brief.lines) + 1 :]
    assert {str(one["name"]) for one in pod.containers} <= {line.heading for line in more}
    assert not {line.heading for line in more} & {line.heading for line in said.brief.lines}


def test_what_pods_ask_of_a_node_counts_devices_too() -> None:
    known = kube.cluster()
    node = next(one for one in known.rows("nodes") if asked_of(one, known).get("cpu"))
    asked = asked_of(node, known)
    assert asked["intel.com/pci_sriov_net_datanet_a"] == 2
    assert asked["cpu"] == 8
    said = {bar.label: bar.said for bar in bars(node, known).bars}
    assert said["intel.com/pci_sriov_net_datanet_a"] == "2 of 16"
    assert said["memory"].startswith("4G of 64G")


def test_a_cordoned_node_says_so_and_one_under_pressure_why() -> None:
    bodies = kube.bodies("nodes")
    bodies[0]["cordoned"] = True
    bodies[1]["conditions"].append(
        {"type": "DiskPressure", "status": "True", "message": "kubelet has disk pressure"}
    )
    known = kube.cluster(nodes=bodies)
    first, second = (NODES.look(node, known) for node in known.rows("nodes"))
    assert first.notes == ("cordoned: it takes no new pods",)
    assert "disk pressure" in second.notes[0]


def test_amounts_are_read_as_kubernetes_writes_them() -> None:
    assert [amount(text) for text in ("250m", "2", "64Gi", "1k", "402653184Ki", "", None, "x")] == [
        0.25,
        2.0,
        64 * 1024**3,
        1000.0,
        384 * 1024**3,
        0.0,
        0.0,
        0.0,
    ]
    assert shown("memory", 64 * 1024**3) == "64G"
    assert shown("cpu", 0.25) == "0.25"


def test_networks_of_a_pod_are_named_three_ways() -> None:
    class Pod:
        namespace = "oran"
        networks: Any = "a, other/b@net1"

    assert networks_of(Pod()) == (("oran", "a"), ("other", "b"))
    Pod.networks = '[{"name": "c"}, {"name": "d", "namespace": "x"}]'
    assert networks_of(Pod()) == (("oran", "c"), ("x", "d"))
    Pod.networks = "[not json"
    assert networks_of(Pod()) == ()


def test_nothing_known_is_no_trouble() -> None:
    assert troubles(replace(kube.cluster(), readings={})) == []


def test_without_its_nodes_a_cluster_is_not_called_well_on_none() -> None:
    known = well(kube.cluster())
    part = {key: one for key, one in known.readings.items() if key[0] != "nodes"}
    found = verdict(replace(known, readings=part))
    assert (found.word, found.text.partition("; ")[2]) == ("", "nodes: not read yet")
    refused = Reading(kind="nodes", error=Forbidden("kubernetes", 403, "nodes is forbidden"))
    found = verdict(replace(known, readings={**part, ("nodes", ""): refused}))
    assert found.word == "WARN"
    assert "nodes is forbidden" in found.text


def test_a_workload_is_not_hidden_by_the_unwell_pod_of_one_whose_name_begins_with_its() -> None:
    whole = [dict(one) for one in kube.objects("deployments")]
    (db,) = (one for one in whole if one["metadata"]["name"] == "db")
    # The unwell pod lab/db-64c7cfb758-ch7c6 is another's then.
    db["spec"] = {**db["spec"], "selector": {"matchLabels": {"app": "another"}}}
    known = kube.cluster(deployments=kube.bodies("deployments", whole))
    found = {(row.kind, row.name) for row in known.rows("troubles")}
    assert ("deployments", "lab/db") in found
