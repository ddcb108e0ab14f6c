"""The pages of webhooks: a view finds within the account, calls a verb, and answers a page or the part asked for."""
