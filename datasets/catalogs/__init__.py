"""The kinds of catalogues: one connector a file, each found by its kind."""

from datasets.catalogs.connector import Connector, Refused, all_connectors, find, register, registered
from datasets.catalogs.local import Local

__all__ = ["Connector", "Local", "Refused", "all_connectors", "find", "register", "registered"]
