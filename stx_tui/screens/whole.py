"""A row whole, as its service has it: read, edited, rehearsed by the service, then confirmed."""

from __future__ import annotations

from typing import Any, List, Optional

from backend.deed import Outcome
from backend.edits import form_of, would_change
from backend.errors import Rejected, StxError
from backend.kind import Action, Body, Form, Kind, Nothing
from backend.whole import (
    as_yaml,
    from_yaml,
    hidden,
    rebased,
    three_way,
)
from stx_tui import keys
from stx_tui.keys import key
from stx_tui.panes.text import safe
from stx_tui.screens.act import ActScreen
from stx_tui.screens.dialog import TitlePane
from stx_tui.screens.text import TextDialog


class WholeScreen(TextDialog):
    """The text of one object; ``e`` edits it, ``a`` asks the service what would come of that."""

    BINDINGS = [
        key("e", "edit", "edit", "change the text; Esc ends that", footer=True),
        key("a", "apply", "apply", "what would change, by a dry run; then it asks", footer=True),
        key("m", "mine", "mine on theirs", "put my changes on what is there now", footer=True),
        key("v", "values", "show values", "show what is secret; that it was is recorded"),
        key("r", "again", "read again", "read it anew; what was edited is dropped", footer=True),
        key("escape", "back_to_text", "text", "end editing; back to the text"),
        key("q", "leave", "back", "go back; what was edited and not applied is lost", footer=True),
        key("j", "scroll(1)", "down", "a line down", name="down"),
        key("k", "scroll(-1)", "up", "a line up", name="up"),
        keys.HELP,
        keys.LEAVE,
    ]

    def __init__(self, kind: Kind[Any], row_id: str) -> None:
        super().__init__()
        self.kind = kind
        self.row_id = row_id
        self._base: Optional[Body] = None
        self._theirs: Optional[Body] = None
        self._text = ""
        self._form: Optional[Form] = None
        self.shows = "reading it ..."
        self._is_open = False

    def on_mount(self) -> None:
        self._read()

    def look(self) -> None:
        """Say what is shown."""
        if not self.is_there:
            return
        row = self._row
        name = safe(self.kind.name_of(row)) if row is not None else self.row_id
        words = f"{self.kind.singular.upper()} {name}: {self.shows}"
        self.query_one(TitlePane).show(words, self.place)
        self.foot()

    @property
    def _row(self) -> Optional[Any]:
        return self.known.find(self.kind.name, self.row_id)[0]

    @property
    def _secret(self) -> frozenset[str]:
        row = self._row
        if self.kind.whole is None or row is None or self._is_open:
            return frozenset()
        return self.kind.whole(row).secret

    # --- reading -------------------------------------------------------------------------------

    def _read(self) -> None:
        self.run_worker(self._fetch(), name="read whole", group="whole", exclusive=True)

    async def _fetch(self) -> None:
        station, row = self.console.station, self._row
        if station is None or row is None:
            self.say("it is not there any more" if station is not None else "not connected yet")
            return
        try:
            self._base = await station.whole(self.kind, row)
        except StxError as error:
            self.say(f"{error}. {error.advice}".strip())
            return
        self._theirs = self._form = None
        secret = self._secret
        self._text = as_yaml(hidden(self._base, secret))
        self.put(self._text, "values hidden, v shows them" if secret else "as it is now")

    def action_again(self) -> None:
        self._read()

    def action_values(self) -> None:
        if self._secret:
            self.run_worker(self._reveal(), name="reveal", group="whole", exclusive=True)

    async def _reveal(self) -> None:
        """Have it recorded that somebody asks for the values, then show them."""
        station, action = self.console.station, self.kind.action("reveal")
        if station is None or action is None:
            return
        try:
            preview = station.acts.preview(self.kind, action, (self.row_id,), Nothing())
            (deed,) = await station.acts.do(preview, typed=preview.wants, why="")
        except StxError as error:
            self.say(f"not shown: {error}")
            return
        self._is_open = deed.outcome is Outcome.DONE
        await self._fetch()

    # --- editing -------------------------------------------------------------------------------

    def action_edit(self) -> None:
        if self._base is None or self._action is None:
            self.say(f"{self.kind.name} are not edited from here")
        elif self._secret:
            self.say("its values are hidden: v shows them, then they can be edited")
        else:
            if self._form is not None or self._theirs is not None:
                self.put(self._text, "")
            self._form = self._theirs = None
            self.begin_edit()

    @property
    def _action(self) -> Optional[Action[Any]]:
        return self.kind.action("edit")

    def action_back_to_text(self) -> None:
        if not self.area.read_only:
            self._text = self.area.text
            self.area.read_only = True
            changed = self._base is not None and self._text != as_yaml(self._base)
            self.shows = "edited, not applied" if changed else "as it is now"
            self.say("")
        elif self._form is not None or self._theirs is not None:
            self._form = self._theirs = None
            self.put(self._text, "edited, not applied")
        self.look()

    def action_leave(self) -> None:
        is_edited = self._base is not None and self._text != as_yaml(self._base)
        self.leave(is_lost=is_edited and not self._secret)

    # --- applying ------------------------------------------------------------------------------

    def action_apply(self) -> None:
        if self._form is not None and self._action is not None:
            self.app.push_screen(
                ActScreen(self.kind, self._action.name, (self.row_id,), form=self._form),
                lambda _deeds: self._read(),
            )
        elif self._base is not None and not self._secret and self._theirs is None:
            self.run_worker(self._rehearse(self._base), name="rehearse", group="whole")

    async def _rehearse(self, base: Body) -> None:
        """Have the service try it, and show what would come of it; where it changed, a fork."""
        station, action = self.console.station, self._action
        if station is None or action is None:
            return
        try:
            edited = from_yaml(self._text)
            form = form_of(action, base, edited)
            if form is None:
                self.say("nothing of it is changed")
                return
            preview = station.acts.preview(self.kind, action, (self.row_id,), form)
            self.say("the service is asked what would come of it ...")
            (would,) = await station.acts.rehearse(preview)
        except Rejected as error:
            if error.is_conflict:
                await self._fork(base, edited)
            else:
                self.say(f"it would be refused: {error.reason}")
            return
        except StxError as error:
            self.say(f"{error}. {error.advice}".strip())
            return
        assert isinstance(would, dict)
        self._form = form
        self.put(
            "\n".join(would_change(base, would)), "WHAT WOULD CHANGE; a goes on, Esc goes back"
        )

    async def _fork(self, base: Body, mine: Body) -> None:
        """Show what I changed beside what they did meanwhile."""
        station, row = self.console.station, self._row
        if station is None or row is None:
            return
        try:
            self._theirs = await station.whole(self.kind, row)
        except StxError as error:
            self.say(str(error))
            return
        lines: List[str] = [fork.says for fork in three_way(base, mine, self._theirs)]
        both = sum(line.startswith("!") for line in lines)
        words = f"IT CHANGED MEANWHILE, {both} by both (!); m puts mine on theirs, r drops mine"
        self.put("\n".join(lines), words)

    def action_mine(self) -> None:
        if self._theirs is None or self._base is None:
            self.say("nobody changed it meanwhile")
            return
        merged = rebased(self._base, from_yaml(self._text), self._theirs)
        self._base, self._theirs = self._theirs, None
        self._text = as_yaml(merged)
        self.put(self._text, "my changes on what is there now, not applied")
