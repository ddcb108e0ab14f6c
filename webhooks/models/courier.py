"""A courier at work: one row each, refreshed as long as it runs."""

from django.db import models


class Courier(models.Model):
    """A running courier, by the token of its leases."""

    token = models.UUIDField(primary_key=True)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.token)
