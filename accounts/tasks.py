"""The Celery tasks of the accounts app: its letters."""

from celery import shared_task
from django.utils import timezone

from accounts import emails
from accounts.models import Invitation, User


@shared_task
def send_reminder(email: str) -> None:
    """Send the user with this e-mail address, if there is one, a link for choosing another password."""
    user = User.objects.filter(email=email.lower(), is_active=True).first()
    if user is not None:
        emails.send_reminder(user)


@shared_task
def send_invitation(invitation_id: int) -> None:
    """Send an invitation that is still open, and note that the letter has left."""
    invitation = Invitation.objects.waiting().select_related("account", "invited_by").filter(pk=invitation_id).first()
    if invitation is not None and emails.send_invitation(invitation):
        Invitation.objects.filter(pk=invitation_id).update(sent_at=timezone.now())
