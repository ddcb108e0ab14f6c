"""The template filters of the webhooks app."""
