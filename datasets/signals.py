"""The signals of this app, each sent inside the transaction of what it announces.

Send with `signal.send(sender=Model, …)`, never `send_robust`: a receiver that fails must roll the transaction back.
`by` is an `accounts.principal.Principal` (`WORKER` for the service itself). `reason` is a sentence for people, a str or
a lazy translation, which the receiver renders in the account's language.
"""

from django.dispatch import Signal

dataset_created = Signal()
"""`dataset`, `by`: its first file was accepted and has not been read yet."""

dataset_data_updated = Signal()
"""`dataset`, `by`: a new file was accepted to replace the one served, and has not been read yet."""

dataset_finalized = Signal()
"""`dataset`, `by`: its last file was read whole; its rows are served now."""

dataset_error = Signal()
"""`dataset`, `reason`, `by`, optional `publication`: its file cannot be read, or it could not be put on a catalogue."""

dataset_published = Signal()
"""`dataset`, `publication`, `action`, `by`: it was `created` or `updated` on a catalogue, or `removed` from it."""

dataset_downloaded = Signal()
"""`dataset`, `file` (`original` or `full`), `by`: a download of all of it was started."""

dataset_downloaded_filter = Signal()
"""`dataset`, `filters` (dict of query parameters: str), `by`: a download of some of its rows as CSV was started."""

visualisation_created = Signal()
"""`visualisation`, `by`: it was created."""

visualisation_error = Signal()
"""`visualisation`, `reason`, `by`, optional `publication`: it cannot be drawn, or could not be put on a catalogue."""

visualisation_published = Signal()
"""`visualisation`, `publication`, `action` (as for datasets), `by`: it was published, updated or removed."""
