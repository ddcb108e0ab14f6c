"""Datasets, visualisations, catalogues and publications: models, pages, API, and the events that they cause."""
