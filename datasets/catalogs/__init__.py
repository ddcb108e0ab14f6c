"""The connectors of catalogues: one module for each kind, found by its name.

Services, forms, views and the API import it. Remote catalogues are called through `webhooks.egress`.
It never writes to the database: `services.publications` records the outcome.
"""

from datasets.catalogs.connector import CatalogError, Connector, all_connectors, find, register, registered
from datasets.catalogs.local import Local

__all__ = ["CatalogError", "Connector", "Local", "all_connectors", "find", "register", "registered"]
