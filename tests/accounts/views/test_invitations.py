"""Invitations: sent by an administrator, answered with the link of a letter."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts import broker
from accounts.models import AuditEntry, Invitation, User
from accounts.models.invitation import VALID_FOR
from accounts.services import invitations

PASSWORD = "une-phrase-bien-longue"
PAGE = "/invitation/"
DORA = "dora@ville.example"
CHOSEN = {"name": "Dora", "new_password1": PASSWORD, "new_password2": PASSWORD}


class Inviting:
    """An administrator invites an address as a page does; what the page says is kept."""

    said: list[str]

    def __init__(self, administrator, deliver_letters) -> None:
        self._administrator, self._deliver_letters = administrator, deliver_letters

    def __call__(self, email=DORA, role="reader") -> str:
        """Return the link of the letter."""
        sent = len(self._deliver_letters())
        answer = self._administrator.post("/settings/members/new/", {"email": email, "role": role}, follow=True)
        (letter,) = self._deliver_letters()[sent:]
        assert letter.to == [email.lower()]
        self.said = [str(message) for message in answer.context["messages"]]
        return re.findall(r"http://testserver(/invitation/\S+)", letter.body)[0]


@pytest.fixture
def invite(alice, sign_in, deliver_letters) -> Inviting:
    return Inviting(sign_in(alice), deliver_letters)


@pytest.fixture
def visitor():
    return Client(headers={"accept-language": "en"})


@pytest.fixture
def bob(bob):
    bob.set_password(PASSWORD)
    bob.save()
    return bob


def _text(answer):
    return answer.content.decode()


def _open(browser, link):
    """Follow the link of a letter as far as it leads."""
    return browser.get(link, follow=True)


def _answer(browser, link, data=None, **options):
    """Open the link and answer on the page to which it leads."""
    _open(browser, link)
    return browser.post(PAGE, data or {}, **options)


def test_somebody_without_an_account_chooses_a_password_and_is_a_member(invite, visitor, account):
    link = invite()
    assert not User.objects.filter(email=DORA).exists()
    assert "Alice invites you to Ville as reader." in _text(_open(visitor, link))

    answer = _answer(visitor, link, CHOSEN, follow=True)

    dora = User.objects.get(email=DORA)
    assert (dora.name, dora.check_password(PASSWORD), dora.language) == ("Dora", True, "en")
    assert {m.account.kind: m.role for m in dora.memberships.all()} == {"user": "admin", "organization": "reader"}
    assert visitor.session["_auth_user_id"] == str(dora.pk)
    assert answer.context["request"].account == account
    assert [str(message) for message in answer.context["messages"]] == ["You are now a member of Ville."]


def test_somebody_who_has_an_account_signs_in_and_accepts(invite, visitor, bob, account):
    link = invite(bob.email, "contributor")
    assert not account.memberships.filter(user=bob).exists()
    page = _text(_open(visitor, link))
    assert "Sign in as bob@ailleurs.example to accept." in page
    assert "new_password1" not in page

    sign_in_page = re.findall(r'href="(/sign-in/\?next=[^"]+)"', page)[0]
    led = visitor.post(sign_in_page, {"username": bob.email, "password": PASSWORD, "next": PAGE})
    assert led["Location"] == PAGE
    visitor.post(PAGE)

    assert account.memberships.get(user=bob).role == "contributor"


def test_an_administrator_is_told_the_same_of_whoever_is_invited(invite, bob, sign_in, alice):
    invite(bob.email)
    known, page_of_known = invite.said, _text(sign_in(alice).get("/settings/members/"))
    Invitation.objects.all().delete()
    invite("bob2@ailleurs.example")
    unknown, page_of_unknown = invite.said, _text(sign_in(alice).get("/settings/members/"))

    def plain(text):
        return re.sub(
            r"bob2?@|invitations/\d+|\d\d:\d\d|value=\"\w{64}\"|\"X-CSRFToken\": \"\w+\"|&quot;\w{64}&quot;", "", text
        )

    assert [plain(said) for said in known] == [plain(said) for said in unknown]
    assert known == ["An invitation is on its way to bob@ailleurs.example."]
    assert "Bob" not in page_of_known
    assert plain(page_of_known) == plain(page_of_unknown)


def test_a_link_is_for_the_address_that_it_was_sent_to(invite, carl, sign_in, account):
    link = invite()
    browser = sign_in(carl)

    for answer in (_open(browser, link), browser.post(PAGE)):
        assert answer.status_code == 403
        assert "It was sent to dora@ville.example, and you are signed in as carl@ville.example." in _text(answer)
    assert Invitation.objects.get().accepted_at is None


def test_reading_the_link_changes_nothing(invite, visitor, bob, sign_in, account):
    link = invite(bob.email)

    _open(visitor, link)
    _open(sign_in(bob), link)

    assert not account.memberships.filter(user=bob).exists()


def test_a_second_click_acts_once(invite, visitor, account):
    link = invite()

    _open(visitor, link)
    assert [visitor.post(PAGE, CHOSEN)["Location"] for _click in range(2)] == ["/", "/"]
    assert account.memberships.filter(user__email=DORA).count() == 1
    assert Client().get(link)["Location"] == "/"


@pytest.mark.parametrize("signed_in", [True, False])
def test_an_invitation_is_declined(signed_in, invite, visitor, bob, sign_in, account):
    link = invite(bob.email)
    browser = sign_in(bob) if signed_in else visitor

    assert "You have declined" in _text(_answer(browser, link, {"answer": "decline"}))
    assert not account.invitations.exists()
    assert not account.memberships.filter(user=bob).exists()
    assert browser.post(PAGE, CHOSEN).status_code == 410
    assert browser.get(link).status_code == 410


def test_an_invitation_that_was_taken_back_opens_nothing(invite, visitor, alice, sign_in, account):
    link = invite()
    _open(visitor, link)
    sign_in(alice).post(f"/settings/invitations/{Invitation.objects.get().pk}/revoke/")

    answer = visitor.post(PAGE, CHOSEN)

    assert (answer.status_code, User.objects.filter(email=DORA).exists()) == (410, False)
    assert "This invitation no longer works" in _text(answer)


def test_an_invitation_is_over_after_seven_days_and_can_be_sent_again(invite, visitor, alice, sign_in, deliver_letters):
    link = invite()
    with time_machine.travel(timezone.now() + VALID_FOR + timedelta(seconds=1)):
        assert visitor.get(link).status_code == 410
        administrator = sign_in(alice)
        assert ">over<" in _text(administrator.get("/settings/members/"))
        administrator.post(f"/settings/invitations/{Invitation.objects.get().pk}/again/")
        assert deliver_letters()[-1].to == [DORA]
        assert _open(visitor, link).status_code == 200


def test_inviting_anew_gives_another_role_with_the_same_link(invite, visitor, account):
    first, second = invite(role="reader"), invite(role="contributor")

    assert first == second
    _answer(visitor, first, CHOSEN)

    assert account.memberships.get(user__email=DORA).role == "contributor"


@pytest.mark.parametrize("end", ["x", "", ":", "\u00e9", "%00"])
def test_an_altered_link_opens_nothing(end, invite, visitor):
    link = invite().rstrip("/")

    assert visitor.get(f"{link[:-1]}{end}/").status_code in {400, 404, 410}


def test_a_password_that_is_too_weak_is_refused_and_the_invitation_waits(invite, visitor):
    link = invite()

    answer = _answer(visitor, link, CHOSEN | {"new_password1": "dora", "new_password2": "dora"})

    assert (answer.status_code, visitor.get(PAGE).status_code) == (422, 200)
    assert not User.objects.filter(email=DORA).exists()


@pytest.mark.parametrize("act", ["again", "revoke"])
def test_the_invitations_of_others_do_not_exist(act, invite, bob, carl, sign_in):
    invite()
    pk = Invitation.objects.get().pk

    assert sign_in(carl).post(f"/settings/invitations/{pk}/{act}/").status_code == 403
    assert sign_in(bob).post(f"/settings/invitations/{pk}/{act}/").status_code == 404
    assert Invitation.objects.filter(pk=pk).exists()


def test_without_a_broker_the_invitation_waits_to_be_sent_again(alice, sign_in, account, monkeypatch):
    monkeypatch.setattr(broker, "_muted_until", time.monotonic() + 60)

    answer = sign_in(alice).post("/settings/members/new/", {"email": DORA, "role": "reader"}, follow=True)

    assert [str(message) for message in answer.context["messages"]] == [
        "No e-mail can be sent to dora@ville.example just now: send it again later."
    ]
    assert "the letter has not left yet" in _text(answer)


def test_an_address_is_not_flooded_with_invitations(alice, sign_in, deliver_letters):
    for _click in range(20):
        sign_in(alice).post("/settings/members/new/", {"email": DORA, "role": "reader"})

    assert len(deliver_letters()) == 5


def test_an_organisation_has_a_bounded_number_of_invitations(alice, sign_in, account, monkeypatch):
    monkeypatch.setattr(invitations, "MAX_WAITING", 2)
    for n in range(3):
        answer = sign_in(alice).post("/settings/members/new/", {"email": f"d{n}@ville.example", "role": "reader"})

    assert answer.status_code == 422
    assert account.invitations.count() == 2


def test_the_link_stands_in_no_page_and_in_no_audit(invite, alice, sign_in):
    token = invite().split("/")[2]
    invitation = Invitation.objects.get()

    page = _text(sign_in(alice).get("/settings/members/"))

    assert token not in page
    assert invitation.nonce not in page + "".join(map(str, AuditEntry.objects.values_list("changes", flat=True)))


def test_without_a_link_there_is_nothing_to_answer(visitor, db):
    for answer in (visitor.get(PAGE), visitor.post(PAGE, CHOSEN)):
        assert answer.status_code == 410


def test_the_token_stands_in_no_log_while_it_opens_something(invite, carl, sign_in, caplog):
    """Refusals are logged with their address: the page that refuses has none of it."""
    link = invite()

    assert _answer(sign_in(carl), link).status_code == 403

    assert "/invitation/" in caplog.text
    assert link.split("/")[2] not in caplog.text


@pytest.mark.django_db(transaction=True)
def test_two_who_answer_at_once_join_once(invite, account):
    link = invite()

    def accept(_n):
        try:
            return _answer(Client(), link, CHOSEN).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(accept, range(4))) == {302}
    assert account.memberships.filter(user__email=DORA).count() == 1
    assert (
        AuditEntry.objects.filter(account_id=account.pk, action="member.added", object_title__startswith="Dora").count()
        == 1
    )
