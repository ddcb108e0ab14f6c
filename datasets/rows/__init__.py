"""The rows of a dataset as pages and API ask for them: filtered, sorted, a part at a time.

The edges import it. It reads Parquet only, and never writes.
"""
