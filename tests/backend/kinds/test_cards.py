from __future__ import annotations

import re

import pytest

from backend.kinds.cards import AFFECTS, Card, card_of, cards, filled
from tests.backend.kinds.fm import bodies

# The types that make up nearly all alarms of real sites.
# fmt: off
DOMINATING = (
    "100.101", "100.103", "100.104", "100.106", "100.107", "100.108", "100.109", "100.110",
    "100.111", "100.114", "100.119",
    "200.001", "200.004", "200.005", "200.006", "200.007", "200.009", "200.010", "200.011",
    "250.001",
    "260.001",
    "280.001", "280.002",
    "400.001", "400.002", "400.003", "400.005",
    "500.200", "500.210",
    "750.002", "750.004", "750.006",
    "800.001", "800.010", "800.011",
    "850.002",
    "900.020", "900.021", "900.022", "900.023", "900.024",
)
# fmt: on

RANKS = {severity: rank for rank, severity in enumerate(AFFECTS)}

ALL = sorted(cards().values(), key=lambda card: card.alarm_id)


@pytest.mark.parametrize("alarm_id", DOMINATING)
def test_every_dominating_alarm_has_a_card(alarm_id: str) -> None:
    assert card_of(alarm_id) is not None


@pytest.mark.parametrize("card", ALL, ids=lambda card: card.alarm_id)
def test_a_card_says_all_it_has_to_and_fits(card: Card) -> None:
    assert re.fullmatch(r"\d{3}\.\d{3}", card.alarm_id)
    assert card.affects in AFFECTS
    # The column takes 25, a percentage 4 of them.
    assert 3 < len(card.short) <= 19
    for sentence in (card.cause, card.do, card.verify):
        assert 10 < len(sentence) <= 190
        assert sentence.isascii()
        assert not sentence.endswith(".")
        whole = filled(sentence, "worker-0", "/var/log")
        assert "{" not in whole
        assert "}" not in whole


@pytest.mark.parametrize("card", ALL, ids=lambda card: card.alarm_id)
def test_a_card_never_sends_one_to_the_next_level_of_support(card: Card) -> None:
    assert "support" not in f"{card.cause} {card.do} {card.verify}".lower()


def test_no_type_has_two_cards() -> None:
    from backend.kinds.cards_hosts import HOST_CARDS
    from backend.kinds.cards_site import SITE_CARDS

    assert len(cards()) == len(HOST_CARDS) + len(SITE_CARDS)


def test_our_words_are_not_the_vendors() -> None:
    theirs = [
        set(str(body["proposed_repair_action"]).lower().split())
        for body in bodies("fm_alarms.json", "alarms")
    ]
    for body, words in zip(bodies("fm_alarms.json", "alarms"), theirs):
        card = card_of(body["alarm_id"])
        assert card is not None
        ours = set(card.do.lower().split())
        assert len(ours & words) < max(4, len(ours) * 0.5), body["alarm_id"]


@pytest.mark.parametrize("body", bodies("fm_alarms.json", "alarms"), ids=lambda b: b["alarm_id"])
def test_what_a_card_says_of_management_agrees_with_what_the_service_says(body: dict) -> None:  # type: ignore[type-arg]
    card = card_of(body["alarm_id"])
    assert card is not None
    affects = RANKS[body["severity"]] <= RANKS[card.affects] < RANKS["none"]
    assert str(affects) == body["mgmt_affecting"]


def test_an_unknown_type_has_no_card() -> None:
    assert card_of("999.999") is None
    assert card_of(None) is None
    assert card_of("") is None


def test_a_sentence_without_host_or_part_still_reads() -> None:
    assert filled("look at {it} on {host}", "", "") == "look at it on the host"
