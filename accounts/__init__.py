"""Users and the accounts that own everything: the tenant, its members, its keys."""
