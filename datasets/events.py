"""Turn the signals of this room into events: the one file that knows both sides."""


def connect() -> None:
    """Register the event types and connect the signals."""
