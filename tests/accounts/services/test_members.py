"""The members of an account."""

import pytest

from accounts.models import Account
from accounts.principal import WORKER
from accounts.services import members


@pytest.fixture
def of_alice(alice, account):
    return account.memberships.get(user=alice)


def test_the_rule_of_the_last_administrator_is_that_of_one_account_only(alice, carl, account, of_alice):
    with pytest.raises(members.LastAdministrator):
        members.remove_member(of_alice, by=WORKER)
    with pytest.raises(members.LastAdministrator):
        members.remove_member(carl.memberships.get(account__kind=Account.Kind.USER), by=WORKER)
