"""Opens the streams of this machine as logs."""

from __future__ import annotations

from typing import Callable, List, Sequence, Tuple

from typing_extensions import assert_never

from backend.errors import Missing, NotConfigured, StxError
from backend.logs.catalogue import paths_of
from backend.logs.file import FileLog
from backend.logs.files import Files, Here
from backend.logs.line import Log
from backend.plan import Journal, LogFile, Stream

Open = Callable[[Stream], Log]


def open_here(stream: Stream) -> Log:
    """Open a stream of this machine; blocking. Raises ``Missing`` and ``Unreadable``."""
    if stream.machine:
        raise NotConfigured(
            f"{stream.called} lies on another machine",
            "name the cloud it belongs to, or run this there",
        )
    if isinstance(stream, LogFile):
        return open_file(stream, Here())
    if isinstance(stream, Journal):
        raise NotConfigured("the journal is not read yet")
    assert_never(stream)


def open_file(stream: LogFile, files: Files) -> Log:
    """Open a log in files: the first of its places that is there."""
    paths = paths_of(stream)
    path = next((path for path in paths if files.facts(path) is not None), paths[0])
    log = FileLog(files, path, stream.called)
    log.last()  # raises here, where it can be said, what would keep it from being read
    return log


def open_all(streams: Sequence[Stream], opener: Open) -> Tuple[List[Log], List[StxError]]:
    """Open what can be opened; the others say why not. Blocking.

    Raises the first error where none can be opened.
    """
    logs: List[Log] = []
    errors: List[StxError] = []
    for stream in dict.fromkeys(streams):
        try:
            logs.append(opener(stream))
        except StxError as error:
            errors.append(error)
    if not logs:
        raise errors[0] if errors else Missing("no log was named")
    return logs, errors
