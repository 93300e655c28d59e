"""The form of an edit, and what a rehearsal says would come of it."""

from __future__ import annotations

import json
from typing import Any, List, Optional

from backend.errors import Refused
from backend.forms import filled
from backend.kind import Action, Body, Form
from backend.known import Known
from backend.whole import difference, edit_of, readable


class TextForm(Form):
    """A form that is filled by a text somebody edits, not field by field; both ends are pure."""

    @classmethod
    def begins(cls, _row: Any, _known: Known) -> str:
        """Return the text to begin with."""
        return ""

    @classmethod
    def of(cls, _row: Any, _known: Known, _text: str) -> TextForm:
        """Return the form of an edited text; raises ``Refused`` where it is none."""
        return cls()

    def lines(self, _row: Any, _known: Known) -> List[str]:
        """Return what it changes, as lines with ``-`` and ``+``."""
        return []


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
