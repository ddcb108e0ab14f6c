"""API keys: stored as a hash, each scope with its label."""

import base64
import hashlib

import pytest
from django.db import connection
from django.utils.crypto import salted_hmac

from accounts.models import ApiKey
from accounts.permissions import SCOPES
from accounts.principal import WORKER
from accounts.services import api_keys
from accounts.services.api_keys import SCOPE_LABELS

NEW_KEY = "another-secret-key-0123456789-abcdefghijklmnopqrstuvwxyz"


def _stored(key):
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM accounts_apikey WHERE id = %s", [key.pk])
        return " ".join(map(str, cursor.fetchone()))


def _keyed(clear):
    """Return the HMAC with SECRET_KEY that older versions stored of a key."""
    return salted_hmac("accounts.ApiKey", clear, algorithm="sha256").hexdigest()


@pytest.fixture
def of_before(account):
    """The clear text of a key as it was stored before."""
    key, clear = api_keys.issue_key(account, title="Harvester", scopes=["datasets"], by=WORKER)
    ApiKey.objects.filter(pk=key.pk).update(digest=_keyed(clear))
    return clear


def test_only_the_hash_of_a_key_is_stored_and_it_depends_on_no_key_of_ours(account, settings):
    key, clear = api_keys.issue_key(account, title="Harvester", scopes=["datasets"], by=WORKER)

    assert clear.split("_", 2)[2] not in _stored(key)
    assert "sha256-" + base64.b64encode(hashlib.sha256(clear.encode()).digest()).decode() in _stored(key)
    settings.SECRET_KEY = NEW_KEY
    assert ApiKey.objects.find(clear) == key
    assert ApiKey.objects.find(clear[:-1]) is None


def test_a_key_of_before_works_under_a_fallback_and_after_one_use_without_it(of_before, settings):
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW_KEY, [settings.SECRET_KEY]
    assert ApiKey.objects.find(of_before)
    settings.SECRET_KEY_FALLBACKS = []
    assert ApiKey.objects.find(of_before)


def test_a_key_of_before_that_was_never_used_needs_the_key_of_then(of_before, settings):
    then, settings.SECRET_KEY = settings.SECRET_KEY, NEW_KEY
    assert ApiKey.objects.find(of_before) is None
    settings.SECRET_KEY_FALLBACKS = ["other-" * 10, then]
    assert ApiKey.objects.find(of_before)


def test_a_key_of_before_is_hashed_once(of_before, django_assert_num_queries):
    with django_assert_num_queries(2):
        ApiKey.objects.find(of_before)
    with django_assert_num_queries(1):
        ApiKey.objects.find(of_before)
    assert not ApiKey.objects.with_keyed_digest().exists()


def test_a_wrong_key_changes_nothing(of_before):
    digest = ApiKey.objects.get().digest

    assert ApiKey.objects.find(of_before[:-1]) is None
    assert ApiKey.objects.get().digest == digest
    assert ApiKey.objects.find(digest) is None


def test_every_scope_has_its_words():
    assert tuple(SCOPE_LABELS) == SCOPES
