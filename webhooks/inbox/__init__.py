"""The built-in receiver of development and demonstration: it stores, verifies and shows the requests that it gets.

Only `urls` imports it. It never sends anything, and it is off in production.
"""
