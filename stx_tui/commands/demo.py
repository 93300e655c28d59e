"""``stx-tui demo``: the console on a pretend cloud that lives and ends with it."""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import threading
from pathlib import Path
from typing import Any, Callable, List, Optional

from backend.kinds import every_kind
from backend.settings import CloudSettings, load
from backend.simulator import Simulator
from backend.simulator.scenes import CALM_START, SCENES
from backend.station import Station
from backend.store.glance import glance
from backend.store.store import Store
from stx_tui.commands.console import FIRST, show
from stx_tui.story import live, place_in

START_S = 20.0


class PretendCloud:
    """The pretend cloud on a thread and a loop of its own: the screen never waits for it."""

    def __init__(self, **of: Any) -> None:
        """``of`` are the simulator's own arguments."""
        self._of = of
        self._began = threading.Event()
        self._loop = asyncio.new_event_loop()
        # Made on its own loop: on 3.9 there may be none here.
        self._over: asyncio.Event
        self._failure: List[BaseException] = []
        self._thread = threading.Thread(target=self._run, name="pretend cloud", daemon=True)
        self.simulator: Optional[Simulator] = None

    def __enter__(self) -> PretendCloud:
        """Serve from now on; raises what kept it from starting."""
        self._thread.start()
        self._began.wait(START_S)
        if self._failure:
            raise self._failure[0]
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()
        self._loop.close()

    def now_ms(self) -> int:
        """Return now by the pretend clock."""
        assert self.simulator is not None
        return round(self.simulator.clock.now().timestamp() * 1000)

    async def advance(self, seconds: float) -> None:
        """Move the pretend clock, and what is due on it."""
        assert self.simulator is not None
        moving = asyncio.run_coroutine_threadsafe(self.simulator.advance(seconds), self._loop)
        await asyncio.wrap_future(moving)

    def go(self, speed: float) -> None:
        """Let the pretend clock run from now on; 0: let it stand."""
        assert self.simulator is not None
        self._loop.call_soon_threadsafe(self.simulator.clock.go, speed)

    def settings(self, folder: Path, name: str, *, cluster: bool = False) -> CloudSettings:
        """Return the settings of the pretend cloud, read as those of any other.

        With ``cluster`` its Kubernetes and its Ceph are reached too.
        """
        assert self.simulator is not None
        import json

        path = folder / "clouds.yaml"
        # JSON is YAML.
        said = self.simulator.settings()
        if cluster:
            said["ceph"] = self.simulator.ceph()
            said["kubeconfig"] = str(folder / "kubeconfig")
            (folder / "kubeconfig").write_text(json.dumps(self.simulator.kubeconfig()), "utf-8")
            (folder / "kubeconfig").chmod(0o600)
        path.write_text(json.dumps({"clouds": {name: said}}), "utf-8")
        path.chmod(0o600)
        found = load(env={"HOME": str(folder)}, cloud=name, files=(path,)).default
        assert found is not None
        return found

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits for it
            self._failure.append(error)
            self._began.set()

    async def _serve(self) -> None:
        self._over = asyncio.Event()
        async with Simulator(**self._of) as self.simulator:
            self._began.set()
            await self._over.wait()


def run(arguments: argparse.Namespace) -> int:
    """Open the console on the pretend cloud; nothing of it is kept."""
    is_told = arguments.scene == "site-7" and not arguments.hosts and not arguments.alarms
    cloud = PretendCloud(
        scene="site-7-calm" if is_told else arguments.scene,
        hosts=arguments.hosts,
        alarms=arguments.alarms,
        seed=arguments.seed,
        frozen=True,
        bmc=arguments.bmc,
        older=arguments.older,
        start=CALM_START if is_told else None,
    )
    place = place_in(*SCENES[arguments.scene][:2])
    with tempfile.TemporaryDirectory(prefix="stx-tui-demo-") as folder, cloud:
        settings = cloud.settings(Path(folder), arguments.scene, cluster=True)

        def station() -> Station:
            store = Store(Path(folder) / "record.db", now_ms=cloud.now_ms, kinds=every_kind())
            return Station(settings, store=store, place=place, now_ms=cloud.now_ms)

        async def opener() -> Station:
            opened = station()
            await opened.start(is_visit=True)
            return opened

        if is_told:
            asyncio.run(_tell(station, cloud))
        cloud.go(0.0 if arguments.frozen else arguments.speed)
        seen = glance(Path(folder) / "record.db", settings.name, FIRST)
        return show(arguments, settings, seen, opener, cloud.now_ms, place)


async def _tell(make: Callable[[], Station], cloud: PretendCloud) -> None:
    station = make()
    try:
        await live(station, cloud.now_ms, cloud.advance)
    finally:
        await station.close()
