"""The e-mails of the accounts room."""

from django.core import mail

from accounts import emails


def test_a_letter_is_in_the_language_of_its_reader_and_its_subject_on_one_line(alice, account, mailoutbox):
    account.name = "Ville\nBcc: all@ville.example"

    assert emails.send_invitation(alice, account=account, by=alice)
    assert mail.outbox[0].subject == "Alice invites you to Ville Bcc: all@ville.example on Porte-voix"
