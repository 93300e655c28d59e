"""Firmware over Redfish: fetched by the baseboard from a URL, or pushed to it from here.

A file is pushed as a form where it takes one (``MultipartHttpPushUri``), else as it is
(``HttpPushUri``; DSP0266, 13.7). What the baseboard then works on is one of its tasks.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List, Mapping, Optional
from urllib.parse import urlsplit

from backend.errors import NotConfigured
from backend.sources.redfish_facets import Facets
from backend.sources.redfish_resource import Resource, inside, linked
from backend.sources.redfish_tree import Tree
from backend.sources.redfish_words import target, text
from backend.sources.upload import FileForm, Part, RawFile, Told
from backend.sources.wire import Answer

SIMPLE = "#UpdateService.SimpleUpdate"
# How much longer than usual a baseboard may take over an image it got: it looks it through first.
PATIENCE_S = 300.0


async def update(
    tree: Tree,
    facets: Facets,
    values: Mapping[str, str],
    file: str,
    told: Optional[Told],
) -> str:
    """Have firmware written; return the path of the task that it is, "" where it tells of none."""
    await tree.enter()
    at = linked(tree.root, "UpdateService")
    if not at:
        raise facets.without("update service")
    service = await tree.get(at)
    if service.get("ServiceEnabled") is False:
        raise NotConfigured(f"{tree.service}: its update service is switched off")
    targets = [values["target"]] if values.get("target") else []
    if file:
        answer = await _push(tree, service, file, targets, told)
    else:
        answer = await _fetched(tree, service, values["image"], targets)
    return _task(answer)


async def _fetched(tree: Tree, service: Resource, url: str, targets: List[str]) -> Answer:
    at = target(service, SIMPLE)
    if not at:
        offered = ", ".join(sorted(inside(service, "Actions") or ())) or "nothing"
        words = f"{tree.service}: it fetches no firmware by itself"
        raise NotConfigured(words, f"it offers: {offered}; a file from here may do")
    body: Dict[str, Any] = {"ImageURI": url, "TransferProtocol": url.partition(":")[0].upper()}
    if targets:
        body["Targets"] = targets
    return await tree.post(at, body)


async def _push(
    tree: Tree, service: Resource, file: str, targets: List[str], told: Optional[Told]
) -> Answer:
    form, whole = text(service.get("MultipartHttpPushUri")), text(service.get("HttpPushUri"))
    if form:
        said = json.dumps({"Targets": targets} if targets else {})
        part = Part(path=file, field="UpdateFile", name=Path(file).name.replace('"', "%22"))
        types = {"UpdateParameters": "application/json", "UpdateFile": "application/octet-stream"}
        content = FileForm([part], {"UpdateParameters": said}, told, PATIENCE_S, types=types)
        return await tree.post(form, {}, upload=content)
    if whole:
        if targets:
            await _aim(tree, service, targets)
        return await tree.post(whole, {}, upload=RawFile(file, told, PATIENCE_S))
    words = f"{tree.service}: it takes no file"
    raise NotConfigured(words, "give a URL that it fetches by itself")


async def _aim(tree: Tree, service: Resource, targets: List[str]) -> None:
    """Say what a file that is pushed as it is is for: there is no other place for it."""
    if "HttpPushUriTargets" not in service:
        raise NotConfigured(f"{tree.service}: it does not ask what a file is for", "leave target")
    await tree.patch(text(service.get("@odata.id")), {"HttpPushUriTargets": targets})


def _task(answer: Answer) -> str:
    """Return the path of the task that an answer tells of: in its body, else in its Location."""
    try:
        body = json.loads(answer.body)
    except (ValueError, RecursionError):
        body = {}
    is_task = isinstance(body, dict) and "Task" in str(body.get("@odata.type"))
    told = (linked(body) if is_task else "") or answer.headers.get("location", "")
    # It may stand there with the host before it.
    return urlsplit(told).path
