"""Files of objects: where each stands, where it goes, and what is wrong, by file and line."""

from __future__ import annotations

from typing import Any

import pytest

from backend.errors import Refused
from backend.kinds.kube_discovered import ApiResource
from backend.manifest import documents, placed
from backend.whole import from_yaml

RESOURCES = (
    ApiResource(plural="configmaps", kind="ConfigMap", version="v1", namespaced=True),
    ApiResource(plural="namespaces", kind="Namespace", version="v1"),
    ApiResource(
        plural="deployments", group="apps", kind="Deployment", version="v1", namespaced=True
    ),
)
MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n"


def wrong(text: str, **more: Any) -> str:
    with pytest.raises(Refused) as caught:
        placed(documents(text, "f.yaml"), RESOURCES, more.get("namespace", "default"))
    return str(caught.value)


def test_each_object_of_a_file_knows_where_it_stands_and_where_it_goes() -> None:
    text = f"---\n{MAP}---\n# nothing\n---\n{MAP.replace('name: a', 'name: b')}  namespace: lab\n"
    one, other = placed(documents(text, "f.yaml"), RESOURCES, "default")
    assert (one.document.where, one.path) == (
        "f.yaml:2",
        "/api/v1/namespaces/default/configmaps/a",
    )
    assert (other.document.where, other.path, other.what) == (
        "f.yaml:9",
        "/api/v1/namespaces/lab/configmaps/b",
        "ConfigMap lab/b",
    )


def test_a_list_of_kubernetes_is_its_items() -> None:
    text = (
        '{"apiVersion": "v1", "kind": "List", "items": [\n'
        '{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "x"}},\n'
        '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "y"}}]}'
    )
    found = placed(documents(text, "f.json"), RESOURCES, "lab")
    assert [one.what for one in found] == ["Namespace x", "ConfigMap lab/y"]
    assert [one.document.line for one in found] == [2, 3]


def test_a_refusal_of_the_server_names_the_line_of_its_field() -> None:
    (one,) = documents(f"{MAP}spec:\n  template:\n    containers:\n    - image: 5\n", "f.yaml")
    assert one.where_of("X is invalid: spec.template.containers[0].image: Invalid") == "f.yaml:8"
    assert one.where_of("spec.template.containers[0].nowhere: Required value") == "f.yaml:8"
    assert one.where_of(".spec.replcas: field not declared in schema") == "f.yaml:5"
    assert one.where_of("no word of a field") == "f.yaml:1"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [1, 2\nb: 3\n", "f.yaml:2: "),
        ("a: 1\n\tb: 2\n", "f.yaml:2: "),
        (f"{MAP}---\n- 1\n", "f.yaml:6: an object is wanted"),
        (f"{MAP}---\nkind: ConfigMap\nmetadata:\n  labels: {{}}\n", "f.yaml:6: it has no apiV"),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  labels: {}\n", "f.yaml:3: it has no meta"),
        (f"{MAP}data: {{a: 1}}\ndata: {{}}\n", "f.yaml:6: data stands in line 5 already"),
        (f"{MAP}---\n{MAP}", "f.yaml:6: ConfigMap default/a stands in f.yaml:1 already"),
        (MAP.replace("ConfigMap", "Cat"), "f.yaml:1: this cluster knows no Cat of v1"),
        ("# nothing\n", "f.yaml: there is no object in it"),
        ("a: &x [1]\nb: !!python/object:os.system {}\n", "f.yaml:2: "),
    ],
)
def test_what_is_wrong_with_a_file_is_said_with_its_line(text: str, words: str) -> None:
    assert words in wrong(text)


def test_all_that_is_wrong_is_said_at_once() -> None:
    said = wrong(f"{MAP.replace('ConfigMap', 'Cat')}---\n{MAP.replace('ConfigMap', 'Dog')}")
    assert "f.yaml:1: this cluster knows no Cat" in said
    assert "f.yaml:6: this cluster knows no Dog" in said


def test_what_a_file_defines_itself_is_to_be_applied_first() -> None:
    text = (
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"
        "metadata: {name: cats.lab}\nspec: {group: lab, names: {kind: Cat}}\n"
        "---\napiVersion: lab/v1\nkind: Cat\nmetadata: {name: tom}\n"
    )
    assert "f.yaml:6: this cluster knows no Cat of lab/v1 yet: its definition" in wrong(text)


def test_a_file_that_unfolds_without_end_is_refused() -> None:
    rows = [f"b{n}: &b{n} [{', '.join([f'*b{n - 1}'] * 9)}]" for n in range(1, 9)]
    text = "\n".join((MAP + "b0: &b0 [1, 2, 3]", *rows))
    assert "more than" in wrong(text)


def test_an_instant_stays_the_text_that_it_is() -> None:
    (one,) = documents(f"{MAP}data:\n  at: 2026-11-27\n  on: yes\n", "f.yaml")
    assert one.body["data"] == {"at": "2026-11-27", True: True}


def test_what_a_mapping_merges_may_be_said_anew_by_itself() -> None:
    text = f"{MAP}x-base: &base {{a: '1', b: '2'}}\ndata:\n  <<: *base\n  b: '3'\n"
    (one,) = documents(text, "f.yaml")
    assert one.body["data"] == {"a": "1", "b": "3"}
    assert one.lines["data", "b"] == 8


@pytest.mark.parametrize("inner", ["[*x]", "[*x, *x]", "{y: *x}"])
def test_an_object_that_holds_itself_is_refused(inner: str) -> None:
    assert "f.yaml:5: it is nested deeper than 100" in wrong(f"{MAP}data: &x {inner}\n")


def test_an_address_and_a_time_of_day_stay_the_text_that_they_are() -> None:
    text = "mac: 52:54:00:12:34:56\nat: 12:30\nsince: 2026-11-27T10:00:00Z\n"
    said = {"mac": "52:54:00:12:34:56", "at": "12:30", "since": "2026-11-27T10:00:00Z"}
    (one,) = documents(f"{MAP}data:\n  {text.strip().replace(chr(10), chr(10) + '  ')}\n", "f")
    assert one.body["data"] == said
    # The same where an object is edited: what is typed is what is sent.
    assert from_yaml(text) == said
    assert from_yaml("a: 0644\nb: 0o17\nc: -3\nd: 1.5\ne: 0x1f\nf: 0\n") == {
        "a": 0o644,
        "b": 15,
        "c": -3,
        "d": 1.5,
        "e": 31,
        "f": 0,
    }


@pytest.mark.parametrize("value", ["!!int five", "!!bool perhaps", "!!timestamp x", "!!float y"])
def test_a_value_that_does_not_fit_its_tag_is_refused(value: str) -> None:
    assert "does not fit its tag" in wrong(f"{MAP}data:\n  a: {value}\n")
    with pytest.raises(Refused, match="does not fit its tag"):
        from_yaml(f"a: {value}\n")


@pytest.mark.parametrize("value", ["0x_", "+0x_", "0b_", "0o", "0o_", "0b", "1:2", "-1:30.5"])
def test_what_only_looks_like_a_number_is_text(value: str) -> None:
    assert from_yaml(f"a: {value}\n") == {"a": value}


@pytest.mark.parametrize("value", ["!!binary aGVsbG8=", "!!set {a, b}", "!!timestamp 2026-11-27"])
def test_what_json_has_no_word_for_is_refused_and_not_sent_as_something_else(value: str) -> None:
    assert "f.yaml:6: a " in wrong(f"{MAP}data:\n  a: {value}\n")
