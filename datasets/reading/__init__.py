"""From a file that a stranger uploaded to a typed table: encoding, dialect, types, and why it cannot be."""

from datasets.reading.conversion import Table, convert

__all__ = ["Table", "convert"]
