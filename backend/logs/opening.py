"""Opens streams as logs: several at once, those that cannot be opened by themselves."""

from __future__ import annotations

from dataclasses import replace
from typing import Awaitable, Callable, Iterator, List, Sequence, Set, Tuple, Union

from backend.baseboard import SelLog
from backend.docker import DockerLog
from backend.errors import Missing, StxError
from backend.kube import PodLog
from backend.logs.catalogue import paths_of
from backend.logs.file import FileLog
from backend.logs.files import Files
from backend.logs.line import Log
from backend.logs.when import WIDE
from backend.streams import Journal, LogFile, Stream

Open = Callable[[Stream], Awaitable[Log]]


def open_file(stream: LogFile, files: Files, wide: int = WIDE) -> Log:
    """Open a log in files: the first of its places that is there; blocking."""
    paths = paths_of(stream)
    path = next((path for path in paths if files.facts(path) is not None), paths[0])
    log = FileLog(files, path, stream.called, wide=wide)
    log.last()  # raises here, where it can be said, what would keep it from being read
    return log


def told_apart(streams: Sequence[Stream]) -> Iterator[Stream]:
    """Give each stream once; of two that are called alike the second says more of where it is.

    Lines say by its name which log they are of.
    """
    taken: Set[str] = set()
    for stream in dict.fromkeys(streams):
        one: Stream = stream
        number = 1
        while not isinstance(stream, (Journal, SelLog)) and one.called in taken:
            end = f" ({number})" if number > 1 else ""
            one = replace(stream, name=f"{_whole_name(stream)}{end}")
            number += 1
        taken.add(one.called)
        yield one


def _whole_name(stream: Union[LogFile, PodLog, DockerLog]) -> str:
    if isinstance(stream, PodLog):
        return f"{stream.namespace}/{stream.pod}/{stream.container}"
    if isinstance(stream, DockerLog):
        return f"{stream.name} {stream.container[:6]}"
    folder, _, name = stream.path.rpartition("/")
    return f"{folder.rpartition('/')[2]}/{name.replace('.log', '')}"


async def open_all(streams: Sequence[Stream], opener: Open) -> Tuple[List[Log], List[StxError]]:
    """Open what can be opened; the others say why not.

    Raises the first error where none can be opened.
    """
    logs: List[Log] = []
    errors: List[StxError] = []
    try:
        for stream in told_apart(streams):
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
