"""The confirmation of an act: what it does, whether it will be taken, and yes in letters."""

from __future__ import annotations

from typing import Any, Callable, Optional, Tuple

from textual import events, on

from backend.deed import Deed, Outcome
from backend.errors import Refused, StxError
from backend.kind import Form, Kind, Nothing
from backend.preview import Preview
from backend.rests import rests_on
from stx_tui import keys
from stx_tui.keys import key
from stx_tui.panes import confirm
from stx_tui.panes.entry import EntryPane
from stx_tui.screens import doing
from stx_tui.screens.results import ResultsScreen
from stx_tui.screens.sheet import SheetScreen


class ActScreen(SheetScreen):
    """One action on these rows, by their ids as they were when it was asked for.

    It closes with the deeds that came of it, none where nothing was sent.
    """

    BINDINGS = [
        key("n,q,escape,enter", "no", "no", "leave; nothing is sent"),
        key("y", "answer", "answer", "type what confirms it"),
        key("w,tab", "why", "why", "say why, for the record"),
        key("d", "every", "every check", "show every check, or fold those that pass"),
        key("c", "copy", "copy", "show and copy the same as a command"),
        key("r", "again", "ask again", "read anew what it rests on"),
        *(
            key(n, f"mend('{n}')", "go there", "to where it is mended", name=f"mend-{n}")
            for n in "123456789"
        ),
        *keys.MOVING,
        keys.HELP,
        keys.REPAINT,
        keys.LEAVE,
    ]
    CSS = """
    ActScreen #body { height: 1fr; }
    """

    def __init__(
        self,
        kind: Kind[Any],
        action_name: str,
        row_ids: Tuple[str, ...],
        form: Optional[Form] = None,
    ) -> None:
        action = kind.action(action_name)
        if action is None:
            raise Refused(f"{kind.name} have no action {action_name}")
        super().__init__(kind, action, row_ids)
        self.form: Optional[Form] = form or (Nothing() if action.form is Nothing else None)
        self._busy = ""
        self._taken_old: Tuple[str, ...] = ()
        self._begun_once = False

    def on_mount(self) -> None:
        station = self.console.station
        if station is not None:
            kinds, ids = self.console.rooms.by_name, self.asked.row_ids
            keys = rests_on(kinds, self.kind, self.action, ids, self.known)
            self._looks += [station.watch.look(*key) for key in keys]
        if self.form is None:
            self.call_after_refresh(self._ask_form)

    def on_resize(self) -> None:
        self.call_after_refresh(self.look)

    def on_paste(self, event: events.Paste) -> None:
        event.stop()
        self.say("a paste was dropped: nothing is confirmed that way")

    def on_key(self, event: events.Key) -> None:
        super().on_key(event)
        if event.key == "y" and not self._busy and not self.is_deaf(event.time):
            # It opens the answer, and is the first letter of a yes.
            event.stop()
            event.prevent_default()
            self.action_answer()
            if self.preview is not None and self.preview.wants == "yes" and self.focused:
                self.query_one("#answer", EntryPane).on_key(event)
        elif self._busy and event.key not in ("q", "escape", "ctrl+l"):
            event.stop()
            event.prevent_default()

    def look(self) -> None:
        """Work the preview out on what is known now, and show it."""
        if not self.is_there or self.form is None:
            return
        self._work_out()
        self._paint()
        if self.preview is not None and not self.ended and not self._begun_once:
            self._begun_once = True
            self._begin(self.preview)

    # --- what is known -------------------------------------------------------------------------

    def _work_out(self) -> None:
        station = self.console.station
        if station is None or self.form is None or self.ended or self._busy == "sending":
            return
        if not self.asked.look(station.acts, self.known, self.form):
            return
        if self.ended:
            self.set_focus(None)
            self._drop_answer("")
        else:
            # While it is asked again nobody can answer: what came was never read otherwise.
            words = "it changed while you looked: read it again"
            self._drop_answer(self._said if self._busy == "asking" else words)

    # --- what is asked -------------------------------------------------------------------------

    def _ask_form(self, refusal: str = "") -> None:
        """Ask what it asks; with what the service refused of it, where it was sent before."""
        from stx_tui.screens.form import FormScreen

        ids = self.asked.row_ids
        asked = FormScreen(self.kind, self.action, ids, before=self.form, refusal=refusal)
        self.app.push_screen(asked, self._take_form)

    def _take_form(self, form: Optional[Form]) -> None:
        if form is None:
            self.dismiss(())
            return
        self.form = form
        self.look()

    def _begin(self, preview: Preview) -> None:
        """Ask again first where what it rests on is old; then do at once what harms nobody."""
        if confirm.old(preview, self.known, self.console.rooms.by_name):
            self._ask_again(then=self._begun)
        else:
            self._begun()

    def _begun(self) -> None:
        preview = self.preview
        if preview is None or self.ended or preview.wants or preview.blocked:
            return
        stale = confirm.old(preview, self.known, self.console.rooms.by_name)
        if stale:
            self.say(f"{', '.join(stale)}: r asks again, y does it all the same")
        else:
            self._send("")

    def _ask_again(self, then: Callable[[], None]) -> None:
        station, preview = self.console.station, self.preview
        if station is None or preview is None or self._busy:
            return
        stale = confirm.old(preview, self.known, self.console.rooms.by_name)
        self._busy = "asking"
        self.say(f"{', '.join(stale)}: asking again ..." if stale else "asking again ...")

        async def ask() -> None:
            assert preview is not None
            words = ""
            try:
                await station.acts.ask_again(preview)
            except StxError as error:
                words = str(error)
            if self.is_attached:
                self.look()
                self._busy = ""
                self.say(words)
                then()

        self.run_worker(ask(), name=f"ask again: {preview.title}", group="ask")

    # --- the door ------------------------------------------------------------------------------

    @on(EntryPane.Done, "#answer")
    def take_answer(self, message: EntryPane.Done) -> None:
        """Do it where exactly what is wanted was typed by a hand; else say why not."""
        message.stop()
        preview, typed = self.preview, message.value.strip()
        if preview is None or self._busy or self.ended or preview.blocked:
            return
        if not message.by_hand:
            self._drop_answer("a burst or a paste: type it by hand")
        elif typed != preview.wants:
            self._drop_answer(f"that is not {preview.wants}: nothing was sent")
        else:
            self._confirm(preview, typed)

    def _confirm(self, preview: Preview, typed: str) -> None:
        stale = confirm.old(preview, self.known, self.console.rooms.by_name)
        if not stale or confirm.stale_names(stale) == self._taken_old:
            self._send(typed)
            return

        def then() -> None:
            after = self.preview
            if after is None or self.ended or confirm.is_news(preview, after):
                return  # what is new was said, and has to be read
            left = confirm.old(after, self.known, self.console.rooms.by_name)
            if left:
                self._taken_old = confirm.stale_names(left)
                self._drop_answer(f"still {', '.join(left)}: type it again to go on")
            else:
                self._send(typed)

        self._ask_again(then)

    def _send(self, typed: str) -> None:
        preview = self.preview
        if preview is None or self.console.station is None or self._busy:
            return
        self._busy = "sending"
        self.set_focus(None)
        self.say("sending ...   q leaves, and stops nothing")
        why = self.query_one("#why", EntryPane).value
        # A worker of the app: leaving this screen must not cut a sending in two.
        self.app.run_worker(self._do(preview, typed, why), name=preview.title, group="acts")

    async def _do(self, preview: Preview, typed: str, why: str) -> None:
        console, station = self.console, self.console.station
        assert station is not None
        if preview.opens is not None:
            words = await doing.open_session(console, preview, typed=typed, why=why, dialog=self)
            if words and self.is_attached:
                self._busy = ""
                self._drop_answer(f"not opened: {words}")
                self.look()
            return
        try:
            deeds = await station.acts.do(preview, typed=typed, why=why)
        except Refused as error:
            self._busy = ""
            if self.is_attached:
                self._drop_answer(f"not sent: {error}")
                self.look()
            else:
                console.say(f"{preview.title} was not sent: {error}")
            return
        if self.is_current:
            self._close(preview, deeds)

    def _close(self, preview: Preview, deeds: Tuple[Deed, ...]) -> None:
        """Go on to following what is not at its end, or say what came of it."""
        console = self.console
        from stx_tui.screens.follow import FollowScreen

        if len(deeds) > 1 and preview.action.at_once:
            console.switch_screen(ResultsScreen(preview.title, deeds))
            return
        shown = next((deed for deed in deeds if deed.outcome is not Outcome.DONE), None)
        if shown is None:
            self.dismiss(deeds)
            console.say(f"{preview.title}: {deeds[-1].answer or 'done'}")
        elif shown.outcome is Outcome.REFUSED and len(deeds) == 1 and preview.given:
            # Nothing was done, and nothing that was typed is lost.
            self._busy = ""
            self._drop_answer("refused; nothing was changed")
            self._ask_form(shown.answer)
        else:
            console.switch_screen(FollowScreen(shown.number, deed=shown))

    def _drop_answer(self, words: str) -> None:
        self.query_one("#answer", EntryPane).take("")
        self.say(words)

    # --- keys ----------------------------------------------------------------------------------

    @on(EntryPane.Done, "#why")
    def take_why(self, message: EntryPane.Done) -> None:
        """Go on from why to the answer."""
        message.stop()
        self.action_answer()

    @on(EntryPane.Left)
    def leave_entry(self, message: EntryPane.Left) -> None:
        """Go from what is typed into to the next, or back to No."""
        message.stop()
        if message.step and message.entry.id == "why":
            self.set_focus(None)
            if message.step > 0:
                self.action_answer()
        else:
            self.set_focus(None)
        self._paint()

    def action_no(self) -> None:
        self.dismiss(())

    def action_answer(self) -> None:
        preview = self.preview
        if preview is None or preview.blocked or self.ended or self._busy:
            self.set_focus(None)
            return
        if not preview.wants:
            self._send("")
            return
        self._said = ""
        entry = self.query_one("#answer", EntryPane)
        entry.room = max(len(preview.wants) + 2, 12)
        entry.take("")
        self.set_focus(entry)
        self._paint()

    def action_why(self) -> None:
        if self.preview is not None and not self.preview.blocked and not self.ended:
            self.set_focus(self.query_one("#why", EntryPane))
            self._paint()

    def action_again(self) -> None:
        if not self.ended:
            self._ask_again(lambda: None)
