"""The REST API of webhooks, events and deliveries: views, serializers, parameters.

`config.api` includes its `urls`. It finds within the caller's account, calls the same verbs as the pages, and shows
the result. It changes no row itself, and no other module of the app imports it.
"""
