"""Ask a worker to send a letter, so that the answer of a page tells nothing of whom it is for."""

from __future__ import annotations

from accounts.broker import send_task, unless_away

VALID_S = 3600.0
"""A letter that no worker has sent by then is dropped: whoever waited for it has asked again."""


def ask_for_reminder(email: str) -> bool:
    """Have a link for choosing another password sent to `email`, if a user has it; return False without a broker."""
    return _ask("accounts.tasks.send_reminder", email)


def ask_for_invitation(invitation_id: int) -> bool:
    """Have an invitation sent; return False without a broker."""
    return _ask("accounts.tasks.send_invitation", invitation_id)


def _ask(task: str, argument: str | int) -> bool:
    def send() -> bool:
        send_task(task, queue="ingest", expires_s=VALID_S, args=[argument])
        return True

    return unless_away(send, default=False)
