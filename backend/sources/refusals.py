"""What a service says when it says no: six envelopes, HTML, or nothing at all, as one sentence."""

from __future__ import annotations

import html
import json
import re
from http import HTTPStatus
from typing import Any, Dict, Mapping

from backend.errors import Forbidden, NotFound, Rejected, StxError, Unauthorized

LONGEST = 600
"""Characters of a sentence that are kept; a service may send a page."""

# Where the sentence may be, the inmost envelope's name first as it is met: sysinv and fm wrap JSON
# in error_message (faultstring, or title and description), Keystone's style is error.message, and
# USM's is error beside info and warning.
_PLACES = (
    *("error_message", "faultstring", "description", "message", "error", "warning"),
    *("info", "detail", "title"),
)
_DEEPEST = 6
_FAILS = re.compile(r"^(.*?):\s*\[Fail\]", re.MULTILINE)
_TAG = re.compile(r"<[^<>]*>")
# What of a page is said to no person, up to where it ends.
_ASIDE = re.compile(r"<(head|script|style|h1)\b|<!--", re.IGNORECASE)


def refusal(service: str, status: int, body: bytes, location: str = "") -> StxError:
    """Return the error of an answer that is no success, in the service's own words."""
    words = sentence(body) or _bare(status)
    if status in {301, 302, 303, 307, 308}:
        words = f"sends us elsewhere ({location[:200] or 'nowhere'}); credentials do not follow"
    if status == 401:
        return Unauthorized(service, words)
    if status == 403:
        return Forbidden(service, status, words, "the roles of this user do not reach")
    if status == 404:
        return NotFound(service, status, words)
    advice = (
        "it is up, but cannot serve now: often it cannot reach Keystone" if status == 503 else ""
    )
    return Rejected(service, status, words, advice)


def sentence(body: bytes) -> str:
    """Return what ``body`` says to a person, "" where it says nothing."""
    text = body[: 64 * 1024].decode("utf-8", "replace").strip()
    if text[:1] in {"{", "[", '"'}:
        try:
            said = _said(json.loads(text), 0)
        except (ValueError, RecursionError):
            said = text
    elif text.startswith("<"):
        inner = _TAG.sub(" ", _said_to_people(text))
        said = html.unescape(inner if inner.strip() else _TAG.sub(" ", text))
    else:
        said = text
    return " ".join(said.split())[:LONGEST]


def _said_to_people(page: str) -> str:
    """Return a page without its head, scripts, styles, first heading and comments.

    In one go: what begins a thousand times and ends nowhere is looked for once.
    """
    kept, at, endless = [], 0, set()
    for begin in _ASIDE.finditer(page):
        end = f"</{begin[1].lower()}>" if begin[1] else "-->"
        if begin.start() < at or end in endless:
            continue
        found = re.compile(re.escape(end), re.IGNORECASE).search(page, begin.end())
        if found is None:
            endless.add(end)
            continue
        kept.append(page[at : begin.start()])
        at = found.end()
    return " ".join((*kept, page[at:]))


def _said(value: Any, depth: int) -> str:
    """Return the sentence inside envelopes of envelopes; JSON in a text is one more envelope."""
    if depth > _DEEPEST:
        return ""
    if isinstance(value, str):
        if value.lstrip().startswith("{"):
            try:
                return _said(json.loads(value), depth + 1) or value
            except (ValueError, RecursionError):
                return value
        return value.strip()
    if isinstance(value, dict):
        for place in _PLACES:
            found = _said(value.get(place), depth + 1)
            if found:
                return f"{_with_report(found, value)}{_causes(value, found)}"
    return ""


def _with_report(words: str, said: Mapping[str, Any]) -> str:
    """Return the words with what fails of the report beside them, where USM sends one."""
    report = said.get("info")
    fails = _FAILS.findall(report) if isinstance(report, str) and report != words else []
    return f"{words}: {'; '.join(fails)}" if fails else words


def _causes(status: Dict[str, Any], said: str) -> str:
    """Return what Kubernetes says beside its message: which budget holds a pod, say."""
    if status.get("kind") != "Status" or not isinstance(status.get("details"), dict):
        return ""
    causes = status["details"].get("causes") or ()
    words = [str(one.get("message") or "") for one in causes if isinstance(one, dict)]
    return "".join(f" {word}" for word in words if word and word not in said)


def _bare(status: int) -> str:
    try:
        return f"{HTTPStatus(status).phrase}, without a word why"
    except ValueError:
        return f"HTTP status {status}, without a word why"
