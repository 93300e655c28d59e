"""What is changed of the things on a host: found by uuid, given to whoever knows its kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Optional

from backend.simulator.bodies import object_of, patch_of
from backend.simulator.children import WORDS, children, linked
from backend.simulator.cloud import Cloud
from backend.simulator.exchange import Answer, Request, answer
from backend.simulator.model import Host, Json
from backend.simulator.refuse import client, no_such_method, unknown_argument

Add = Callable[[Cloud, Host, Json], Json]
Modify = Callable[[Cloud, Host, Json, Json], None]
Remove = Callable[[Cloud, Host, Json, bool], None]


@dataclass(frozen=True)
class Changer:
    """How rows of one kind are made, changed and taken away; what is None the service has not.

    ``fields`` are what a new row may be given, beside the uuid of its host; ``of`` says whose a new
    row is, where that is not said by its host's uuid.
    """

    add: Optional[Add] = None
    modify: Optional[Modify] = None
    remove: Optional[Remove] = None
    fields: frozenset[str] = frozenset()
    of: Optional[Callable[[Cloud, Json], Host]] = None


def find(cloud: Cloud, name: str, uuid: str) -> tuple[Host, Json]:
    """A row of a kind, and the host it is on."""
    for host in cloud.hosts:
        for row in children(cloud, host, name):
            if row["uuid"] == uuid:
                return host, row
    raise client(f"No {WORDS.get(name, name)} with id {uuid}", 404)


def reply(cloud: Cloud, request: Request, name: str, changer: Changer, path: list[str]) -> Answer:
    """Make, change or take away a row of a kind."""
    base = f"{request.base}/platform"
    if request.method == "POST" and not path and changer.add is not None:
        wanted = _wanted(object_of(request), changer)
        host = _host_of(cloud, wanted, changer)
        return answer(linked(changer.add(cloud, host, wanted), name, base))
    if len(path) == 1 and request.method == "PATCH" and changer.modify is not None:
        host, row = find(cloud, name, path[0])
        changer.modify(cloud, host, row, patch_of(request))
        return answer(linked(find(cloud, name, path[0])[1], name, base))
    if len(path) == 1 and request.method == "DELETE" and changer.remove is not None:
        host, row = find(cloud, name, path[0])
        changer.remove(cloud, host, row, (request.arg("force") or "").lower() == "true")
        return Answer(status=204)
    raise no_such_method(request.method, "GET")


def _wanted(body: Json, changer: Changer) -> Json:
    for name in body:
        if name not in changer.fields and name != "ihost_uuid":
            raise unknown_argument(name)
    return body


def _host_of(cloud: Cloud, wanted: Json, changer: Changer) -> Host:
    if changer.of is not None:
        return changer.of(cloud, wanted)
    host = cloud.host(str(wanted.get("ihost_uuid")))
    if host is None:
        raise client(f"Invalid ihost_uuid {wanted.get('ihost_uuid')}")
    return host


def locked(host: Host, *, unless: bool = False) -> None:
    """Refuse what wants a locked host."""
    if host.administrative != "locked" and not unless:
        raise client("Host must be locked.")


def must_be_locked(cloud: Cloud, host: Host) -> None:
    """The same, as addresses say it; a simplex controller without work may be unlocked."""
    if host.administrative != "locked" and not (cloud.system.is_simplex and not host.is_aio):
        raise client(
            "Unable to complete the action because Host "
            f"{host.name} is in administrative state = unlocked."
        )


def number(value: Any, words: str) -> int:
    """A whole number, as it may come as text."""
    if not str(value).isdigit():
        raise client(words)
    return int(value)
