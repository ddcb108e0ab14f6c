"""What stands in the database when one of the keys has sealed it."""

import pytest

from tests.factories import AccountFactory, WebhookFactory


@pytest.fixture
def sealed_by_a(keys, db):
    """Return a function that makes webhooks whose secrets A has sealed."""

    def make(count):
        account = AccountFactory.create()
        return [
            WebhookFactory.create(account=account, headers=[["Authorization", f"token {number}"]])
            for number in range(count)
        ]

    return make
