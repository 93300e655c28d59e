"""What an action asks before it can be shown: a form, derived from what the action declares."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Tuple

from textual import on
from textual.app import ComposeResult
from textual.containers import Container
from textual.widget import Widget

from backend.called import called
from backend.draw import figure_lines
from backend.errors import Refused
from backend.figure import Line, Lines
from backend.forms import field_named, texts_of
from backend.kind import Action, Answer, Form, Kind
from backend.tone import Tone
from stx_tui import keys
from stx_tui.keys import key
from stx_tui.panes.choice import ChoicePane, GoPane
from stx_tui.panes.entry import EntryPane
from stx_tui.panes.figure import FigurePane
from stx_tui.panes.form import Field, fields_of, filled
from stx_tui.panes.text import safe
from stx_tui.screens.dialog import Dialog, TitlePane

# Rows below the fields: what is wrong with all of it, and the command it makes.
SAID = 5


class FormScreen(Dialog[Optional[Form]]):
    """The fields of an action's form; it closes with the form, or None where it was left."""

    BINDINGS = [
        key("q,n,escape", "leave", "leave", "leave; nothing is sent"),
        key("enter,g", "go", "go on", "go on to the confirmation"),
        key("k,up,shift+tab", "back(-1)", "back", "to the field before"),
        key("j,down,tab", "back(1)", "on", "to the next field"),
        keys.REPAINT,
        keys.LEAVE,
    ]
    CSS = """
    FormScreen #fields { height: 1fr; overflow: hidden auto; scrollbar-size: 0 0; }
    FormScreen #said { height: auto; max-height: 6; }
    FormScreen #go { height: 1; }
    """

    def __init__(
        self,
        kind: Kind[Any],
        action: Action[Any],
        row_ids: Tuple[str, ...],
        *,
        before: Optional[Form] = None,
        refusal: str = "",
    ) -> None:
        """``before`` is what was given last, and ``refusal`` what the service said of it."""
        super().__init__()
        self.kind = kind
        self.action = action
        self.row_ids = row_ids
        self._before = texts_of(before) if before is not None else {}
        self._refusal = refusal
        self._refused = field_named(action.form, refusal) if refusal else ""
        self.fields: Tuple[Field, ...] = ()
        self._touched = False

    def compose(self) -> ComposeResult:
        row = self._row()
        # What is added has no values yet, and those of one row are not those of several.
        now = row if len(self.row_ids) == 1 and not self.action.on_parent else None
        self.fields = fields_of(self.action.form, self.action.choices(row, self.known), now)
        wide = max((len(field.title) for field in self.fields), default=0)
        yield TitlePane()
        with Container(id="fields"):
            for field in self.fields:
                label = safe(field.title).ljust(wide)
                hint = self._hint(field)
                value = self._before.get(field.name, field.value)
                if field.choices and not field.is_list:
                    yield ChoicePane(
                        label, field.choices, value=value, hint=hint, id=f"f-{field.name}"
                    )
                else:
                    yield EntryPane(
                        label,
                        value=value,
                        hint=hint,
                        is_secret=field.is_secret,
                        id=f"f-{field.name}",
                    )
        yield FigurePane(has_cursor=False, id="said")
        yield GoPane("Go on")

    def on_mount(self) -> None:
        for entry in self._entries():
            entry.deaf_until = float("inf")
        self.query_one("#said").styles.height = SAID if self.size.height >= 12 else 1
        names = [field.name for field in self.fields]
        self._focus_at(names.index(self._refused) if self._refused else 0)

    def on_resize(self) -> None:
        self.query_one("#said").styles.height = SAID if self.size.height >= 12 else 1
        self.call_after_refresh(self.look)

    def _painted(self) -> None:
        super()._painted()
        for entry in self._entries():
            entry.deaf_until = self._deaf_until

    # --- verbs ---------------------------------------------------------------------------------

    def look(self) -> None:
        """Show what is wrong with what was typed, or what it would send."""
        if not self.is_there:
            return
        self.query_one(TitlePane).show(f"{self._title()}: what is asked", self.place)
        made = filled(self.action.form, self._texts())
        wrong: Mapping[str, str] = {} if isinstance(made, Form) else made
        for field, entry in zip(self.fields, self._entries()):
            fault = wrong.get(field.name, "")
            # A field nobody came to yet is not wrong, it is empty.
            shown = fault and (self._touched or bool(entry.value))
            if field.name == self._refused and entry.value == self._before.get(field.name, ""):
                shown, fault = True, f"REFUSED: {safe(self._refusal)}"
            entry.say(f"! {fault}" if shown else self._hint(field))
        body = self.query_one("#said", FigurePane)
        if body.size.width:
            lines = Lines((*self._whole_hint(body.size.width), *self._said(made)))
            body.show(figure_lines(lines, body.room, 0))

    def _whole_hint(self, width: int) -> List[Line]:
        """Return the words to the field one is in, where they are cut beside it."""
        for field, entry in zip(self.fields, self._entries()):
            if entry.has_focus and entry.is_cut(width) and entry.hint == self._hint(field):
                return [Line(heading=field.title.upper(), text=entry.hint)]
        return []

    def _said(self, made: object) -> List[Line]:
        if self._refusal and self._texts() == self._sent_texts():
            # Long words are cut beside a field; here they stand whole.
            return [Line(text=f"refused: {safe(self._refusal)}", tone=Tone.BAD)]
        if not isinstance(made, Form):
            assert isinstance(made, Mapping)
            words = made.get("")
            return [Line(text=words, tone=Tone.BAD)] if words and self._touched else []
        station = self.console.station
        if station is None:
            return [Line(text="not connected: nothing can be sent")]
        try:
            preview = station.acts.preview(self.kind, self.action, self.row_ids, made)
        except Refused as error:
            return [Line(text=str(error), tone=Tone.BAD)]
        lines = [
            Line(text=reason.words or reason.check, tone=Tone.BAD)
            for reason in preview.reasons
            if reason.answer is Answer.NO
        ]
        return [*lines, *(Line(heading="SAME AS", text=text) for text in preview.commands)]

    # --- keys ----------------------------------------------------------------------------------

    @on(EntryPane.Changed)
    def check(self, message: EntryPane.Changed) -> None:
        """Look at what was typed, at each letter."""
        message.stop()
        self.look()

    def on_descendant_focus(self) -> None:
        """Say the whole of what belongs to the field one came to."""
        self.look()

    @on(EntryPane.Done)
    def next_field(self, message: EntryPane.Done) -> None:
        """Go to the next field, at last to the button."""
        message.stop()
        self._focus_at(self._index(message.entry) + 1)

    @on(EntryPane.Left)
    def leave_field(self, message: EntryPane.Left) -> None:
        """Go to another field, or leave the form."""
        message.stop()
        if message.step:
            self._focus_at(self._index(message.entry) + message.step)
        else:
            self.action_leave()

    def action_leave(self) -> None:
        self.dismiss(None)

    def action_back(self, step: int) -> None:
        self._focus_at(len(self.fields) + min(step, 0))

    def action_go(self) -> None:
        made = filled(self.action.form, self._texts())
        if isinstance(made, Form):
            self.dismiss(made)
            return
        self._touched = True
        self.look()
        bad = next((n for n, f in enumerate(self.fields) if f.name in made), len(self.fields))
        self._focus_at(bad)

    # --- private -------------------------------------------------------------------------------

    def _row(self) -> Optional[Any]:
        kind = self.kind.parent if self.action.on_parent else self.kind.name
        return self.known.find(str(kind), self.row_ids[0])[0] if self.row_ids else None

    def _hint(self, field: Field) -> str:
        parts = [field.hint] if field.hint else []
        if field.old:
            parts.append(f"now {safe(field.old)}")
        if field.is_list:
            parts.append("several, blanks between")
            if field.choices:
                parts.append("of " + " ".join(field.choices))
        if field.is_required:
            parts.append("needed")
        return "; ".join(parts)

    def _entries(self) -> Tuple[EntryPane, ...]:
        return tuple(self.query(EntryPane))

    def _title(self) -> str:
        row, count, action = self._row(), len(self.row_ids), self.action
        kind = self.console.rooms.by_name[str(self.kind.parent)] if action.on_parent else self.kind
        what = called(kind, row, self.known) if row is not None else self.kind.singular
        what = f"{count} {kind.name}" if count > 1 else what
        where = f"{self.kind.singular} on " if action.on_parent else ""
        return f"{action.words.upper()} {where}{what}"

    def _sent_texts(self) -> Dict[str, str]:
        return {field.name: self._before.get(field.name, field.value) for field in self.fields}

    def _texts(self) -> Dict[str, str]:
        return {field.name: entry.value for field, entry in zip(self.fields, self._entries())}

    def _index(self, entry: EntryPane) -> int:
        return self._entries().index(entry)

    def _focus_at(self, at: int) -> None:
        stops: List[Widget] = [*self._entries(), self.query_one(GoPane)]
        stops[max(0, min(at, len(stops) - 1))].focus()
