"""One Celery task per delivery, sent with requests: what a careful Django developer writes in an afternoon.

At its best: a session kept per process, with a connection for each of 64 threads, that does not look for proxies and
passwords at each request; database connections kept over tasks, results ignored, prefetch that fits short tasks, one
INSERT per attempt, the endpoint read by its key.
"""

from bench.peers.plain_task.celery import app as celery_app

__all__ = ("celery_app",)
