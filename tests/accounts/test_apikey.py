"""The command `apikey`."""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import ApiKey


def test_the_command_prints_a_key_that_works(account):
    out = StringIO()

    call_command(
        "apikey", "organization:ville", scopes=["webhooks-read", "datasets"], title="Cron", days=30, stdout=out
    )

    key = ApiKey.objects.find(out.getvalue().strip())
    assert key is not None
    assert (key.account, key.title, key.scopes) == (account, "Cron", ["datasets", "webhooks-read"])
    assert key.expires_at is not None
    assert 29 <= (key.expires_at - timezone.now()).days <= 30


@pytest.mark.parametrize(
    ("named", "scopes", "days", "said"),
    [
        (
            "organization:paris",
            ["datasets"],
            None,
            "no account 'organization:paris'. Some that there are: organization:ville",
        ),
        ("ville", ["datasets"], None, "no account 'ville'"),
        (
            "organization:ville",
            ["datasets", "cakes"],
            None,
            "Unknown scopes: cakes. Known are: datasets, datasets-read",
        ),
        ("organization:ville", ["datasets"], 0, "--days is at least 1."),
    ],
)
def test_the_command_says_clearly_what_is_wrong(named, scopes, days, said, account):
    with pytest.raises(CommandError, match=re.escape(said)):
        call_command("apikey", named, scopes=scopes, days=days)

    assert not ApiKey.objects.exists()
