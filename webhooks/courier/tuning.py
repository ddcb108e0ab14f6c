"""How a courier wants its connection to PostgreSQL."""

from django.db import connection

from webhooks.prepared import allow_preparing


def tune_connection() -> None:
    """Tell PostgreSQL how this connection works, until it closes.

    It confirms a commit before it has written to disk: what a power cut takes back of a claim or a settlement is
    delivered again; events are recorded by other connections, with every guarantee. And it always goes by the
    indexes: batches are small, while statistics lag behind a table that fills and empties fast. What it runs in every
    round is planned once.
    """
    allow_preparing()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SET synchronous_commit TO off; SET enable_seqscan TO off; SET enable_hashjoin TO off;"
                "SET enable_mergejoin TO off"
            )
