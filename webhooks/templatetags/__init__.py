"""Template tags of the webhooks room."""
