"""What a chart is, the data it shows, and how they become an SVG and a table.

The services of visualisations import it. It never touches the database.
"""
