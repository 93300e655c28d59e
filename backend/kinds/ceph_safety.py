"""What Ceph says to stopping and to destroying an OSD: asked of one, before anything is done."""

from __future__ import annotations

from errno import EAGAIN, EBUSY, ENOSYS
from typing import Any, Iterable, Mapping, Optional

from backend.ceph import PARENT, Answers
from backend.kind import Body, Ceph, CephCommand, Column, Kind, Reach
from backend.kinds.ceph import SLOW_S, OfCeph, mapping
from backend.known import Known


class Safety(OfCeph):
    """What Ceph says to stopping and to destroying the OSD ``of``; None where it cannot tell."""

    of: str = ""
    ok_to_stop: Optional[bool] = None
    stop_says: str = ""
    safe_to_destroy: Optional[bool] = None
    destroy_says: str = ""

    def parent_id(self, _known: Known) -> str:
        return self.of

    @property
    def stop_words(self) -> str:
        """Whether it may be stopped, as Ceph says it."""
        return _words(self.ok_to_stop, "ok-to-stop", self.stop_says)

    @property
    def destroy_words(self) -> str:
        """Whether it may be destroyed, as Ceph says it."""
        return _words(self.safe_to_destroy, "safe-to-destroy", self.destroy_says)


def _words(is_ok: Optional[bool], name: str, says: str) -> str:
    word = {None: "cannot be told", True: "yes", False: "NO"}[is_ok]
    return f"{name}: {word}" + (f" ({says})" if says else "")


def safety_rows(told: Answers) -> Iterable[Body]:
    """Make the row of ``osd ok-to-stop`` and ``osd safe-to-destroy``; old ones have words alone."""
    stop, destroy = told["osd ok-to-stop"], told["osd safe-to-destroy"]
    one, other = mapping(stop.said), mapping(destroy.said)
    is_ok = one.get("ok_to_stop")
    safe = other.get("safe_to_destroy")
    yield {
        "uuid": "",
        "ok_to_stop": _is_ok(is_ok, stop.code),
        "stop_says": _stop_says(one) or stop.words,
        "safe_to_destroy": _is_ok(safe, destroy.code),
        "destroy_says": destroy.words,
    }


def _is_ok(said: Any, code: int) -> Optional[bool]:
    """Return what Ceph says, None where there was no way to ask it (the manager's REST)."""
    if code == ENOSYS:
        return None
    return bool(said) if said is not None else not code


def _stop_says(one: Mapping[str, Any]) -> str:
    bad = one.get("num_not_ok_pgs")
    if bad:
        return f"{bad} placement groups would lose their last copies or stop"
    degraded = len(one.get("ok_become_degraded") or ())
    return f"{degraded} placement groups would have a copy less" if degraded else ""


SAFETY: Kind[Safety] = Kind(
    name="osd-safety",
    singular="osd-safety",
    model=Safety,
    read=Ceph(
        commands=(
            CephCommand.of("osd ok-to-stop", ids=[PARENT]),
            CephCommand.of("osd safe-to-destroy", ids=[PARENT]),
        ),
        rows=safety_rows,
        # Busy, and try again: both are answers here. What cannot be asked is taken for a no.
        codes=(EBUSY, EAGAIN, ENOSYS),
    ),
    parent="ceph-osds",
    reach=Reach.PER_PARENT,
    needs=("ceph-osds",),
    id=lambda row: row.of,
    label=lambda row: f"osd.{row.of}",
    columns=(
        Column(heading="OSD", value=lambda row: f"osd.{row.of}"),
        Column(heading="STOP", value=lambda row: row.stop_words, most=60),
        Column(heading="DESTROY", value=lambda row: row.destroy_words, most=60),
    ),
    tab="s Safety",
    is_inventory=False,
    every_s=SLOW_S,
)
