"""The settings page of an organisation's members: who is added, given another role, removed."""

import pytest

from accounts.models import Account, Membership
from accounts.permissions import Role
from accounts.principal import WORKER
from accounts.services import members
from tests.factories import MembershipFactory

LAST = "An organisation keeps at least one administrator: name another one first."


@pytest.fixture
def of_alice(alice, account):
    return account.memberships.get(user=alice)


def _said(answer):
    return [str(message) for message in answer.context["messages"]]


def test_a_member_is_not_added_twice_and_keeps_their_role(alice, carl, account, sign_in):
    answer = sign_in(alice).post("/settings/members/new/", {"email": carl.email, "role": "admin"})

    assert answer.status_code == 422
    assert answer.context["form"].errors == {"email": ["This person is already a member."]}
    assert account.memberships.get(user=carl).role == "contributor"


@pytest.mark.parametrize("role", ["owner", ""])
def test_a_role_that_does_not_exist_is_refused(role, alice, carl, account, sign_in):
    member = account.memberships.get(user=carl)

    sign_in(alice).post(f"/settings/members/{member.pk}/role/", {"role": role})
    answer = sign_in(alice).post("/settings/members/new/", {"email": "d@ville.example", "role": role})

    member.refresh_from_db()
    assert (member.role, answer.status_code, account.memberships.count()) == ("contributor", 422, 2)


def test_a_member_gets_another_role(alice, carl, account, sign_in):
    member = account.memberships.get(user=carl)

    answer = sign_in(alice).post(f"/settings/members/{member.pk}/role/", {"role": "admin"}, follow=True)

    member.refresh_from_db()
    assert (member.role, _said(answer)) == ("admin", ["Carl is now administrator."])


def test_a_member_is_removed_after_a_question(alice, carl, account, sign_in):
    member = account.memberships.get(user=carl)
    browser = sign_in(alice)

    assert "Remove Carl?" in browser.get(f"/settings/members/{member.pk}/remove/").content.decode()
    assert account.memberships.count() == 2
    assert browser.post(f"/settings/members/{member.pk}/remove/")["Location"] == "/settings/members/"
    assert [m.user for m in account.memberships.all()] == [alice]


def test_the_last_administrator_is_not_removed(alice, carl, of_alice, sign_in):
    answer = sign_in(alice).post(f"/settings/members/{of_alice.pk}/remove/", follow=True)

    assert _said(answer) == [LAST]
    assert Membership.objects.filter(pk=of_alice.pk, role="admin").exists()


def test_the_last_administrator_is_not_given_a_lesser_role(alice, carl, of_alice, sign_in):
    answer = sign_in(alice).post(f"/settings/members/{of_alice.pk}/role/", {"role": "reader"}, follow=True)

    assert _said(answer) == [LAST]
    of_alice.refresh_from_db()
    assert of_alice.role == "admin"


def test_one_of_two_administrators_may_leave_and_is_led_home(alice, carl, account, of_alice, sign_in):
    members.change_role(account.memberships.get(user=carl), role=Role.ADMIN, by=WORKER)
    browser = sign_in(alice)

    answer = browser.post(f"/settings/members/{of_alice.pk}/remove/")

    assert answer["Location"] == "/"
    assert [m.user for m in account.memberships.all()] == [carl]
    assert browser.get("/settings/general/").context["request"].account == alice.accounts.get(kind=Account.Kind.USER)


def test_one_who_gives_up_administering_is_led_home(alice, carl, account, of_alice, sign_in):
    members.change_role(account.memberships.get(user=carl), role=Role.ADMIN, by=WORKER)

    assert sign_in(alice).post(f"/settings/members/{of_alice.pk}/role/", {"role": "reader"})["Location"] == "/"


@pytest.mark.parametrize("act", ["role", "remove"])
def test_a_member_of_another_account_does_not_exist(act, alice, bob, sign_in):
    other = MembershipFactory.create(user=bob)

    answer = sign_in(alice).post(f"/settings/members/{other.pk}/{act}/", {"role": "reader"})

    assert answer.status_code == 404
    assert Membership.objects.get(pk=other.pk).role == "admin"


def test_a_personal_account_has_no_members_to_manage(bob, sign_in):
    browser = sign_in(bob)

    assert browser.get("/settings/members/").status_code == 404
    assert browser.post("/settings/members/new/", {"email": "x@ville.example", "role": "admin"}).status_code == 404
    assert "/settings/members/" not in browser.get("/settings/general/").content.decode()


@pytest.mark.parametrize("rows", [1, 50])
def test_the_list_of_members_costs_the_same_whatever_its_length(
    rows, alice, account, sign_in, django_assert_num_queries
):
    MembershipFactory.create_batch(rows - 1, account=account)
    browser = sign_in(alice)

    with django_assert_num_queries(5):  # session, user, memberships, members with their users, invitations
        answer = browser.get("/settings/members/")

    assert len(answer.context["rows"]) == rows
