"""What a deed keeps of the form it was given, and of its row as it was before."""

from __future__ import annotations

import json
from typing import Any, Dict, Optional, Tuple

from backend.kind import Form, Kind, Row
from backend.mask import MASK
from backend.preview import Preview, secret_fields


def answers(form: Form) -> Dict[str, str]:
    """Return a form's values as the record keeps them: secrets masked."""
    secret = secret_fields(type(form))
    values = {name: getattr(form, name) for name in type(form).model_fields}
    return {
        name: MASK if name in secret else str(value)
        for name, value in values.items()
        if value is not None
    }


def held(preview: Preview, row: Optional[Row]) -> Tuple[str, ...]:
    """Return the rungs that are true already: a host that is online reboots and is online again."""
    ladder, known = preview.action.ladder, preview.known
    rungs = ladder(row, known) if ladder is not None and row is not None else ()
    return tuple(rung.name for rung in rungs if rung.reached(row, known))


def before(kind: Kind[Any], row: Optional[Row]) -> Dict[str, str]:
    """Return a row's fields as they were, nested ones as JSON, to tell later what came of it."""
    if row is None:
        return {}
    return {
        key: json.dumps(value) if isinstance(value, (dict, list)) else str(value)
        for key, value in row.body.items()
        if value is not None and key not in kind.secret and key not in kind.noise
    }
