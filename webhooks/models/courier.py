"""The couriers that are running, by which they know of one another."""

from django.db import models


class Courier(models.Model):
    """A running courier: `token` is that of its leases, `seen_at` its last heartbeat."""

    token = models.UUIDField(primary_key=True)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.token)
