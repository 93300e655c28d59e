"""What ``ostree admin status`` says, and a second look at it right before an act by index."""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, Iterable, List, Mapping

from backend.kind import Body, CommandWrite, Json, Step

STATUS = ("ostree", "admin", "status")

_DEPLOYED = re.compile(r"^([* ]) (\S+) ([0-9a-f]{64})\.(\d+)(?: \((.+)\))?\s*$")
_SAYS = {"origin refspec": "origin", "Version": "version", "Pinned": "pinned", "Unlocked": "open"}


def deployments_of_ostree(text: str) -> Iterable[Body]:
    """Parse ``ostree admin status``: a line a deployment, what it says of itself indented below."""
    found: List[Dict[str, Any]] = []
    for line in filter(str.strip, text.splitlines()):
        head = _DEPLOYED.match(line)
        if head:
            mark, stateroot, commit, serial, note = head.groups()
            found.append({"stateroot": stateroot, "commit": commit, "serial": int(serial)})
            found[-1].update(index=len(found) - 1, is_booted=mark == "*", note=note or "")
        elif found:
            key, _, value = line.strip().partition(": ")
            if key in _SAYS:
                found[-1][_SAYS[key]] = value
    if not found:
        raise ValueError("no deployment")
    return [{**one, "pinned": one.get("pinned") == "yes"} for one in found]


def looked_again(row: Any) -> Step:
    """Return the step that reads once more which deployment stands at the index of ``row``.

    OSTree pins and undeploys by index, and every deploy gives others to what was there: an index
    read a minute ago may be another tree's by now.
    """
    write = CommandWrite(
        argv=STATUS,
        machine=row.machine,
        sentence=f"read once more whether {row.commit[:12]} is number {row.index}",
    )
    return Step(write, refusal=_moved(row))


def _moved(row: Any) -> Callable[[Json], str]:
    """Return what says no where something else stands at that index by now, or it changed."""

    def refusal(answer: Json) -> str:
        said: Mapping[str, Any] = answer if isinstance(answer, dict) else {}
        try:
            found = deployments_of_ostree(str(said.get("out", "")))
        except ValueError as error:
            return f"not done: looked again, ostree tells of {error}"
        name = row.commit[:12]
        now = next((one for one in found if _is_same(one, row)), None)
        if now is None:
            return f"not done: {name} is not deployed any more; look again"
        if now["index"] != row.index:
            was = f"it was number {row.index}, and is number {now['index']} now"
            return f"not done: {was}: {name}; look again"
        if now["pinned"] != row.pinned:
            was = "pinned, and is no more" if row.pinned else "not pinned, and is now"
            return f"not done: it was {was}: {name}; look again"
        return ""

    return refusal


def _is_same(one: Mapping[str, Any], row: Any) -> bool:
    told = (one["stateroot"], one["commit"], one["serial"])
    return told == (row.stateroot, row.commit, row.serial)
