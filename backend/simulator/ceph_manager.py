"""The REST of the pretend Ceph's manager (the dashboard's, Ceph 16): a token, maps, a few orders.

What the real one has no path for (placement groups, ok-to-stop, the mutes of checks) this one has
not either. All of it is made up; the shapes are those of a real one.
"""

from __future__ import annotations

import json
from typing import Any, Callable, Mapping

from backend.simulator import ceph_health, ceph_maps
from backend.simulator import ceph_standing as ceph
from backend.simulator.ceph_standing import POOLS
from backend.simulator.cloud import Cloud
from backend.simulator.exchange import Answer, Request, answer
from backend.simulator.model import Json

USER, PASSWORD = "admin", "pretend-ceph"
TOKEN = "pretend-token-of-a-pretend-ceph"  # noqa: S105 - of nothing real
MARKS = ("in", "out", "down")


class _Refused(Exception):
    """What the manager says no to."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.answer = answer({"detail": words, "code": str(status), "component": None}, status)


class Manager:
    """Answers for the Ceph of one cloud, under whatever prefix its port gives it."""

    def __init__(self, cloud: Cloud, images: Callable[[], list[tuple[str, str, int]]]) -> None:
        """``images`` are those of the pool for blocks: name, claim, bytes."""
        self._cloud = cloud
        self._images = images

    def reply(self, request: Request, path: list[str]) -> Answer:
        """Answer one request; ``path`` begins with ``api``."""
        if path[:1] != ["api"]:
            return answer({"detail": "The path was not found."}, 404)
        try:
            return self._reply(request, path[1:])
        except _Refused as refused:
            return refused.answer

    def _reply(self, request: Request, path: list[str]) -> Answer:
        if (request.method, path) == ("POST", ["auth"]):
            return _entered(_body(request))
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            raise _Refused(401, "Access denied. Please log in.")
        if request.method == "GET":
            return answer(self._told(request, path))
        self._ordered(request.method, path, _body(request))
        return answer({})

    # --- what is told --------------------------------------------------------------------------

    def _told(self, request: Request, path: list[str]) -> Any:
        cloud = self._cloud
        plain: Mapping[str, Callable[[], Any]] = {
            "summary": self._summary,
            "health/full": lambda: ceph_maps.full(cloud),
            "osd": lambda: ceph_maps.osd_list(cloud),
            "osd/flags": lambda: [*ceph_maps.FLAGS, *sorted(cloud.ceph.flags)],
            "host": lambda: ceph_maps.hosts(cloud),
            "logs/all": self._logs,
            "block/image": self._blocks,
        }
        found = plain.get("/".join(path))
        if found is not None:
            return found()
        if path[:1] == ["host"] and path[2:] == ["devices"]:
            return ceph_maps.devices(cloud, path[1])
        if path == ["osd", "safe_to_destroy"]:
            return self._safe_to_destroy(request.arg("ids") or "")
        raise _Refused(404, "The path was not found.")

    def _health(self) -> Json:
        found = ceph.osds(self._cloud)
        return ceph_health.health(self._cloud, found, ceph.groups(self._cloud, found))

    def _summary(self) -> Json:
        active, _ = ceph.managers(self._cloud)
        mons = ceph.monitors(self._cloud)
        return {
            "health_status": self._health()["status"],
            "mgr_id": active,
            "have_mon_connection": 2 * sum(there for _, _, there in mons) > len(mons),
            "version": ceph_maps.VERSION,
        }

    def _logs(self) -> Json:
        checks = self._health()["checks"]
        return {"clog": ceph_health.log(self._cloud, checks), "audit_log": []}

    def _blocks(self) -> list[Json]:
        rows = [
            {"name": name, "pool_name": "kube-rbd", "size": size, "snapshots": []}
            for name, _, size in self._images()
        ]
        return [{"status": 0, "pool_name": "kube-rbd", "value": rows}]

    def _safe_to_destroy(self, ids: str) -> Json:
        """One that is down, out, and whose placement groups are whole elsewhere."""
        found = ceph.osds(self._cloud)
        wanted = [osd for osd in found if str(osd.number) in ids.split(",")]
        if not wanted:
            raise _Refused(400, f"[errno -22] no OSD among {ids!r}")
        active = [osd.number for osd in wanted if osd.is_up and osd.is_in]
        is_whole = not ceph.groups(self._cloud, found).degraded
        safe = [osd.number for osd in wanted if osd.number not in active and is_whole]
        kept = [osd.number for osd in wanted if osd.number not in (*active, *safe)]
        return {
            "safe_to_destroy": safe,
            "active": active,
            "missing_stats": [],
            "stored_pgs": kept,
            "is_safe_to_destroy": len(safe) == len(wanted),
        }

    # --- what is ordered -----------------------------------------------------------------------

    def _ordered(self, method: str, path: list[str], body: Json) -> None:
        order = self._cloud.ceph
        if (method, path) == ("PUT", ["osd", "flags"]):
            order.flags = set(body["flags"]) - set(ceph_maps.FLAGS)
        elif (method, path) == ("PUT", ["osd", "flags", "individual"]):
            for number in map(int, body["ids"]):
                own = order.osd_flags.setdefault(number, set())
                for name, is_set in body["flags"].items():
                    (own.add if is_set else own.discard)(name)
        elif method == "PUT" and path[:1] == ["osd"] and path[2:] == ["mark"]:
            self._mark(self._number(path[1]), str(body.get("action")))
        elif method == "POST" and path[:1] == ["osd"] and path[2:] == ["reweight"]:
            order.weights[self._number(path[1])] = float(body["weight"])
        elif method == "PUT" and path[:1] == ["pool"] and path[1] in {one.name for one in POOLS}:
            mine = order.quotas.setdefault(path[1], {})
            mine.update({name: int(body[name]) for name in body if name.startswith("quota_max_")})
        else:
            raise _Refused(404, "this Ceph is pretend: it has no such order")

    def _number(self, word: str) -> int:
        if word not in {str(osd.number) for osd in ceph.osds(self._cloud)}:
            raise _Refused(404, f"no OSD {word}")
        return int(word)

    def _mark(self, number: int, verb: str) -> None:
        order = self._cloud.ceph
        if verb not in MARKS:
            raise _Refused(400, f"no mark {verb!r}; there are {', '.join(MARKS)}")
        if verb == "down":
            order.downed[number] = self._cloud.now()
        elif verb == "out":
            order.out.add(number)
        else:
            order.out.discard(number)


def _entered(given: Json) -> Answer:
    if (given.get("username"), given.get("password")) != (USER, PASSWORD):
        raise _Refused(400, "Invalid credentials")
    return answer({"token": TOKEN, "username": USER, "permissions": {}, "sso": False}, 201)


def _body(request: Request) -> Json:
    try:
        found: Json = json.loads(request.body) if request.body.strip() else {}
    except ValueError:
        raise _Refused(400, "the body is no JSON") from None
    return found
