"""What happened: the types of events, and their recording, reading and counting.

Anything may record and read events here; of this app, other apps import `registry`, `outbox` and `journal` only.
Nothing here knows what the resources of events are or which webhooks listen, and nothing here sends anything.
"""
