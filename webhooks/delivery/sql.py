"""Statements that PostgreSQL plans once for each connection: planning a courier's takes longer than running them."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper
from psycopg import Cursor

PREPARE_FROM = 5
"""How often any other statement is run before psycopg prepares it: its own default."""


class _Preparing(Cursor[Any]):  # Any: a row is a tuple
    """A cursor that has its statement prepared at once, with parameters that the server binds."""

    def execute(self, query: Any, params: Any = None, **words: Any) -> _Preparing:  # Any: as psycopg has them
        return super().execute(query, params, prepare=True, **words)


def allow_preparing() -> None:
    """Let statements be prepared on this connection until it closes; Django forbids it, for the sake of poolers."""
    if connection.vendor == "postgresql":
        connection.ensure_connection()
        connection.connection.prepare_threshold = PREPARE_FROM


def prepared_cursor() -> CursorWrapper:
    """Give a cursor of Django's that prepares what it runs, if `allow_preparing` was called for the connection."""
    if connection.vendor != "postgresql":
        return connection.cursor()
    connection.ensure_connection()
    return CursorWrapper(_Preparing(connection.connection), connection)
