"""Lists as the services page them: limit, marker, sort key and direction, and a next that tells."""

from __future__ import annotations

from typing import Any, Callable, Iterable, Optional, Sequence, TypeVar

from backend.simulator.exchange import Request
from backend.simulator.refuse import client, server, unknown_argument

R = TypeVar("R")

PAGING = ("marker", "limit", "sort_key", "sort_dir")


def known(request: Request, *names: str) -> None:
    """Refuse a query argument the service does not know."""
    for name, _ in request.query:
        if name not in names and name not in PAGING:
            raise unknown_argument(name)


def limit(request: Request) -> Optional[int]:
    """The limit asked for, if any; refuses what is no positive number."""
    given = request.arg("limit")
    if given is None:
        return None
    try:
        number = int(given)
    except ValueError:
        raise client(
            f"Invalid input for field/attribute limit. Value: '{given}'. unable to convert to int"
        ) from None
    if number < 0:
        raise client("Limit must be positive")
    return number or None


def ordered(request: Request, rows: Iterable[R], keys: Callable[[R, str], Any]) -> list[R]:
    """The rows by sort_key and sort_dir. `keys` raises AttributeError for a key there is not."""
    key = request.arg("sort_key") or "id"
    direction = request.arg("sort_dir") or "asc"
    if direction not in {"asc", "desc"}:
        raise client(f"Invalid sort direction: {direction}. Acceptable values are 'asc' or 'desc'")
    try:
        keyed = [((value := keys(row, key)) is None, value, row) for row in rows]
    except AttributeError:
        raise server(f"Sort key supplied is invalid: {key}") from None
    keyed.sort(key=lambda one: (one[0], _comparable(one[1])), reverse=direction == "desc")
    return [row for _, _, row in keyed]


def _comparable(value: Any) -> Any:
    return value if isinstance(value, (int, float)) else str(value)


def page(
    request: Request, rows: Sequence[R], uuid_of: Callable[[R], str], most: int
) -> tuple[Sequence[R], Optional[str]]:
    """One page, and the query of the next: it stands whenever the page is as full as was asked."""
    asked = limit(request)
    rows = _after(request, rows, uuid_of)
    shown = rows[: min(asked or most, most)]
    if asked is None or not shown or len(shown) != asked:
        return shown, None
    key = request.arg("sort_key") or "id"
    direction = request.arg("sort_dir") or "asc"
    tail = f"sort_key={key}&sort_dir={direction}&limit={asked}&marker={uuid_of(shown[-1])}"
    return shown, tail


def _after(request: Request, rows: Sequence[R], uuid_of: Callable[[R], str]) -> Sequence[R]:
    marker = request.arg("marker")
    if marker is None:
        return rows
    for index, row in enumerate(rows):
        if uuid_of(row) == marker:
            return rows[index + 1 :]
    raise client(f"Server {marker} could not be found.", 404)
