"""What was changed, made and taken away since the scene began, laid over the rows it is made of."""

from __future__ import annotations

from typing import Any, Optional

from backend.simulator.model import Json

Key = tuple[str, str]


class Overlay:
    """Rows as the scene makes them, with what requests did to them since; by kind and uuid."""

    def __init__(self) -> None:
        self._altered: dict[Key, Json] = {}
        self._made: dict[str, list[Json]] = {}
        self._removed: set[Key] = set()

    def over(self, name: str, rows: list[Json]) -> list[Json]:
        """The rows of a kind as they are now."""
        there = [*rows, *self._made.get(name, [])]
        return [
            self._now(name, row) for row in there if (name, row.get("uuid")) not in self._removed
        ]

    def _now(self, name: str, row: Json) -> Json:
        """A row as it is; the very object where nothing of it was changed."""
        altered = self._altered.get((name, str(row.get("uuid"))))
        return {**row, **altered} if altered else row

    def altered(self, name: str, uuid: str, field: str) -> Optional[Any]:
        """What a field of a row was changed to, None where it was not."""
        return self._altered.get((name, uuid), {}).get(field)

    def alter(self, name: str, uuid: str, fields: Json) -> None:
        """Change fields of a row."""
        self._altered.setdefault((name, uuid), {}).update(fields)

    def make(self, name: str, row: Json) -> Json:
        """Add a row to a kind."""
        self._made.setdefault(name, []).append(row)
        return row

    def remove(self, name: str, uuid: str) -> None:
        """Take a row away."""
        self._removed.add((name, uuid))
