"""The acts on users, accounts, members and API keys, each in its own transaction.

Views, commands, the admin and the other rooms call them. They never read a request and never render a page.
"""
