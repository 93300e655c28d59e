"""A cloud looked at without a record: its sources and its watch; a station adds the rest."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Callable, Dict, Optional

from backend.cloud import Cloud
from backend.errors import NotConfigured, Untrusted
from backend.folders import state_folder
from backend.kind import Derived, Kind, Kube, LocalRead
from backend.kinds import configured, kind_named
from backend.kinds.kube_discovered import API_RESOURCES, discovered, is_declared, named
from backend.known import Reading
from backend.place import Place
from backend.sources.tls import Pins
from backend.watch import Record, Watch

if TYPE_CHECKING:
    from backend.settings import CloudSettings

WHERE_TO_SET = "add auth: to clouds.yaml, or source openrc"
"""What to do where nothing in the settings knows a kind."""


class Lookout:
    """Asks one cloud and holds what it says; nothing is asked before ``read`` or the watch runs."""

    def __init__(
        self,
        settings: CloudSettings,
        *,
        place: Place,
        now_ms: Callable[[], int],
        record: Optional[Record] = None,
        pins: Optional[Pins] = None,
    ) -> None:
        """``record`` is told each good reading; ``pins`` are by default the person's own."""
        self.settings = settings
        self.kinds: Dict[str, Kind[Any]] = {kind.name: kind for kind in configured(settings.has)}
        self.pins = pins or Pins(state_folder() / "pins.json")
        self.cloud = Cloud(
            settings,
            self.pins,
            now_ms,
            lambda: self.watch.known,
            self._hurry,
        )
        self._own_ms = now_ms
        neighbours = settings.ssh.hosts if settings.ssh is not None else None
        self.watch = Watch(
            self.kinds,
            self.cloud.ask,
            cloud=settings.name,
            place=replace(place, neighbours=neighbours),
            now_ms=self.now_ms,
            record=record,
            read_only=settings.read_only,
            tellers=self.cloud.teller,
        )

    def _hurry(self, source: str) -> None:
        self.watch.hurry(source)

    def now_ms(self) -> int:
        """Return now by the cloud's own clock, which dates its alarms."""
        return self._own_ms() + self.cloud.clock_off_ms

    async def read(self, kind: Kind[Any], parent: str = "") -> Reading[Any]:
        """Read a kind and what its columns need; the needs' failures stand in their readings."""
        if kind.name not in self.kinds:
            words = f"{self.settings.name} has nothing in its settings that knows {kind.name}"
            raise NotConfigured(words, WHERE_TO_SET)
        others = (name for name in kind.needs if name != kind.name and name in self.kinds)
        needs = [self.watch.read_now(name) for name in others]
        reading, *_ = await asyncio.gather(self.watch.read_now(kind.name, parent), *needs)
        if isinstance(kind.read, LocalRead) or (isinstance(kind.read, Derived) and kind.read.alone):
            # It did not wait for what it is made of; now that is there.
            reading = await self.watch.read_now(kind.name, parent)
        return reading

    def take(self, kind: Kind[Any]) -> None:
        """Look at a kind as well that was found in the cluster; one that is declared stays out."""
        if kind_named(kind.name) is None:
            self.kinds.setdefault(kind.name, kind)

    @property
    def has_cluster(self) -> bool:
        """Whether there is a cluster to ask for kinds that are not declared."""
        return API_RESOURCES.name in self.kinds

    async def discover(self, name: str) -> Optional[Kind[Any]]:
        """Return the kind of that name in the cluster, None where it knows none.

        What is declared is never shadowed; what is not has the columns its server prints. Raises
        ``StxError`` where the cluster cannot be asked.
        """
        if not self.has_cluster:
            return None
        reading = await self.watch.read_now(API_RESOURCES.name)
        resource = named(reading.rows, name)
        if resource is None:
            if reading.error is not None:
                raise reading.error
            return None
        kind = is_declared(self.kinds.values(), resource)
        if kind is None:
            read = Kube(plural=resource.plural, group=resource.group, version=resource.version)
            columns = await self.cloud.headings(read)
            kind = discovered(resource, columns, lambda one: kind_named(one) is not None)
            self.take(kind)
        return kind

    def accept(self, error: Untrusted) -> None:
        """Pin the certificate that was shown, and compared by a person."""
        self.pins.pin(error.endpoint, error.fingerprint)

    async def close(self) -> None:
        """End what is under way, and close all connections."""
        await self.watch.close()
        await self.cloud.close()
