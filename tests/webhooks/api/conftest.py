"""A caller of the API: JSON in, JSON out."""

import json
from dataclasses import dataclass, field

import pytest
from django.core.serializers.json import DjangoJSONEncoder
from django.test import Client

from accounts.models import ApiKey


@dataclass
class Caller:
    """Call the API in a session or with a key."""

    client: Client
    headers: dict[str, str] = field(default_factory=dict)

    def __call__(self, method, path, data=None):
        """Return status and JSON (or text) of the response to `method` on a path below /api/v1/."""
        answer = self.client.generic(
            method,
            f"/api/v1/{path}" if not path.startswith("http") else path,
            data=json.dumps(data, cls=DjangoJSONEncoder) if isinstance(data, dict | list | tuple) else data or "",
            content_type="application/json",
            headers=self.headers,
        )
        is_json = answer.headers.get("Content-Type", "").startswith("application/json")
        return answer.status_code, answer.json() if is_json else answer.content.decode()


@pytest.fixture
def api(sign_in):
    """Return a caller with the session of a user, or without any session."""

    def api(user=None):
        return Caller(sign_in(user) if user else Client())

    return api


@pytest.fixture
def keyed(account):
    """Return a caller with a key of `account` for these scopes."""

    def keyed(*scopes, header="x-apiKey"):
        _key, clear = ApiKey.objects.issue(account, title="Programme", scopes=list(scopes))
        return Caller(Client(), {header: clear if header == "x-apiKey" else f"Bearer {clear}"})

    return keyed
