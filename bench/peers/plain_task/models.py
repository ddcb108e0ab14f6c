"""An endpoint, an event, an attempt."""

import uuid

from django.db import models


class Endpoint(models.Model):
    url = models.URLField()
    secret = models.CharField(max_length=64)
    kind = models.CharField(max_length=20, db_index=True)
    enabled = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.url


class Event(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    kind = models.CharField(max_length=20)
    data = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.id.hex


class Attempt(models.Model):
    event_id = models.UUIDField(db_index=True)
    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE)
    started_at = models.DateTimeField()
    status_code = models.PositiveSmallIntegerField(null=True)
    body = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.event_id} {self.status_code}"
