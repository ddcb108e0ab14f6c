"""What is saved: an article calls the endpoints of kind `a`, a note those of kind `b`."""

import uuid

from django.db import models


class Article(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    data = models.JSONField()

    def __str__(self) -> str:
        return self.id.hex


class Note(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    data = models.JSONField()

    def __str__(self) -> str:
        return self.id.hex
