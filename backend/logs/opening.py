"""Opens streams as logs: several at once, those that cannot be opened by themselves."""

from __future__ import annotations

from typing import Awaitable, Callable, List, Sequence, Tuple

from backend.errors import Missing, StxError
from backend.logs.catalogue import paths_of
from backend.logs.file import FileLog
from backend.logs.files import Files
from backend.logs.line import Log
from backend.logs.when import WIDE
from backend.streams import LogFile, Stream

Open = Callable[[Stream], Awaitable[Log]]


def open_file(stream: LogFile, files: Files, wide: int = WIDE) -> Log:
    """Open a log in files: the first of its places that is there; blocking."""
    paths = paths_of(stream)
    path = next((path for path in paths if files.facts(path) is not None), paths[0])
    log = FileLog(files, path, stream.called, wide=wide)
    log.last()  # raises here, where it can be said, what would keep it from being read
    return log


async def open_all(streams: Sequence[Stream], opener: Open) -> Tuple[List[Log], List[StxError]]:
    """Open what can be opened; the others say why not.

    Raises the first error where none can be opened.
    """
    logs: List[Log] = []
    errors: List[StxError] = []
    try:
        for stream in dict.fromkeys(streams):
            try:
                logs.append(await opener(stream))
            except StxError as error:
                errors.append(error)
    except BaseException:  # cancelled too: nobody else knows of those that are open
        for log in logs:
            log.close()
        raise
    if not logs:
        raise errors[0] if errors else Missing("no log was named")
    return logs, errors
