"""Prepared statements: PostgreSQL plans a courier's once for each connection, which takes longer than running them."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper
from psycopg import Cursor

PREPARE_THRESHOLD = 5
"""How often any other statement is run before psycopg prepares it: its own default."""


class _PreparingCursor(Cursor[Any]):
    """A cursor that prepares its statement the first time already."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> _PreparingCursor:
        return super().execute(query, params, prepare=True, **options)


def allow_prepared_statements() -> None:
    """Let statements be prepared on this connection until it closes; Django forbids it, for the sake of poolers."""
    if connection.vendor == "postgresql":
        connection.ensure_connection()
        connection.connection.prepare_threshold = PREPARE_THRESHOLD


def prepared_cursor() -> CursorWrapper:
    """Return a cursor that prepares what it runs if `allow_prepared_statements` was called for the connection."""
    if connection.vendor != "postgresql":
        return connection.cursor()
    connection.ensure_connection()
    return CursorWrapper(_PreparingCursor(connection.connection), connection)
