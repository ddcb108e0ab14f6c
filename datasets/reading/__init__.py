"""Convert an uploaded CSV file to a typed Parquet file: its encoding, its dialect, the types of its columns.

`files.ingest` imports it. It raises `errors.UnreadableFile` for a file that cannot be read.
It never touches the database.
"""

from datasets.reading.conversion import Table, convert

__all__ = ["Table", "convert"]
