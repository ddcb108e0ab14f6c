"""What happened: the types of events, and their recording, reading and counting.

Anything may record and read events here; `registry`, `outbox` and `journal` are all that `datasets` knows of this app.
Nothing here knows which webhooks listen, or sends anything.
"""
