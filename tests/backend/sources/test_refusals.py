"""Every refusal that the real services gave comes out as their own sentence."""

from __future__ import annotations

import json
import time
from typing import Any, Dict

import pytest

from backend.errors import Forbidden, NotFound, Rejected, Unauthorized
from backend.sources.refusals import LONGEST, refusal, sentence
from tests.backend.sources.clouds import SAMPLES

REFUSALS = json.loads((SAMPLES / "refusals.json").read_text(encoding="utf-8"))
KINDS = {401: Unauthorized, 403: Forbidden, 404: NotFound}


@pytest.mark.parametrize("sample", REFUSALS, ids=lambda sample: str(sample["sample"]))
def test_each_refusal_of_the_real_services_is_a_sentence_and_no_envelope(
    sample: Dict[str, Any],
) -> None:
    error = refusal("s", sample["status"], json.dumps(sample["body"]).encode())
    assert type(error) is KINDS.get(sample["status"], Rejected)
    words = str(error).partition(": ")[2]
    assert words
    assert "error_message" not in words
    assert "faultstring" not in words
    assert not words.startswith("{")
    # Word for word: what stands in the envelope, blanks apart.
    flat = " ".join(json.dumps(sample["body"]).replace("\\n", " ").replace("\\", "").split())
    assert words.replace('\\"', '"') in flat or words.endswith("without a word why")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"error_message": json.dumps({"faultstring": "No. 1", "debuginfo": None})}, "No. 1"),
        ({"error_message": '{"faultstring": "{\\"error_message\\": \\"inmost\\"}"}'}, "inmost"),
        (
            {"error_message": '{"code": 403, "title": "Forbidden", "description": null}'},
            "Forbidden",
        ),
        ({"error_message": '{"code": 404, "title": "T", "description": "D"}'}, "D"),
        ({"error": {"code": 401, "title": "Unauthorized", "message": "M"}}, "M"),
        ({"info": "", "warning": "", "error": "not\nready"}, "not ready"),
        ({"info": "", "warning": "take care", "error": ""}, "take care"),
        ({"faultcode": "Client", "faultstring": "bare", "debuginfo": None}, "bare"),
        ({"error_message": "no JSON at all"}, "no JSON at all"),
        ({"error_message": "{broken"}, "{broken"),
        ({"code": 500}, ""),
        ([], ""),
    ],
)
def test_all_six_error_shapes_are_unwrapped(body: Any, expected: str) -> None:
    assert sentence(json.dumps(body).encode()) == expected


def test_503_in_html_is_told_in_the_words_of_the_page() -> None:
    page = (
        b"<html>\n <head>\n  <title>503 Service Unavailable</title>\n </head>\n <body>\n"
        b"  <h1>503 Service Unavailable</h1>\n  The server is currently unavailable. Please try "
        b"again at a later time.<br /><br />\nKeystone &amp; all\n\n </body>\n</html>"
    )
    error = refusal("sysinv", 503, page)
    assert type(error) is Rejected
    assert error.status == 503
    assert error.reason == (
        "The server is currently unavailable. Please try again at a later time. Keystone & all"
    )
    assert "Keystone" in error.advice


def test_a_page_with_nothing_but_a_heading_still_says_that() -> None:
    assert sentence(b"<html><body><h1>503 Service Unavailable</h1></body></html>") == (
        "503 Service Unavailable"
    )


def test_a_user_s_error_sent_as_500_reads_like_any_refusal() -> None:
    words = "Unable to complete the action delete because Host worker-0 is unlocked."
    inner = json.dumps({"faultcode": "Server", "faultstring": words, "debuginfo": None})
    error = refusal("sysinv", 500, json.dumps({"error_message": inner}).encode())
    assert type(error) is Rejected
    assert error.reason == words


@pytest.mark.parametrize("body", [b"", b"  \n", b"\xff\xfe\x00", b"[" * 70_000, b'"text"'])
def test_an_empty_or_unreadable_refusal_still_says_what_it_is(body: bytes) -> None:
    error = refusal("vim", 403, body)
    assert isinstance(error, Forbidden)
    assert 0 < len(error.reason) <= LONGEST


def test_an_empty_refusal_says_so() -> None:
    assert str(refusal("vim", 403, b"")) == "vim 403: Forbidden, without a word why"
    assert str(refusal("vim", 599, b"")) == "vim 599: HTTP status 599, without a word why"


def test_a_redirect_is_not_followed_and_says_where_it_pointed() -> None:
    error = refusal("keystone", 302, b"", "https://elsewhere.test/v3")
    assert "https://elsewhere.test/v3" in str(error)
    assert "credentials do not follow" in str(error)


def test_what_kubernetes_says_beside_its_message_is_said_too() -> None:
    causes = [{"reason": "DisruptionBudget", "message": "The budget web needs 3 and has 2"}]
    status = {
        "kind": "Status",
        "message": "Cannot evict pod as it would violate the pod's disruption budget.",
        "details": {"causes": causes},
        "code": 429,
    }
    error = refusal("kubernetes", 429, json.dumps(status).encode())
    assert str(error).endswith("disruption budget. The budget web needs 3 and has 2")
    status["message"] = "spec.replicas: The budget web needs 3 and has 2"
    assert sentence(json.dumps(status).encode()) == status["message"]


@pytest.mark.parametrize("part", [b"<style", b"<!--", b"<h1", b"<head ", b"</h1><h1>", b"<!---->"])
def test_a_page_that_begins_a_thousand_things_and_ends_none_holds_nobody_up(part: bytes) -> None:
    began_s = time.process_time()
    sentence(part * (64 * 1024 // len(part)))
    assert time.process_time() - began_s < 2
