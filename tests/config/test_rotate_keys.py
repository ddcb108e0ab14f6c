"""The command `rotate_keys`: what it prints, and how it ends."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils.crypto import salted_hmac

from accounts.models import ApiKey
from accounts.principal import WORKER
from accounts.services import api_keys
from config.management.commands.rotate_keys import SHOWN
from tests.factories import WebhookFactory
from tests.key_rings import A, B, C
from webhooks.models import Secret, Webhook


@pytest.fixture
def webhook(keys, account):
    return WebhookFactory.create(account=account, headers=[["Authorization", "s3cret"]])


def rotate(*options: str) -> list[str]:
    out = StringIO()
    call_command("rotate_keys", *options, stdout=out)
    return out.getvalue().splitlines()


def stored():
    return list(Webhook.objects.values_list("sealed", flat=True)), list(Secret.objects.values_list("sealed", flat=True))


def test_an_empty_database_depends_on_no_key(keys, db):
    keys(B, A)

    assert rotate() == [
        "webhooks.Secret.sealed: nothing is stored.",
        "webhooks.Webhook.sealed: nothing is stored.",
        "accounts.ApiKey.digest: 0 depend on no key.",
        "What is stored from now on is sealed with SECRET_KEY.",
        "Nothing stored depends on key 1 of SECRET_KEY_FALLBACKS: it may be removed; sessions of its time end then.",
    ]


def test_a_dry_run_counts_by_column_and_key_and_changes_nothing(keys, webhook):
    keys(C, B, A)
    WebhookFactory.create(account=webhook.account)
    before = stored()

    assert rotate("--dry-run") == [
        "webhooks.Secret.sealed: SECRET_KEY opens 1, key 2 of SECRET_KEY_FALLBACKS opens 1.",
        "webhooks.Webhook.sealed: key 2 of SECRET_KEY_FALLBACKS opens 1.",
        "accounts.ApiKey.digest: 0 depend on no key.",
        "What is stored from now on is sealed with SECRET_KEY.",
        "Nothing stored depends on key 1 of SECRET_KEY_FALLBACKS: it may be removed; sessions of its time end then.",
        "Keep key 2 of SECRET_KEY_FALLBACKS: it opens 2 values.",
    ]
    assert stored() == before


def test_the_rotation_to_field_keys_frees_the_secret_key(keys, webhook):
    keys(A, field_keys=[B])

    first = rotate()

    assert first[3:] == [
        "webhooks.Secret.sealed: 1 of 1 sealed again.",
        "webhooks.Webhook.sealed: 1 of 1 sealed again.",
        "What is stored from now on is sealed with key 1 of FIELD_KEYS.",
        "Nothing stored depends on SECRET_KEY: it may be changed, with the old one in SECRET_KEY_FALLBACKS.",
    ]
    assert not any("sealed again" in line for line in rotate())
    keys(C, field_keys=[B])
    assert Webhook.objects.get().settings["headers"] == [["Authorization", "s3cret"]]


def test_what_cannot_be_opened_is_named_the_rest_done_and_the_end_is_a_failure(keys, webhook):
    lost = WebhookFactory.create(account=webhook.account)
    keys(B)
    other = WebhookFactory.create(account=webhook.account, headers=[["Authorization", "s3cret"]])
    keys(C, B)
    Secret.objects.filter(webhook=lost).update(sealed="")
    out = StringIO()

    for options in (["--dry-run"], []):
        with pytest.raises(CommandError, match=r"^No key opens 2 of the values: put the key .* back") as error:
            call_command("rotate_keys", *options, stdout=out)
        assert error.value.returncode == 1

    assert f"webhooks.Webhook.sealed: key 1 of SECRET_KEY_FALLBACKS opens 1, no key opens 1 ({webhook.pk})." in (
        out.getvalue()
    )
    keys(C)
    assert other.secrets.get().reveal()
    keys(C, A)
    assert webhook.secrets.get().reveal()
    assert rotate()[-1].startswith("Nothing stored depends on key 1 of SECRET_KEY_FALLBACKS")


def test_what_an_old_process_seals_meanwhile_is_a_failure_to_be_run_again(keys, webhook):
    keys(B, A)

    class OldProcess(StringIO):
        """Seals as a process that has still the old settings, at the first word of progress."""

        def write(self, text):
            if "sealed again" in text and Webhook.objects.count() == 1:
                keys(A)
                WebhookFactory.create(account=webhook.account)
                keys(B, A)
            return super().write(text)

    with pytest.raises(CommandError, match=r"^Meanwhile 1 values were sealed with another key .* run this again\.$"):
        call_command("rotate_keys", stdout=OldProcess())

    assert rotate()[-1].startswith("Nothing stored depends on key 1 of SECRET_KEY_FALLBACKS")


def _of_before(account, title):
    """Make a key as the versions did that stored an HMAC; return its clear text."""
    key, clear = api_keys.issue_key(account, title=title, scopes=["datasets"], by=WORKER)
    ApiKey.objects.filter(pk=key.pk).update(
        digest=salted_hmac("accounts.ApiKey", clear, algorithm="sha256").hexdigest()
    )
    return clear


def test_api_keys_that_depend_on_a_key_are_named_until_they_are_used(keys, account):
    clear = _of_before(account, "Cron")
    keys(B, A, field_keys=[C])
    api_keys.issue_key(account, title="New", scopes=["datasets"], by=WORKER)

    assert rotate()[2:] == [
        "accounts.ApiKey.digest: 1 depend on no key, 1 on SECRET_KEY or a fallback until they are next used"
        " ('Cron' of organization:ville).",
        "What is stored from now on is sealed with key 1 of FIELD_KEYS.",
        "Keep SECRET_KEY: 1 API keys may depend on it.",
        "Keep key 1 of SECRET_KEY_FALLBACKS: 1 API keys may depend on it.",
    ]
    assert ApiKey.objects.find(clear)
    assert rotate()[2] == "accounts.ApiKey.digest: 2 depend on no key."


def test_a_crowd_is_named_in_part(keys, account):
    for number in range(SHOWN + 2):
        _of_before(account, f"Cron {number}")

    line = rotate("--dry-run")[2]

    assert line.endswith(f"'Cron {SHOWN - 1}' of organization:ville and 2 more).")
    assert line.count("organization:ville") == SHOWN
