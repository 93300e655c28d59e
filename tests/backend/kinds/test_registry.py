"""What a registry's images look like beside the pods that use them, and what a delete says."""

from __future__ import annotations

from dataclasses import replace

from backend.kind import Risk
from backend.kinds.registry import IMAGE_TAG, REPOSITORY, ImageTag, bytes_of, users
from backend.kinds.registry_acts import COLLECT, DELETE
from backend.known import Known
from backend.registry import RegistryDelete
from backend.tone import Mark
from tests.backend.kinds import images, kube
from tests.backend.kinds.site import reading, site

MIB = 1024**2


def known(*pods: str) -> Known:
    """Return what is known where pods run these images."""
    bodies = [
        {"uid": f"{at}", "name": f"p{at}", "namespace": "lab", "containers": [{"image": image}]}
        for at, image in enumerate(pods)
    ]
    readings = {**images.readings(), ("pods", ""): reading("pods", bodies)}
    return replace(site(), readings=readings)


def tag(name: str, now: Known) -> ImageTag:
    found: ImageTag = now.row("image-tags", f"lab/web:{name}")
    return found


def test_a_tag_is_used_by_the_pods_that_name_it_by_tag_or_digest_at_this_registry_alone() -> None:
    digest = images.TAGS[1]["digest"]
    now = known(
        "registry.local:9001/lab/web:8",
        f"registry.local:9001/lab/web@{digest}",
        "docker.io/lab/web:7",
        "lab/web:7",
    )
    assert [pod.name for pod in users(tag("8", now), now) or ()] == ["p0"]
    assert [pod.name for pod in users(tag("7", now), now) or ()] == ["p1"]
    assert [pod.name for pod in users(tag("old", now), now) or ()] == ["p1"]


def test_what_no_pod_uses_is_marked_and_counted_and_a_shared_layer_counts_once() -> None:
    now = known("registry.local:9001/lab/web:8")
    assert IMAGE_TAG.look(tag("7", now), now).mark is Mark.OUT
    assert IMAGE_TAG.look(tag("8", now), now).mark is Mark.NONE
    assert bytes_of(now.rows("image-tags")) == 53 * MIB
    assert IMAGE_TAG.verdict is not None
    assert IMAGE_TAG.verdict(now).text == "4 tags, 53M; no pod uses 2 of them, 2.0M of it"


def test_without_the_pods_nothing_is_said_to_be_unused_and_a_delete_is_graded_as_if_it_were() -> (
    None
):
    now = known()
    now = replace(now, readings={key: of for key, of in now.readings.items() if key[0] != "pods"})
    row = tag("7", now)
    assert users(row, now) is None
    assert IMAGE_TAG.look(row, now).mark is Mark.NONE
    assert DELETE.risk(row, None, now) is Risk.DESTRUCTIVE
    assert "not read" in DELETE.reasons(row, None, now)[0].words


def test_a_delete_names_the_digest_and_says_which_tags_go_with_it_and_who_used_it() -> None:
    now = known("registry.local:9001/lab/web:7")
    row = tag("7", now)
    (step,) = DELETE.plan(row, None, now).steps
    assert isinstance(step.write, RegistryDelete)
    assert step.write.path == f"/v2/lab/web/manifests/{row.digest}"
    words = [one.words for one in DELETE.consequences(row, None, now)]
    assert any(word.startswith("the tag old goes too") for word in words)
    assert any(word.startswith("lab/p0 uses it") for word in words)
    assert DELETE.risk(row, None, now) is Risk.DESTRUCTIVE
    assert DELETE.risk(row, None, known()) is Risk.DISRUPTIVE


def test_a_tag_whose_manifest_was_not_read_is_not_deleted() -> None:
    now = known()
    row = now.row("image-tags", "lab/odd:1")
    assert row.size is None
    assert DELETE.reasons(row, None, now)[0].blocks


def test_a_repository_without_a_tag_says_what_becomes_of_it() -> None:
    now = known()
    gone = now.row("repositories", "lab/gone")
    assert REPOSITORY.look(gone, now).notes == (
        "has no tag any more: what is left goes when collected",
    )
    cells = {column.heading: column.cell(gone, now) for column in REPOSITORY.columns}
    assert cells["TAGS"] == 0


def test_garbage_is_collected_by_the_platform_where_there_is_one() -> None:
    assert COLLECT.hidden is not None
    assert COLLECT.hidden(None, known())
    (step,) = COLLECT.plan(None, None, known()).steps
    assert step.write.command == ("system", "registry-garbage-collect")


def test_the_recorded_cluster_uses_an_image_of_the_registry() -> None:
    now = replace(known(), readings={**kube.readings(), **images.readings()})
    assert users(tag("8", now), now)


def test_a_pod_that_names_another_tag_of_the_same_manifest_loses_it_too() -> None:
    now = known("registry.local:9001/lab/web:old")
    row = tag("7", now)
    assert users(row, now) == ()
    assert DELETE.risk(row, None, now) is Risk.DESTRUCTIVE
    words = [one.words for one in DELETE.consequences(row, None, now)]
    assert any(word.startswith("lab/p0 uses it") for word in words)
    assert not any("no pod uses it" in word for word in words)


def test_pods_of_before_say_nothing_of_who_uses_an_image_now() -> None:
    now = known()
    old = replace(now.reading("pods"), is_remembered=True)
    now = replace(now, readings={**now.readings, ("pods", ""): old})
    assert DELETE.risk(tag("7", now), None, now) is Risk.DESTRUCTIVE
