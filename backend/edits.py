"""The form of an edit, and what a rehearsal says would come of it."""

from __future__ import annotations

import json
from typing import Any, List, Optional

from backend.errors import Refused
from backend.forms import filled
from backend.kind import Action, Body, Form
from backend.whole import difference, edit_of, readable


def form_of(action: Action[Any], base: Body, edited: Body) -> Optional[Form]:
    """Return the form of an edit, None where nothing is changed; raises ``Refused``."""
    change = edit_of(base, edited)
    if change is None:
        return None
    patch, before = (json.dumps(one, default=str) for one in change)
    form = filled(action.form, {"patch": patch, "before": before})
    if not isinstance(form, Form):
        raise Refused("; ".join(form.values()))
    return form


def _without_noise(body: Body) -> Body:
    """Return an object without what changes at every write."""
    kept = {key: value for key, value in body.items() if key != "status"}
    metadata = dict(kept.get("metadata") or {})
    for name in ("resourceVersion", "generation"):
        metadata.pop(name, None)
    return {**kept, "metadata": metadata}


def would_change(base: Body, would: Body) -> List[str]:
    """Return what would differ between what is and what a rehearsal answered, as lines."""
    return difference(_without_noise(base), _without_noise(readable(would)))
