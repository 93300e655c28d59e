"""Guards that cost nothing and save a site: what could take this console away, or write over it."""

from __future__ import annotations

from typing import Iterable, List, Optional

from backend.kind import Body, Column, Derived, Kind, Row
from backend.kinds.machine_printk import KERNEL_CONSOLE, LOUDER, QUIETER
from backend.known import Known
from backend.tone import WELL, Look, Mark, Tone, Verdict

# The service parameter that ends an idle session, by what it sets on the machine.
_TMOUT = "platform::customsh::params::tmout"


def guards_of(known: Known) -> Iterable[Body]:
    """Return what could take the console away, each as good as it is known."""
    return [_standing(known), _tmout(known), _parameter(known), _carrier(known), _kernel(known)]


def _standing(known: Known) -> Body:
    place = known.place
    lost = "DO NOT LOG OUT: a lost console here means a re-install"
    return _guard(
        "first unlock", lost if place.is_to_stay else place.phase.value, is_bad=place.is_to_stay
    )


def _tmout(known: Known) -> Body:
    seconds = known.place.tmout_s
    if not seconds:
        return _guard("shell timeout", "TMOUT is not set here: an idle shell stays", is_bad=False)
    says = f"TMOUT={seconds} ends an idle shell, and none under this console"
    do = "leave this console open; a shell of your own: exec env TMOUT=0 bash"
    return _guard("shell timeout", says, is_bad=known.place.is_to_stay, do=do)


def _parameter(known: Known) -> Body:
    rows = [row for row in known.rows("service-parameters") if row.resource == _TMOUT]
    if not rows:
        is_read = known.has("service-parameters")
        says = "not set: the platform's own 900 s hold" if is_read else "sysinv was not asked"
        return _guard("session timeout", says, is_bad=None if not is_read else False)
    return _guard("session timeout", f"{rows[0].value} s, from the next login on", is_bad=False)


def _carrier(known: Known) -> Body:
    place = known.place
    here = [row for row in known.rows("hosts") if place.is_on(row.hostname or "", row.uuid)]
    if not here:
        return _guard("serial carrier", "sysinv was not asked of this host", is_bad=None)
    is_on = here[0].body.get("ttys_dcd") in (True, "True", "true")
    if not is_on:
        return _guard("serial carrier", "ttys_dcd is off: a pulled cable logs nobody out")
    says = "ttys_dcd is on: a pulled serial cable logs this console out"
    do = f"system host-update {place.hostname} ttys_dcd=False"
    return _guard("serial carrier", says, is_bad=not place.by_ssh, do=do)


def _kernel(known: Known) -> Body:
    rows = known.rows(KERNEL_CONSOLE)
    if not rows:
        return _guard("kernel messages", "the kernel was not asked", is_bad=None)
    level = rows[0].level
    if rows[0].is_quiet:
        return _guard("kernel messages", "turned down: none falls over this screen", level=level)
    on_serial = known.place.terminal.startswith(("ttyS", "console", "tty1"))
    says = f"those more urgent than level {level} fall over a console's screen"
    do = "K turns them down; they stay in dmesg. U puts them back"
    return _guard("kernel messages", says, is_bad=on_serial, do=do, level=level)


def _guard(
    name: str, says: str, *, is_bad: Optional[bool] = False, do: str = "", level: int = 0
) -> Body:
    return {"name": name, "says": says, "is_bad": is_bad, "advice": do, "level": level}


class Guard(Row):
    """One thing that could take this console away: ``is_bad`` is None where nobody could tell."""

    name: str
    says: str
    is_bad: Optional[bool] = None
    advice: str = ""
    level: int = 0


def _guard_look(row: Guard, _known: Known) -> Look:
    if row.is_bad is None:
        return Look(mark=Mark.UNKNOWN)
    if row.is_bad:
        return Look(tone=Tone.WARN, mark=Mark.BAD, notes=(row.advice,) if row.advice else ())
    return WELL


def _verdict(known: Known) -> Verdict:
    rows: List[Guard] = [row for row in known.rows("guards") if row.is_bad]
    if not rows:
        unknown = [row.name for row in known.rows("guards") if row.is_bad is None]
        more = f"not known: {', '.join(unknown)}" if unknown else ""
        if not known.has("guards"):
            return Verdict(word="READING", text="they were not looked at yet.", tone=Tone.PLAIN)
        text = "nothing known takes this console away"
        if unknown:
            return Verdict(word="CAN'T TELL", text=text, more=more, tone=Tone.PLAIN)
        return Verdict(word="WELL", text=text)
    text, tone = f"{rows[0].name}: {rows[0].says}", Tone.WARN
    return Verdict(word="WARN", text=text, more=rows[0].advice, tone=tone)


GUARDS: Kind[Guard] = Kind(
    name="guards",
    singular="guard",
    model=Guard,
    read=Derived(rows=guards_of, alone=True),
    needs=("hosts", "service-parameters", KERNEL_CONSOLE),
    id=lambda row: row.name,
    columns=(
        Column(heading="GUARD", value=lambda row: row.name),
        Column(heading="SAYS", value=lambda row: row.says, most=100),
    ),
    look=_guard_look,
    verdict=_verdict,
    actions=(QUIETER, LOUDER),
    is_inventory=False,
    every_s=30.0,
)
