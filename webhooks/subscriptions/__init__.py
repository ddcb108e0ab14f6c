"""Who asks for which events: the verbs on a webhook, its audit log, and what its administrators are told.

Pages, API, admin and the delivery's health call these verbs. Nothing here claims, sends or settles a delivery.
"""
