"""Commands for developers: the services of the tests, the check of the translations."""
