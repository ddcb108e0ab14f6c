"""The REST API of datasets, visualisations (Data Fair's applications) and catalogues: views, serializers, parameters.

`config.api` includes its `urls`. It calls services, `rows.reader` and `files.downloads`.
It changes no row itself, and no other module of the app imports it.
"""
