"""The machine one stands on, and its neighbours: what is left when no service answers."""

from __future__ import annotations

from backend.area import Contents
from backend.kinds.log_list import LOGS
from backend.kinds.machine_bundles import BUNDLES_OF_MACHINE
from backend.kinds.machine_disks import DISKS_OF_MACHINE
from backend.kinds.machine_drbd import DRBD
from backend.kinds.machine_guards import GUARDS
from backend.kinds.machine_list import MACHINE_LIST, is_looked_at, troubles, unread
from backend.kinds.machine_network import NETWORK_OF_MACHINE
from backend.kinds.machine_ostree import OSTREE_OF_MACHINE
from backend.kinds.machine_peers import PEERS_OF_MACHINE
from backend.kinds.machine_place import standing, where
from backend.kinds.machine_printk import CONSOLE
from backend.kinds.machine_runs import RUNS_OF_MACHINE
from backend.kinds.machine_services import SERVICES_OF_MACHINE
from backend.kinds.machine_software import SOFTWARE_OF_MACHINE
from backend.kinds.machine_storage import STORES_OF_MACHINE
from backend.kinds.machine_tells import TOLD_OF_MACHINE
from backend.kinds.machine_vitals import VITALS
from backend.known import Known
from backend.tone import Tone, Verdict


def headline(known: Known) -> Verdict:
    """Say where one is; then the first thing that is wrong, here before elsewhere."""
    place = standing(known.place)
    if place.tone is not Tone.GOOD:
        return place
    machines = sorted(known.rows("machines"), key=lambda row: not row.is_here)
    for row in machines:
        found = troubles(row, known)
        if found:
            others = sum(1 for one in machines if one is not row and troubles(one, known))
            more = f"{others} more machines are not well; " if others else ""
            text = found[0] if len(machines) == 1 else f"{row.name}: {found[0]}"
            return Verdict(
                word="WARN", text=text, more=f"{more}{where(known.place)}", tone=Tone.WARN
            )
    for row in machines:
        untold = unread(row, known)
        if untold:
            text = untold[0] if len(machines) == 1 else f"{row.name}: {untold[0]}"
            return Verdict(word="CAN'T TELL", text=text, more=where(known.place), tone=Tone.WARN)
    if not any(is_looked_at(row, known) for row in machines):
        return Verdict(word="READING", text=place.text, tone=Tone.PLAIN)
    many = f"{len(machines)} machines; " if len(machines) > 1 else ""
    return Verdict(word=place.word, text=f"{many}{place.text}")


GROUND = Contents(
    kinds=(
        MACHINE_LIST,
        VITALS,
        *SERVICES_OF_MACHINE,
        DRBD,
        *STORES_OF_MACHINE,
        *DISKS_OF_MACHINE,
        *NETWORK_OF_MACHINE,
        *PEERS_OF_MACHINE,
        *SOFTWARE_OF_MACHINE,
        *OSTREE_OF_MACHINE,
        *TOLD_OF_MACHINE,
        LOGS,
        *RUNS_OF_MACHINE,
        *BUNDLES_OF_MACHINE,
        GUARDS,
        CONSOLE,
    ),
    headline=headline,
)
