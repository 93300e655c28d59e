"""An action as it stands for some rows now: what it asks first, what it would do, or why not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Optional, Sequence, Tuple

from pydantic import ValidationError

from backend.errors import Refused
from backend.kind import Action, Kind
from backend.known import Known
from backend.preview import Preview, preview


@dataclass(frozen=True)
class Offer:
    """One action for the rows of these ids (none: for the kind itself).

    ``asks`` are what must or may be filled in first. ``preview`` is None where nobody can say what
    it does before it was asked, or where a row is gone: then ``gone`` says so.
    """

    action: Action[Any]
    row_ids: Tuple[str, ...] = ()
    asks: Tuple[str, ...] = ()
    preview: Optional[Preview] = None
    gone: str = ""

    @property
    def why_not(self) -> Tuple[str, ...]:
        """What refuses it whatever is answered, a sentence each."""
        if self.preview is None:
            return (self.gone,) if self.gone else ()
        return tuple(one.words or one.check for one in self.preview.blocked if not one.of_form)


def offer(
    known: Known,
    kind: Kind[Any],
    action: Action[Any],
    row_ids: Sequence[str],
    target: Optional[Kind[Any]] = None,
) -> Offer:
    """Return how an action stands, pure; ``target`` is the kind of the rows, where not its own."""
    made = Offer(action=action, row_ids=tuple(row_ids), asks=_asks(action))
    try:
        form = action.form()
    except ValidationError:
        return made  # it has to be asked first
    try:
        found = preview(known, kind, action, row_ids, form, target)
    except Refused as error:
        return Offer(action=action, row_ids=made.row_ids, asks=made.asks, gone=str(error))
    return Offer(action=action, row_ids=made.row_ids, asks=made.asks, preview=found)


def _asks(action: Action[Any]) -> Tuple[str, ...]:
    """Return what an action asks first: its fields, or the text that is edited."""
    if action.is_edit:
        return ("for a file",) if action.on_kind else ("for its text, edited",)
    return tuple(action.form.model_fields)
