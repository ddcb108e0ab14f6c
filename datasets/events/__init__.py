"""The one place that turns the signals of this app into events of `webhooks`: types, payloads, receivers.

Only `apps` imports it, to connect it once. It never changes a dataset, and nothing else knows how events are recorded.
"""
