"""The pages of webhooks: each view finds objects within the account, calls a service, and renders a page or a part.

`webhooks.urls` alone imports the views. They contain no rule of their own, and of `delivery` they use only `replay`,
`history` and `preview`.
"""
