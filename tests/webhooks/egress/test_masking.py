"""A URL that is shown gives no secret away."""

import pytest

from webhooks.egress.masking import mask_url


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://example.com/a/b", "https://example.com/a/b"),
        ("https://example.com/a?token=s3cret&x=1", "https://example.com/a?token=•••&x=•••"),
        ("https://example.com/?s3cret", "https://example.com/?•••"),
        ("https://example.com/?", "https://example.com/?•••"),
        ("https://example.com/#s3cret", "https://example.com/"),
        ("https://al:s3cret@example.com/", "https://•••@example.com/"),
        ("https://al@s3cret@example.com/", "https://•••@example.com/"),
        ("https://hooks.slack.com/services/T0/B0/s3cret", "https://hooks.slack.com/services/•••"),
        ("https://hooks.slack.com/triggers/T0/s3cret", "https://hooks.slack.com/triggers/•••"),
        ("https://HOOKS.slack-gov.com:443/services/T0/s3cret", "https://HOOKS.slack-gov.com:443/services/•••"),
        ("https://discord.com/api/webhooks/12/s3cret?wait=true", "https://discord.com/api/webhooks/•••?wait=•••"),
        ("https://ptb.discord.com/api/v10/webhooks/12/s3cret", "https://ptb.discord.com/api/v10/webhooks/•••"),
        ("https://chat.example:8443/hooks/s3cret", "https://chat.example:8443/hooks/•••"),
        ("https://chat.example/team/hooks/id/s3cret", "https://chat.example/team/hooks/•••"),
        ("https://x.webhook.office.com/webhookb2/s3cret@y/z", "https://x.webhook.office.com/webhookb2/•••"),
        ("https://api.telegram.org/bot123:s3cret/sendMessage", "https://api.telegram.org/bot•••"),
        ("https://maker.ifttt.com/trigger/x/with/key/s3cret", "https://maker.ifttt.com/trigger/x/with/key/•••"),
        ("https://hook.eu1.make.com/s3cret", "https://hook.eu1.make.com/•••"),
        ("https://hooks.zapier.com/hooks/catch/1/s3cret/", "https://hooks.zapier.com/hooks/•••"),
        (
            "https://a.logic.azure.com:443/workflows/i/run?sp=1&sig=s3cret",
            "https://a.logic.azure.com:443/workflows/i/run?sp=•••&sig=•••",
        ),
        ("not a URL with s3cret", "•••"),
    ],
)
def test_secrets_are_hidden(url, shown):
    assert mask_url(url) == shown


def test_only_the_named_parameters_of_a_target_are_hidden():
    url = "https://www.google-analytics.com/mp/collect?measurement_id=G-1&api_secret=s3cret&debug"
    assert (
        mask_url(url, secret_params=frozenset({"api_secret"}))
        == "https://www.google-analytics.com/mp/collect?measurement_id=G-1&api_secret=•••&debug"
    )
