"""What stops for good, or is lost, when an object goes that others rest on."""

from __future__ import annotations

from typing import Any, List, Sequence, Tuple

from backend.known import Known

# Names that are said in full of many.
_NAMED = 4
_UNREAD = "were not read"


def of_claim(row: Any, known: Known) -> Tuple[str, ...]:
    """Say who mounts a claim, and what becomes of the data on its volume."""
    users = [
        pod
        for pod in known.rows("pods")
        if pod.namespace == row.namespace and row.name in pod.claims and not pod.is_done
    ]
    found = []
    if not known.has("pods"):
        found.append(f"who mounts it is not known: pods {_UNREAD}")
    if users:
        found.append(f"{_listed(users)} mount it: it goes when they do, and they do not come back")
    volume = next((one for one in known.rows("volumes") if one.name == row.volume), None)
    if volume is not None and volume.reclaim == "Delete":
        found.append(f"its volume {volume.name} ({volume.size}) and all data on it are deleted")
    elif volume is not None:
        found.append(f"its volume {volume.name} and its data are kept; no claim takes them again")
    elif row.volume:
        found.append(f"whether its volume {row.volume} and its data are deleted is not known")
    return tuple(found)


def of_volume(row: Any, known: Known) -> Tuple[str, ...]:
    """Say whose volume it is."""
    if not row.of:
        return ()
    pods = known.rows("pods")
    users = [pod for pod in pods if any(f"{pod.namespace}/{c}" == row.of for c in pod.claims)]
    mounted = f", mounted by {_listed(users)}" if users else ""
    mounted = mounted if known.has("pods") else f"; who mounts it is not known: pods {_UNREAD}"
    return (f"the claim {row.of} has no volume any more{mounted}",)


def of_namespace(row: Any, known: Known) -> Tuple[str, ...]:
    """Say how much goes with a namespace."""
    found = []
    for kind, words in (
        ("pods", "pods stop for good"),
        ("claims", "claims go, and volumes that are to be deleted with them"),
        ("secrets", "secrets go"),
    ):
        count = sum(1 for one in known.rows(kind) if one.namespace == row.name)
        if not known.has(kind):
            found.append(f"how many of its {words} is not known: they {_UNREAD}")
        elif count:
            found.append(f"its {count} {words}")
    return tuple(found)


def of_service(row: Any, known: Known) -> Tuple[str, ...]:
    """Say what is reached by a service no more."""
    ends = [
        pod
        for pod in known.rows("pods")
        if pod.namespace == row.namespace and pod.is_ready and row.selects(pod.labels)
    ]
    name = f"{row.name}.{row.namespace}.svc"
    if row.selector and not known.has("pods"):
        return (f"who is reached by the name {name} no more is not known: pods {_UNREAD}",)
    return (f"{_listed(ends)} are reached by the name {name} no more",) if ends else ()


def of_job(row: Any, _known: Known) -> Tuple[str, ...]:
    """Say what of a job still runs."""
    return (f"its {row.active} pods that run are ended half done",) if row.active else ()


def _listed(rows: Sequence[Any]) -> str:
    names: List[str] = list(dict.fromkeys(row.full_name for row in rows))
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
