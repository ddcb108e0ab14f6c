"""What a chart is, the data it shows, and how it is rendered as SVG and as a table.

Models, services, forms and the API import it. It reads the Parquet file of a dataset.
It never touches the database.
"""
