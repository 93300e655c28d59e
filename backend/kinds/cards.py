"""What an alarm means and what to do about it, in our words: cause, do, verify, by alarm id."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Mapping, Optional

# From which severity on an alarm of the type refuses management actions; "none": it never does.
AFFECTS = ("critical", "major", "minor", "warning", "none")


@dataclass(frozen=True)
class Card:
    """One type of alarm. ``short`` fits a column; ``live`` names what can be checked from here.

    ``affects`` is the severity from which it refuses strategies and upgrades (see ``AFFECTS``).
    ``{host}`` and ``{it}`` in the sentences stand for the host and the innermost part of the path.
    """

    alarm_id: str
    short: str
    cause: str
    do: str
    verify: str
    affects: str
    live: str = ""


def card_of(alarm_id: Optional[str]) -> Optional[Card]:
    """Return our card of that type, None where the vendor's text stands alone."""
    return cards().get(alarm_id or "")


@lru_cache(maxsize=1)
def cards() -> Mapping[str, Card]:
    """Return all cards by alarm id."""
    from backend.kinds.cards_hosts import HOST_CARDS
    from backend.kinds.cards_site import SITE_CARDS

    return {card.alarm_id: card for card in (*HOST_CARDS, *SITE_CARDS)}


def filled(sentence: str, host: str, it: str) -> str:
    """Return a card's sentence with its places filled."""
    return sentence.replace("{host}", host or "the host").replace("{it}", it or "it")
