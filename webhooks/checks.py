"""What `manage.py check` says about the settings of webhooks."""


def register() -> None:
    """Register the checks of this room."""
