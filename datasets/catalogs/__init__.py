"""The kinds of catalogues: one connector a file, each found by its kind."""

from datasets.catalogs.connector import CatalogError, Connector, all_connectors, find, register, registered
from datasets.catalogs.local import Local

__all__ = ["CatalogError", "Connector", "Local", "all_connectors", "find", "register", "registered"]
