"""The REST API of webhooks, events and deliveries."""
