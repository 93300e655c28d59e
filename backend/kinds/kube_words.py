"""What the kubelet and the scheduler say at length, in the words an operator needs."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import List, Tuple

# What is asked for, as people call it.
_CALLED = {
    "memory": "memory",
    "cpu": "CPU",
    "ephemeral-storage": "local disk",
    "pods": "room for pods",
    "windriver.com/isolcpus": "isolated CPUs",
}
_LACKS = re.compile(r"(\d+) Insufficient ([\w./-]*\w)")
_NODES = re.compile(r"(\d+)/(\d+) nodes are available")
_TAINT = re.compile(r"(\d+) node\(s\) had untolerated taint(?:s)? ?\{?([^},]*)")
_OTHER = (
    (re.compile(r"(\d+) node\(s\) were unschedulable"), "{} cordoned"),
    (re.compile(r"(\d+) node\(s\) didn't match Pod's node affinity/selector"), "{} not selected"),
    (re.compile(r"(\d+) node\(s\) didn't match pod anti-affinity"), "{} has one already"),
    (re.compile(r"(\d+) node\(s\) didn't match pod affinity"), "{} away from its peers"),
    (re.compile(r"(\d+) node\(s\) had volume node affinity conflict"), "{} without its volume"),
    (re.compile(r"(\d+) node\(s\) didn't have free ports"), "{} with its port taken"),
    (re.compile(r"(\d+) node\(s\) didn't match pod topology spread"), "{} against its spread"),
)
_IMAGE_WORDS = (
    (("manifest unknown", "not found", "manifest for"), "is not in the registry"),
    (("unauthorized", "authentication required", "denied", "401"), "the registry refuses us"),
    (("x509", "certificate"), "the registry's certificate is not trusted"),
    (("no such host", "server misbehaving"), "the registry's name is unknown"),
    (("connection refused",), "the registry refuses connections"),
    (("i/o timeout", "deadline exceeded", "timeout"), "the registry does not answer"),
    (("no space left",), "the node's disk is full"),
    (("invalid reference format", "couldn't parse image"), "is no name of an image"),
    (("toomanyrequests", "too many requests"), "the registry asks us to wait"),
)


@lru_cache(maxsize=1024)
def shortage(message: str) -> str:
    """Return why the scheduler found no node: what is wanted, and what each node lacks."""
    said = message.partition("preemption:")[0].strip()
    if "unbound immediate PersistentVolumeClaim" in said:
        return "waits for its claim: no volume is bound to it"
    if "persistentvolumeclaim" in said and "not found" in said:
        return f"its claim is not there: {said}"
    parts: List[str] = []
    for count, resource in _LACKS.findall(said):
        parts.append(f"not enough {called(resource)} on {_nodes(count)}")
    for count, taint in _TAINT.findall(said):
        parts.append(f"{_nodes(count)} tainted {taint.strip().rstrip(':')}".rstrip())
    for pattern, words in _OTHER:
        parts += [words.format(_nodes(count)) for count in pattern.findall(said)]
    if not parts:
        return said or "no node was found for it yet"
    found = _NODES.search(said)
    head = f"{found[1]} of {found[2]} nodes will do: " if found else ""
    return head + ", ".join(parts)


def lacking(message: str) -> Tuple[str, ...]:
    """Return the resources that the scheduler found too little of."""
    return tuple(resource for _, resource in _LACKS.findall(message))


def called(resource: str) -> str:
    """Return a resource as people call it."""
    if resource.startswith("hugepages-"):
        return f"huge pages of {resource.partition('-')[2]}"
    return _CALLED.get(resource, resource)


@lru_cache(maxsize=1024)
def image_trouble(image: str, message: str) -> str:
    """Return why an image does not come: whose fault it is, the image last."""
    lowered = message.casefold()
    for signs, words in _IMAGE_WORDS:
        if any(sign in lowered for sign in signs):
            return f"{image} {words}" if words.startswith("is ") else f"{words}: {image}"
    return f"{image} does not come: {message}" if message else f"{image} does not come"


def _nodes(count: str) -> str:
    return "1 node" if count == "1" else f"{count} nodes"
