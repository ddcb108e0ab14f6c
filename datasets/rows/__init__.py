"""The rows of a dataset: which ones a request selects, and how they are read as JSON or CSV.

Views and the API import it. It reads the Parquet files of datasets.
It never writes, neither to a file nor to the database.
"""
