"""From one page to another: what can be typed everywhere, and the way back."""

from __future__ import annotations

from typing import List, Union

from backend.called import named
from backend.errors import StxError
from backend.figure import Jump
from backend.logs.catalogue import stream_of
from backend.streams import Logs
from stx_tui.plain.detail import DetailPage
from stx_tui.plain.following import follow_all, watch
from stx_tui.plain.listing import ListPage
from stx_tui.plain.logs import LogsPage
from stx_tui.plain.menu import MenuPage, found_lines
from stx_tui.plain.page import Page
from stx_tui.plain.past import HistoryPage
from stx_tui.plain.talk import Talk

# Pages that may stand on each other before the oldest is forgotten.
DEEPEST = 12

HELP = (
    (":kind", "lists a kind, as :hosts; : alone says which there are"),
    (":kind row", "opens a row by its name, as :hosts controller-0"),
    ("r", "reads again, and prints"),
    ("p", "prints again what is known"),
    ("w", "watches: prints what changes, line by line, until Enter"),
    ("h", "history: what changed, and who did what"),
    ("f", "follows what is under way"),
    ("b", "baseline: from now on, what comes is new"),
    ("l NAME", "logs of this machine, as l mtcAgent sysinv, merged by time"),
    ("q", "back; on the first page it leaves, and stops nothing"),
)


class Walk:
    """The pages that stand on each other; the one on top hears what is typed first."""

    def __init__(self, talk: Talk) -> None:
        self.talk = talk
        self._pages: List[Page] = []

    async def run(self) -> None:
        """Go on until the first page is left; raises ``Ended`` where the input ends."""
        await self._go(MenuPage(self.talk))
        for line in found_lines(self.talk):
            self.talk.paper.say(line)
        while self._pages:
            page = self._pages[-1]
            text = await self.talk.ask(page.prompt)
            if text:
                await self._hear(page, text)

    async def _hear(self, page: Page, text: str) -> None:
        talk = self.talk
        if text in ("?", "help"):
            self._help(page)
            return
        if text in ("q", "quit", "back"):
            await self._back()
            return
        answer: Union[Page, Jump, bool] = await page.hear(text)
        if isinstance(answer, Jump):
            await self._jump(answer)
        elif isinstance(answer, Page):
            await self._go(answer)
        elif not answer and not await self._everywhere(page, text):
            talk.paper.say(f"{text[:40]!r} says nothing here; ? says what does")

    async def _everywhere(self, page: Page, text: str) -> bool:
        talk = self.talk
        if text.startswith(":"):
            await self._named(text[1:])
        elif text in ("r", "read"):
            await self._read_again(page)
        elif text in ("p", "print"):
            page.show()
        elif text in ("w", "watch"):
            await self._watch(page)
        elif text in ("h", "history"):
            await self._go(HistoryPage(talk))
        elif text in ("f", "follow"):
            await follow_all(talk)
        elif text in ("b", "baseline"):
            await self._set_baseline()
        elif text.startswith("l "):
            streams = tuple(map(stream_of, text.split()[1:]))
            await self._go(LogsPage(talk, Logs(streams=streams)))
        else:
            return False
        return True

    # --- from page to page ---------------------------------------------------------------------

    async def _go(self, page: Page) -> None:
        if len(self._pages) >= DEEPEST:
            await self._pages.pop(1).close()
        self._pages.append(page)
        self.talk.look(page.keys())
        await self.talk.read(page.keys())
        # What could not be looked at before the station was open is from now on.
        self.talk.look(page.keys())
        await page.read()
        page.show()

    async def _back(self) -> None:
        await self._pages.pop().close()
        if self._pages:
            page = self._pages[-1]
            self.talk.look(page.keys())
            await self.talk.read(page.keys())
            page.show()

    async def _jump(self, jump: Jump) -> None:
        kind = self.talk.rooms.kind(jump.kind)
        if kind is None:
            self.talk.paper.say(f"there is no kind {jump.kind}")
        elif jump.id:
            await self._go(DetailPage(self.talk, kind, jump.id))
        else:
            await self._go(ListPage(self.talk, kind))

    async def _named(self, text: str) -> None:
        """Go to the kind, or to the row, that was named."""
        rooms, paper = self.talk.rooms, self.talk.paper
        name, _blank, row = text.strip().partition(" ")
        kind = rooms.kind(name) or next(map(rooms.kind, rooms.named(name) if name else ()), None)
        if kind is None:
            if name:
                paper.say(f"there is no kind {name[:40]!r}. There are:")
            paper.say("  ".join(one.name for one in rooms.kinds))
            return
        await self.talk.read(((kind.name, ""),))
        known = self.talk.known
        found = named(kind, known.rows(kind.name), row.strip(), known) if row else ()
        if row and not found:
            paper.say(f"no {kind.singular} {row[:40]!r} is known")
        await self._jump(Jump(kind=kind.name, id=kind.id(found[0]) if found else ""))

    # --- what is asked everywhere --------------------------------------------------------------

    async def _read_again(self, page: Page) -> None:
        self.talk.look(page.keys())
        await self.talk.read(page.keys(), again=True)
        await page.read()
        page.show()

    async def _watch(self, page: Page) -> None:
        if self.talk.station is None:
            self.talk.paper.say("not connected: there is nothing to watch yet")
            return
        await watch(self.talk, page)

    async def _set_baseline(self) -> None:
        talk, name = self.talk, self.talk.rooms.baseline_of
        station, reading = talk.station, talk.known.reading(name)
        if station is None or not reading.was_read:
            talk.paper.say(f"{name} were not read yet: there is nothing to compare with")
            return
        try:
            await station.set_baseline(name)
        except StxError as error:
            talk.paper.say(f"{error}. {error.advice}")
        else:
            talk.paper.say("from now on, what comes is new")

    def _help(self, page: Page) -> None:
        for keys, words in (*page.help, *HELP):
            self.talk.paper.say(f"  {keys:<10} {words}", hang=13)
