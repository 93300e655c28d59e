"""Who signed a commit of an OSTree, and what this machine's keys say of it."""

from __future__ import annotations

import re
from typing import Any, Dict, Iterable, List

from backend.kind import Body, Column, Command, Kind, Reach
from backend.kinds.machine import MACHINES, OfMachine
from backend.known import Known
from backend.ostree_signed import METADATA_KEY, checked, reading
from backend.plan import OF, PAGE
from backend.tone import WELL, Look, Mark, Tone

_FOUND = re.compile(r"^Found \d+ signatures?:$")
_MADE = re.compile(r"^Signature made (.+) using (.+) key ID (\S+)$")
_SPENT = re.compile(r"\b(expired|revoked)\b")
NONE = "no signature"


def signatures_of_ostree(text: str) -> Iterable[Body]:
    """Parse what ``ostree show`` says below a commit: of each signature who, when, how it is.

    A commit without one is told by a row too: nothing said would be no answer.
    """
    (commit,) = [line.split()[1] for line in text.splitlines() if line.startswith("commit ")]
    lines = iter(text.splitlines())
    is_signed = any(_FOUND.match(line) for line in lines)
    found: List[Dict[str, Any]] = []
    for line in (" ".join(line.split()) for line in (lines if is_signed else ())):
        made = _MADE.match(line)
        if made:
            when, how, key = made.groups()
            # GPG tells the beginning of time for one that is bad: it has no date.
            made_at = "" if when.endswith(" 1970") else when
            found.append({"made": made_at, "key": f"{how} {key}", "says": ""})
        elif line and found:
            found[-1]["says"] = f"{found[-1]['says']} {line}".strip()
    if is_signed and not found:
        raise ValueError("signatures that say nothing of themselves")
    found = found or [{"says": NONE}]
    return [{**one, "commit": commit, "sort": "GPG", "number": at} for at, one in enumerate(found)]


def other_signatures(text: str) -> Iterable[Body]:
    """Parse ``ostree rev-parse``, the signatures that are not of GPG, and what checks them."""
    commit, signatures, said = text.split(PAGE)
    found = checked(commit.strip(), signatures, said.lstrip())
    return [
        {
            "commit": commit.strip(),
            "sort": "ed25519",
            "number": at,
            "key": one.key,
            "says": one.says,
        }
        for at, one in enumerate(found)
    ]


def unchecked_signatures(text: str) -> Iterable[Body]:
    """Parse the same where the commit's object is not in the repository itself."""
    commit, _ = map(str.strip, text.split(PAGE))
    says = "not checked: the commit's own object lies elsewhere"
    return [{"commit": commit, "sort": "ed25519", "says": says}]


_COMMIT = ("ostree", "rev-parse", OF)
_SIGNED = ("ostree", "show", f"--print-detached-metadata-key={METADATA_KEY}", OF)
_UNSIGNED = ("No such metadata key", "No detached metadata")


class Signature(OfMachine):
    """A signature of a commit; ``says`` are OSTree's words of it, or that there is none."""

    sort: str
    commit: str
    number: int = 0
    key: str = ""
    made: str = ""
    says: str


def _look(row: Signature, _known: Known) -> Look:
    said = row.says.lower()
    if said.startswith("good signature") and not _SPENT.search(said):
        return WELL
    if said.startswith("bad signature"):
        words = "it proves nothing: do not trust what is in this commit for it"
        if row.sort == "GPG":
            words = "what is in this commit is not what was signed"
        return Look(tone=Tone.BAD, mark=Mark.BAD, notes=(words,))
    if row.says == NONE:
        words = "nobody signed it by GPG: its name alone says what is in it, not who made it"
        return Look(mark=Mark.OUT, notes=(words,))
    return Look(tone=Tone.WARN, mark=Mark.BAD, notes=("not proved by a key of this machine",))


SIGNATURES: Kind[Signature] = Kind(
    name="ostree-signatures",
    singular="ostree-signature",
    model=Signature,
    read=Command(
        argv=("ostree", "show", OF),
        parse=signatures_of_ostree,
        also=(
            Command(
                argv=_COMMIT,
                then=(_SIGNED, reading(OF)),
                parse=other_signatures,
                absent=_UNSIGNED,
                otherwise=Command(
                    argv=_COMMIT, then=(_SIGNED,), parse=unchecked_signatures, absent=_UNSIGNED
                ),
            ),
        ),
    ),
    parent="ostree-commits",
    reach=Reach.PER_PARENT,
    needs=(MACHINES,),
    id=lambda row: f"{row.machine}/{row.commit}/{row.sort}/{row.number}",
    label=lambda row: row.key or row.says,
    columns=(
        Column(heading="SORT", value=lambda row: row.sort),
        Column(heading="KEY", value=lambda row: row.key or None, most=28),
        Column(heading="MADE", value=lambda row: row.made or None, most=28),
        Column(heading="SAYS", value=lambda row: row.says, most=80),
    ),
    look=_look,
    sort=lambda row, _known: (row.sort, row.number),
    tab="s Signatures",
    aliases=("ostree-verify",),
    is_inventory=False,
    every_s=3600.0,
)
