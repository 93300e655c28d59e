"""What is kept of an object of Kubernetes."""

from __future__ import annotations

from backend.sources.projection import projection, taking

POD = {
    "metadata": {
        "uid": "u1",
        "name": "web-0",
        "namespace": "lab",
        "creationTimestamp": "2026-11-26T10:00:00Z",
        "managedFields": [{"manager": "kubectl"}] * 9,
        "annotations": {"k8s.v1.cni.cncf.io/networks": "a,b"},
        "ownerReferences": [{"kind": "ReplicaSet", "name": "web", "uid": "u0", "controller": True}],
    },
    "spec": {
        "nodeName": "worker-0",
        "containers": [{"name": "main", "image": "web:1", "env": [1]}],
    },
    "data": {"b": "x", "a": "y"},
}


def test_of_an_object_its_name_and_what_is_declared_is_kept() -> None:
    keep = {
        "node": "spec.nodeName",
        "networks": "/metadata/annotations/k8s.v1.cni.cncf.io~1networks",
        "containers": "spec.containers[name,of=image]",
        "keys": "data{}",
        "phase": "status.phase",
    }
    assert projection(keep)(POD) == {
        "uid": "u1",
        "name": "web-0",
        "namespace": "lab",
        "created": "2026-11-26T10:00:00Z",
        "owners": [{"kind": "ReplicaSet", "name": "web", "uid": "u0"}],
        "node": "worker-0",
        "networks": "a,b",
        "containers": [{"name": "main", "of": "web:1"}],
        "keys": ["a", "b"],
    }


def test_what_has_no_uid_is_told_apart_by_its_name() -> None:
    assert projection({})({"metadata": {"name": "n", "namespace": "s"}})["uid"] == "s/n"
    assert projection({})({})["uid"] == "/"


def test_what_is_of_another_shape_than_declared_is_left_out() -> None:
    assert taking("spec.a[b]")({"spec": {"a": "text"}}) is None
    assert taking("spec.a.b")({"spec": []}) is None
    assert taking("spec.a{}")({"spec": {"a": [1]}}) is None
    assert taking("spec.a[b.c]")({"spec": {"a": [{"b": {"c": 1}}, {"b": 2}]}}) == [{"c": 1}, {}]
