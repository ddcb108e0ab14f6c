"""Who asks for which events: the verbs on a webhook, what the audit says of it, and what its administrators are told.

Pages, API, admin and the delivery's health call these verbs. Nothing here claims, sends or settles a delivery.
"""
