"""What happens in this room, told to whoever listens; each is sent inside the transaction of the act.

Send with `signal.send(sender=Model, …)`, never `send_robust`: a receiver that fails rolls the act back. `by` is an
`accounts.principal.Principal` (`WORKER` for the service itself). A `reason` is a sentence for people, a str or a lazy
translation: the receiver renders it in the account's language.
"""

from django.dispatch import Signal

dataset_created = Signal()
"""`dataset`, `by`: its first file was accepted; nothing was read of it yet."""

dataset_data_updated = Signal()
"""`dataset`, `by`: a new file was accepted in the place of the one served; nothing was read of it yet."""

dataset_finalized = Signal()
"""`dataset`, `by`: its last file was read whole and its rows are served."""

dataset_error = Signal()
"""`dataset`, `reason`, `by`, optional `publication`: its file cannot be read, or it could not be put on a catalogue."""

dataset_published = Signal()
"""`dataset`, `publication`, `action` (`created`, `updated`, `removed`), `by`: a catalogue took it, or let go of it."""

dataset_downloaded = Signal()
"""`dataset`, `file` (`original` or `full`), `by`: somebody started to download the whole of it."""

dataset_downloaded_filter = Signal()
"""`dataset`, `filters` (dict of query parameters: str), `by`: somebody started to download a part of it as CSV."""

visualisation_created = Signal()
"""`visualisation`, `by`: it exists."""

visualisation_error = Signal()
"""`visualisation`, `reason`, `by`, optional `publication`: it cannot be drawn, or could not be put on a catalogue."""

visualisation_published = Signal()
"""`visualisation`, `publication`, `action` (as for datasets), `by`: a catalogue took it, or let go of it."""
