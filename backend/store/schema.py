"""The shape of a file: makes a new one, and brings an old one up to date, in one transaction."""

from __future__ import annotations

from typing import List, Mapping, Tuple

from sqlalchemy import Connection, Table, inspect
from sqlmodel import SQLModel

from backend.errors import StoreError
from backend.store import tables

# What ``tables`` describes. Raise it with each change there, and say below how to get here.
VERSION = 2

# From a version to the next. Only what SQLite 3.34 and PostgreSQL both take.
STEPS: Mapping[int, Tuple[str, ...]] = {
    1: ("ALTER TABLE deed ADD COLUMN process VARCHAR NOT NULL DEFAULT ''",),
}


def prepare(connection: Connection) -> None:
    """Make all tables, or migrate those of an older version; within the caller's transaction.

    Raises ``StoreError`` where the file was made by a newer version than this.
    """
    version = _version(connection)
    if version > VERSION:
        raise StoreError(
            f"the record was made by a newer version (its format is {version}, ours {VERSION})",
            "update this machine, or name another file as the store",
        )
    if version == 0:
        SQLModel.metadata.create_all(connection, tables=_ours())
    else:
        for former in range(version, VERSION):
            for statement in STEPS[former]:
                connection.exec_driver_sql(statement)
    if version != VERSION:
        _set_version(connection)


def _ours() -> List[Table]:
    return [
        getattr(table, "__table__")  # noqa: B009 - SQLModel does not type it
        for table in vars(tables).values()
        if isinstance(table, type) and issubclass(table, SQLModel) and table is not SQLModel
    ]


def _version(connection: Connection) -> int:
    if connection.dialect.name == "sqlite":
        return int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
    if not inspect(connection).has_table("store_version"):
        return 0
    return int(connection.exec_driver_sql("SELECT version FROM store_version").scalar_one())


def _set_version(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA user_version = {VERSION:d}")
        return
    connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS store_version (version INTEGER)")
    connection.exec_driver_sql("DELETE FROM store_version")
    connection.exec_driver_sql(f"INSERT INTO store_version VALUES ({VERSION:d})")  # noqa: S608
