"""The events of this app: their types, their JSON, and the receivers that record them when a signal is sent.

Only `apps` imports it. It is the only part of the app that records events.
It never changes a row of this app.
"""
