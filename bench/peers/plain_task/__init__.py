"""One Celery task per delivery, sent with requests: what a careful Django developer writes in an afternoon.

At its best: a session kept per process, database connections kept over tasks, results ignored, prefetch that fits short
tasks, one INSERT per attempt, the endpoint read by its key.
"""

from bench.peers.plain_task.celery import app as celery_app

__all__ = ("celery_app",)
