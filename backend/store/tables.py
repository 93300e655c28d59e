"""The tables: one set for all kinds; instants are integer UTC milliseconds.

Row classes here are what is stored, never what travels: ``memory``, ``deeds`` and ``glance`` make
the console's values of them. Kinds, fields and parents stand as small numbers (``Name``), for a
change is written once a minute for years.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Optional

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlmodel import Field, SQLModel


class Source(IntEnum):
    """How a change came to be known.

    POLL: seen between two readings close together. DEED: likewise, while one of our deeds ran on
    the row. FOUND: nobody had looked for a while, so it happened at some time before.
    """

    POLL = 0
    DEED = 1
    FOUND = 2


class Cloud(SQLModel, table=True):
    """A managed cloud: ``uuid`` is the system's own; its name may change, and may coincide."""

    id: Optional[int] = Field(default=None, primary_key=True)
    uuid: str = Field(unique=True)
    name: str = ""
    seen_ms: int = Field(default=0, sa_type=BigInteger)


class Name(SQLModel, table=True):
    """A word that many rows repeat: a kind, a field, a parent's id."""

    id: Optional[int] = Field(default=None, primary_key=True)
    text: str = Field(unique=True)


class Item(SQLModel, table=True):
    """One row of one kind as it was last seen.

    ``body`` is JSON without noise, secrets and dropped fields. ``seen_ms`` is when it was first
    seen (again), ``changed_ms`` when it last changed, ``gone_ms`` since when it is not there.
    When it was last seen is the ``Contact`` of its kind: an unchanged poll writes nothing here.
    """

    __table_args__ = (UniqueConstraint("cloud", "kind", "row_id"),)

    id: Optional[int] = Field(default=None, primary_key=True)
    cloud: int
    kind: int
    parent: int = 0
    row_id: str
    label: str = ""
    body: str
    seen_ms: int = Field(sa_type=BigInteger)
    changed_ms: int = Field(sa_type=BigInteger)
    gone_ms: Optional[int] = Field(default=None, sa_type=BigInteger)


class Change(SQLModel, table=True):
    """One field of one row: old and new as JSON text, None where there was no such field.

    The field of no characters is the row itself: its label became None when it went.
    """

    __table_args__ = (Index("change_item_field", "item", "field"),)

    id: Optional[int] = Field(default=None, primary_key=True)
    item: int
    field: int
    old: Optional[str] = None
    new: Optional[str] = None
    at_ms: int = Field(sa_type=BigInteger)
    source: int = 0


class DeedRow(SQLModel, table=True):
    """One action as it was done; ``detail`` is JSON of what nobody searches by."""

    __tablename__ = "deed"
    __table_args__ = (
        UniqueConstraint("cloud", "count"),
        Index("deed_of_row", "cloud", "kind", "row_id"),
    )

    id: Optional[int] = Field(default=None, primary_key=True)
    cloud: int
    count: int
    number: str
    cloud_said: str
    kind: str
    action: str
    row_id: str
    label: str
    who: str
    terminal: str
    process: str = ""
    outcome: str
    why: str = ""
    answer: str = ""
    began_ms: int = Field(sa_type=BigInteger)
    sent_ms: Optional[int] = Field(default=None, sa_type=BigInteger)
    answered_ms: Optional[int] = Field(default=None, sa_type=BigInteger)
    ended_ms: Optional[int] = Field(default=None, sa_type=BigInteger)
    detail: str = "{}"


class Series(SQLModel, table=True):
    """A number of one row that is kept over time."""

    __table_args__ = (UniqueConstraint("cloud", "kind", "row_id", "name"),)

    id: Optional[int] = Field(default=None, primary_key=True)
    cloud: int
    kind: int
    row_id: str
    name: str


class Sample(SQLModel, table=True):
    """One value of a series: raw (``over_ms`` 0), or the mean over that long from ``at_ms`` on."""

    series: int = Field(primary_key=True)
    at_ms: int = Field(primary_key=True, sa_type=BigInteger)
    over_ms: int = Field(default=0, primary_key=True)
    value: float


class Contact(SQLModel, table=True):
    """When one kind (under one parent) last answered, and its error where it does not now."""

    cloud: int = Field(primary_key=True)
    kind: int = Field(primary_key=True)
    parent: int = Field(default=0, primary_key=True)
    answered_ms: int = Field(default=0, sa_type=BigInteger)
    error: str = ""


class Visit(SQLModel, table=True):
    """One time that somebody looked: from ``at_ms`` to ``until_ms``."""

    id: Optional[int] = Field(default=None, primary_key=True)
    cloud: int = Field(index=True)
    who: str
    terminal: str
    at_ms: int = Field(sa_type=BigInteger)
    until_ms: int = Field(sa_type=BigInteger)


class Baseline(SQLModel, table=True):
    """When somebody said "from now on is new", and which ids were there (a JSON list)."""

    cloud: int = Field(primary_key=True)
    at_ms: int = Field(sa_type=BigInteger)
    ids: str = "[]"


class MarkRow(SQLModel, table=True):
    """One thing that people said of one row, by whom and when."""

    __tablename__ = "mark"

    cloud: int = Field(primary_key=True)
    kind: int = Field(primary_key=True)
    row_id: str = Field(primary_key=True)
    field: str = Field(primary_key=True)
    value: str
    who: str = ""
    at_ms: int = Field(sa_type=BigInteger)


class Event(SQLModel, table=True):
    """One row of a kind that is a log: stored once, as it came."""

    __table_args__ = (UniqueConstraint("cloud", "kind", "row_id"),)

    id: Optional[int] = Field(default=None, primary_key=True)
    cloud: int
    kind: int
    row_id: str
    at_ms: int = Field(sa_type=BigInteger)
    body: str
