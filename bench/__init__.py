"""How fast it is beside its peers, and what it loses when everything fails: no part of the product."""
