"""``stx-tui doctor``: what is configured, what answers, and what is wrong; each with a way out."""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import sys
from typing import List, Tuple

from backend.clean import clean
from backend.errors import Missing, Refused, StoreError, StxError, Untrusted
from backend.folders import record_file, store_url
from backend.lookout import Lookout
from backend.place import Place, find_place
from backend.settings import CloudSettings
from backend.store.glance import glance
from backend.units import span, stopwatch, system_ms
from stx_tui.commands.desk import cloud_settings, with_password
from stx_tui.terminal import detect

# Kinds whose answers tell whether a service works; the first tells the system's name.
ASKED = ("system", "hosts", "alarms")
OK, WRONG = "ok", "!"
SOMETHING_WRONG = 12

Finding = Tuple[str, str, str]  # mark, what, words


def run(arguments: argparse.Namespace) -> int:
    """Print one line a finding; exit 0 when nothing is wrong, else 12."""
    findings = [_machine(), _place(find_place()), _terminal()]
    settings = cloud_settings(arguments)
    findings.append((OK, "cloud", f"{settings.name}, from {settings.source or 'the environment'}"))
    findings.append(_record(arguments, settings))
    _print(findings)
    findings += asyncio.run(_cloud(arguments, with_password(settings)))
    return SOMETHING_WRONG if any(mark == WRONG for mark, _, _ in findings) else 0


def _print(findings: List[Finding]) -> None:
    for mark, what, words in findings:
        print(f" {mark:<2} {what:<12} {clean(words)}", flush=True)


def _machine() -> Finding:
    version = ".".join(str(part) for part in sys.version_info[:3])
    return (OK, "machine", f"{platform.system()} {platform.release()}, Python {version}")


def _place(place: Place) -> Finding:
    if not place.is_starlingx:
        return (OK, "place", f"{place.hostname}, no StarlingX machine; {place.terminal}")
    role = " ".join(filter(None, (place.platform.get("nodetype"), place.release)))
    return (OK, "place", f"{place.hostname}, StarlingX {role}; {place.terminal}")


def _terminal() -> Finding:
    if not sys.stdout.isatty():
        return (OK, "terminal", "stdout is no terminal: the console would speak in lines")
    profile = detect(os.environ, sys.stdout.fileno())
    speed = f", {profile.bps} bd" if profile.bps else ""
    return (OK, "terminal", f"{profile.term}, {profile.colours} colours, {profile.glyphs}{speed}")


def _record(arguments: argparse.Namespace, settings: CloudSettings) -> Finding:
    url = store_url(settings, arguments.store or "")
    path = record_file(url)
    if path is None:
        return (OK, "record", "a shared database; the console says when it can't be written")
    if not path.exists():
        return (OK, "record", f"{path}, nothing in it yet")
    try:
        seen = glance(path, settings.name, ASKED)
    except StoreError as error:
        return (WRONG, "record", str(error))
    size = path.stat().st_size / 1e6
    ages = [system_ms() - one.at_ms for one in seen.seen if one.at_ms]
    last = f"last read {span(min(ages))} ago" if ages else "nothing of this cloud"
    if not os.access(path, os.W_OK):
        return (WRONG, "record", f"{path} can't be written: acts would not be recorded")
    return (OK, "record", f"{path}, {size:.1f} MB, {last}")


async def _cloud(arguments: argparse.Namespace, settings: CloudSettings) -> List[Finding]:
    lookout = Lookout(settings, place=find_place(), now_ms=system_ms)
    try:
        if arguments.forget_pin:
            return _printed([_forget(lookout, arguments.forget_pin)])
        if settings.auth is None:
            # Absent, not broken: a machine alone, baseboards alone, a cluster alone.
            words = "none is set up: no service of StarlingX is asked"
            return _printed([(OK, "keystone", words)])
        findings = _printed([await _login(lookout, arguments.accept_pin or "")])
        if findings[0][0] == OK:
            for name in ASKED:
                findings += _printed([await _ask(lookout, name)])
            findings += _printed([_clock(lookout)])
        return findings
    finally:
        await lookout.close()


def _printed(findings: List[Finding]) -> List[Finding]:
    _print(findings)
    return findings


def _forget(lookout: Lookout, endpoint: str) -> Finding:
    if not lookout.pins.forget(endpoint):
        raise Missing(f"no certificate of {endpoint!r} is pinned")
    return (OK, "certificate", f"that of {endpoint} is forgotten, and will be shown again")


async def _login(lookout: Lookout, accepted: str) -> Finding:
    """Log in; pin a certificate that is new and has the fingerprint that was accepted."""
    try:
        roles = await lookout.cloud.roles()
    except Untrusted as error:
        if not accepted:
            return (
                WRONG,
                "certificate",
                f"{error}; {error.advice}: --accept-pin {error.fingerprint}",
            )
        if error.pinned or _plain(accepted) != _plain(error.fingerprint):
            raise Refused("the certificate shown is not the one accepted", str(error)) from error
        lookout.accept(error)
        roles = await lookout.cloud.roles()
    except StxError as error:
        return (WRONG, "keystone", f"{error}; {error.advice}".rstrip("; "))
    return (OK, "keystone", f"logged in, with roles {', '.join(sorted(roles)) or 'none'}")


def _plain(fingerprint: str) -> str:
    return fingerprint.replace(":", "").casefold()


async def _ask(lookout: Lookout, name: str) -> Finding:
    began_ms = system_ms()
    reading = await lookout.watch.read_now(name)
    if reading.error is not None:
        return (WRONG, name, str(reading.error))
    if reading.malformed:
        return (WRONG, name, f"{len(reading.malformed)} can't be read: {reading.malformed[0]}")
    return (OK, name, f"{len(reading.rows)} in {system_ms() - began_ms} ms")


def _clock(lookout: Lookout) -> Finding:
    off_ms = lookout.cloud.clock_off_ms
    if not off_ms:
        return (OK, "clock", "agrees with the cloud's")
    way = "behind" if off_ms > 0 else "ahead of"
    words = f"this machine is {stopwatch(abs(off_ms))} {way} the cloud; ages go by the cloud's"
    return (WRONG, "clock", words)
