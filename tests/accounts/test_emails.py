"""The e-mails of the accounts room."""

from django.core import mail

from accounts import emails
from accounts.models import Invitation


def test_a_letter_is_in_the_language_of_its_reader_and_its_subject_on_one_line(alice, account, mailoutbox):
    account.name = "Ville\nBcc: all@ville.example"
    invitation = Invitation(pk=1, account=account, email="d@ville.example", role="reader", invited_by=alice)

    assert emails.send_invitation(invitation)
    assert mail.outbox[0].subject == "Alice invites you to Ville Bcc: all@ville.example on Porte-voix"
