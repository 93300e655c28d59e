"""All baseboards of a cloud: however many are away, leaving waits for the slowest alone."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Dict, List, Tuple

import pytest

from backend.baseboard import BmcWrite
from backend.bmc_settings import BmcSettings
from backend.errors import Missing, Refused, StxError
from backend.kind import Nothing
from backend.kinds import every_kind
from backend.kinds.hardware import SERVER_KIND
from backend.place import Place
from backend.settings import CloudSettings
from backend.sources.bmc import Baseboards
from backend.sources.tls import Pins
from backend.station import Station
from backend.store.store import Store
from stx_tui.commands.do import _preview


async def test_fifty_baseboards_that_are_away_are_left_together(tmp_path: Path) -> None:
    closing, everybody = 0, asyncio.Event()

    class Away:
        async def close(self) -> None:
            nonlocal closing
            closing += 1
            if closing == 50:
                everybody.set()
            await everybody.wait()

    boards = Baseboards(CloudSettings(name="c"), Pins(tmp_path / "pins"))
    away: Any = {f"worker-{number}": (None, Away()) for number in range(50)}
    boards._boards.update(away)
    leaving = asyncio.ensure_future(boards.close())
    await asyncio.wait({leaving}, timeout=5)
    assert leaving.done(), f"{closing} of 50 were begun to be left"
    leaving.result()


async def test_which_servers_there_are_is_worked_out_anew_where_hosts_change_and_not_before(
    tmp_path: Path,
) -> None:
    def host(number: int) -> Any:
        said = {"bm_ip": f"10.0.0.{number}", "bm_username": "admin"}
        return SimpleNamespace(
            name=f"worker-{number}", uuid=str(number), has_bmc=True, bm_type="ipmi", body=said
        )

    now = [(host(1),)]
    known: Any = SimpleNamespace(rows=lambda _kind: now[0])
    boards = Baseboards(CloudSettings(name="c"), Pins(tmp_path / "pins"), lambda: known)
    before = boards.servers()
    assert boards.servers() is before
    now[0] = (host(1), host(2))
    assert [name for name in boards.servers() if name.startswith("worker")] == [
        "worker-1",
        "worker-2",
    ]
    values = {"username": "root", "password": "typed"}
    with pytest.raises(StxError):  # nobody answers there
        await boards.send(BmcWrite(server="worker-9", verb="log-in", values=values))
    assert boards.servers() is boards.servers()


# --- who is asked again, and who is left ---------------------------------------------------------


class Board:
    """Stands for a baseboard: what is asked of it, and how often it was let try again or left."""

    def __init__(self) -> None:
        self.asked: List[str] = []
        self.retried = self.left = 0

    async def ask(self, facet: str) -> List[Any]:
        self.asked.append(facet)
        return []

    def retry(self) -> None:
        self.retried += 1

    async def leave(self) -> None:
        self.left += 1

    async def close(self) -> None:
        """There is nothing to close."""


def of_two(room: Path) -> Tuple[Station, Dict[str, Board]]:
    """Return a station on two servers, whose baseboards are stood for."""
    one = {name: BmcSettings(name=name, address="127.0.0.1:9") for name in ("a", "b")}
    settings = CloudSettings(name="rack", bmc=one)
    store = Store(room / "record.db", now_ms=lambda: 1, kinds=every_kind())
    pins = Pins(room / "pins.json")
    station = Station(settings, store=store, place=Place(user="me"), now_ms=lambda: 1, pins=pins)
    boards = station.cloud.baseboards
    stand = {name: Board() for name in one}
    boards._boards.update({name: (boards.servers()[name], stand[name]) for name in one})
    return station, stand


async def test_who_asks_one_server_again_lets_no_other_password_be_tried(tmp_path: Path) -> None:
    station, boards = of_two(tmp_path)

    def retried() -> Tuple[int, int]:
        return boards["a"].retried, boards["b"].retried

    await station.ask_again("bmc-users", "a")
    assert retried() == (1, 0)
    await station.ask_again("servers", row="a")
    assert retried() == (2, 0)
    # Its page shows what its own baseboard says: that is read with it.
    assert set(boards["a"].asked) >= {"users", "power", "health"}
    await station.ask_again("servers")
    assert retried() == (3, 1)
    await station.ask_again("power")
    assert retried() == (4, 2)
    for other in ("alarms", "hosts", "machines"):
        await station.ask_again(other, row="a")
    assert retried() == (4, 2)
    await station.close()


async def test_an_act_by_the_command_line_asks_the_server_that_is_named_and_waits_for_no_other(
    tmp_path: Path,
) -> None:
    station, boards = of_two(tmp_path)
    action = SERVER_KIND.action("power-on")
    assert action is not None
    await _preview(station, SERVER_KIND, action, Nothing(), ("a",))
    assert "power" in boards["a"].asked
    assert boards["b"].asked == []
    await station.close()


async def test_an_act_on_all_that_show_a_text_is_on_those_and_a_step_graver(tmp_path: Path) -> None:
    station, _boards = of_two(tmp_path)
    action = SERVER_KIND.action("bmc-reset")
    assert action is not None
    both = await _preview(station, SERVER_KIND, action, Nothing(), (), "127.0.0.1:9")
    assert [row.name for row in both.rows] == ["a", "b"]  # type: ignore[attr-defined]
    assert both.wants == "2 servers"
    with pytest.raises(Missing, match="no server shows 'nothing'"):
        await _preview(station, SERVER_KIND, action, Nothing(), (), "nothing")
    with pytest.raises(Refused, match="not both"):
        await _preview(station, SERVER_KIND, action, Nothing(), ("a",), "127")
    await station.close()


async def test_one_that_another_takes_over_from_is_left(tmp_path: Path) -> None:
    station, boards = of_two(tmp_path)
    kept = station.cloud.baseboards
    values = {"username": "root", "password": "typed"}
    with pytest.raises(StxError):  # nobody answers there
        await kept.send(BmcWrite(server="a", verb="log-in", values=values))
    await station.close()
    assert (boards["a"].left, boards["b"].left) == (1, 0)
