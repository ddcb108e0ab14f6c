"""The forms of the pages: the dialog of a webhook, what an act asks, what a list of deliveries is narrowed by.

Views import them, and the API validates webhooks by the dialog's. They check what people type, and save nothing but
through `subscriptions`.
"""
