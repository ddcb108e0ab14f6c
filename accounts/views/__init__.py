"""The pages of the accounts room: signing in, the account in use, its settings, members and API keys.

Only `accounts.urls` imports them. They read the request and render; what changes is done by `accounts.services`.
"""
