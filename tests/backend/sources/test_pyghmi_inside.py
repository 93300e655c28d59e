"""What of pyghmi's inside the wire leans on: another release that lacks it is told of here.

What of its sessions is used is read out of our own source, so that nothing is missed.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from typing import Any, Iterator, Set

import pytest
from pyghmi.ipmi import command, console, events, sdr
from pyghmi.ipmi.oem import generic
from pyghmi.ipmi.private import session, util

from backend.sources import (
    ipmi_calls,
    ipmi_log,
    ipmi_sensors,
    ipmi_sol,
    ipmi_waits,
    ipmi_wire,
)
from backend.sources.ipmi_wire import Driven
from tests.backend.sources.test_ipmi_bad_days import on, plugged

# As pyghmi itself calls them, and they are replaced.
REPLACED = {
    (session.Session, Driven): (
        *("__init__", "_assignsocket", "_req_priv_level", "_cmdwait", "awaitresponse"),
        "_timedout",
    ),
    (session.Session, ipmi_waits.Prompt): ("awaitresponse",),
}


def attributes(source: Any, of: str) -> Set[str]:
    """Return the names that stand behind ``of`` and a dot in a source."""
    return {
        node.attr
        for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(source))))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == of
    }


async def test_a_session_has_all_that_we_use_of_it() -> None:
    async with plugged(on) as (board, _):
        assert (await board.ask("power"))[0]["power"] == "on"
        mine: Any = board._session
        assert isinstance(mine, Driven)
        missing = {name for name in attributes(Driven, "self") if not hasattr(mine, name)}
    assert missing == set()


@pytest.mark.parametrize("module", [ipmi_wire, ipmi_waits])
def test_its_module_and_its_class_have_all_that_we_use_of_them(module: Any) -> None:
    for of, place in (("pyghmi_session", session), ("Session", session.Session)):
        missing = {name for name in attributes(module, of) if not hasattr(place, name)}
        assert missing == set()


def replaced() -> Iterator[Any]:
    for (theirs, ours), names in REPLACED.items():
        for name in names:
            yield pytest.param(theirs, ours, name, id=f"{ours.__name__}.{name}")


@pytest.mark.parametrize(("theirs", "ours", "name"), list(replaced()))
def test_what_is_replaced_is_there_and_is_called_as_we_take_it(
    theirs: Any, ours: Any, name: str
) -> None:
    given = list(inspect.signature(getattr(theirs, name)).parameters.values())
    taken = inspect.signature(getattr(ours, name)).parameters.values()
    takes_all = any(one.kind is one.VAR_KEYWORD for one in taken)
    # What they may leave out, ours may too; what ours names, they give.
    assert takes_all or len(taken) == len(given)


def test_what_is_called_beside_sessions_is_there() -> None:
    assert callable(util._monotonic_time)
    assert hasattr(sdr, "shared_sdrs")
    for name in ("_got_payload_instance_info", "wait_for_rsp", "send_data", "close"):
        assert callable(getattr(console.Console, name))
    assert callable(events._fix_sel_time)
    assert callable(events.EventHandler._sel_decode)
    for name in ("_get_device_id", "init_sdr", "get_network_channel"):
        assert callable(getattr(command.Command, name))
    for name in ("process_fru", "get_oem_inventory"):
        assert callable(getattr(generic.OEMHandler, name))


@pytest.mark.parametrize("module", [ipmi_calls, ipmi_log, ipmi_sensors, ipmi_sol])
def test_every_word_to_a_command_or_a_console_is_one_that_it_knows(module: Any) -> None:
    for of, place in (("command", command.Command), ("console", console.Console)):
        # Set when one is made, and by oem_init.
        own = {"ipmi_session", "broken", "connected", "_oem"}
        missing = {name for name in attributes(module, of) - own if not hasattr(place, name)}
        assert missing == set()
