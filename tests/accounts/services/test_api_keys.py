"""API keys: stored as an HMAC, each scope with its label."""

import hashlib

from django.db import connection

from accounts.models import ApiKey
from accounts.permissions import SCOPES
from accounts.principal import WORKER
from accounts.services import api_keys
from accounts.services.api_keys import SCOPE_LABELS


def _stored(key):
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM accounts_apikey WHERE id = %s", [key.pk])
        return " ".join(map(str, cursor.fetchone()))


def test_only_the_hmac_of_a_key_is_stored(account, settings):
    key, clear = api_keys.issue_key(account, title="Harvester", scopes=["datasets"], by=WORKER)
    secret = clear.split("_", 2)[2]

    assert secret not in _stored(key)
    assert hashlib.sha256(clear.encode()).hexdigest() not in _stored(key)
    settings.SECRET_KEY = "another-secret-key-0123456789-abcdefghijklmnopqrstuvwxyz"
    assert ApiKey.objects.find(clear) is None


def test_every_scope_has_its_words():
    assert tuple(SCOPE_LABELS) == SCOPES
