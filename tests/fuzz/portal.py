"""A portal with something of everything, and callers of every role."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from django.core.files.base import ContentFile
from django.middleware.csrf import get_token
from django.test import Client, RequestFactory
from django.utils import timezone

from accounts.models import Account, User
from accounts.permissions import SCOPES
from accounts.principal import Principal
from accounts.services import api_keys
from datasets.files.ingest import ingest
from datasets.models import Catalog, Visualisation
from datasets.services.datasets import create_dataset
from tests.factories import DeliveryFactory, EventFactory, WebhookFactory

BY = Principal(kind="user", id="1", name="Alice")


class Portal:
    """The account Ville with a dataset, a visualisation, a catalogue, a webhook, an event and a delivery."""

    ROLES: ClassVar = ("anonymous", "outsider", "reader", "contributor", "admin", "key", "reading key", "expired key")

    def __init__(self, account: Account, people: dict[str, User]) -> None:
        self.account = account
        upload = ContentFile(b"ville,population\nLyon,522250\nBron,43000\n", name="communes.csv")
        self.dataset = create_dataset(account=account, by=BY, upload=upload)
        ingest(self.dataset.pk)
        self.visualisation = Visualisation.objects.create(account=account, dataset=self.dataset, slug="chart")
        self.catalog = Catalog.objects.create(account=account, slug="portal", title="Portal")
        self.webhook = WebhookFactory.create(account=account)
        event = EventFactory.create(account=account, resource_id=self.dataset.slug)
        self.delivery = DeliveryFactory.create(webhook=self.webhook, event=event)
        self._clients = {role: Client() for role in self.ROLES}
        for role, user in people.items():
            self._clients[role].force_login(user)
        every = list(SCOPES)
        reading = [scope for scope in SCOPES if scope.endswith("-read")]
        self._keys = {
            "key": self._key(every),
            "reading key": self._key(reading),
            "expired key": self._key(every, expires_at=timezone.now() - timedelta(days=1)),
        }
        self._token = get_token(RequestFactory().get("/"))

    def _key(self, scopes: list[str], **options: Any) -> str:
        return api_keys.issue_key(self.account, title="Fuzz", scopes=scopes, by=BY, **({"expires_at": None} | options))[
            1
        ]

    def headers(self, role: str) -> dict[str, str]:
        if role in self._keys:
            return {"x-apiKey": self._keys[role]}
        return {"X-CSRFToken": self._token}

    def cookies(self, role: str) -> dict[str, str]:
        cookies = {name: morsel.value for name, morsel in self._clients[role].cookies.items()}
        return cookies | {"csrftoken": self._token}

    def parameters(self, path: str) -> list[dict[str, Any]]:
        """Return parameters for `path` that name what exists."""
        slug = {
            "applications": self.visualisation.slug,
            "catalogs": self.catalog.slug,
            "datasets": self.dataset.slug,
        }.get(path.split("/")[3], "")
        known: dict[str, Any] = {
            "slug": slug,
            "webhook_id": self.webhook.pk,
            "delivery_id": self.delivery.pk,
            "type": "organization",
            "id": self.account.slug,
        }
        return [{name: value for name, value in known.items() if f"{{{name}}}" in path}]
