"""The built-in receiver of development and demonstration: it keeps, verifies and shows the calls that it gets.

Only `urls` imports it. It never sends anything, and it is off in production.
"""
