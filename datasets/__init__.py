"""Datasets, visualisations and catalogues: what happens here is told by signals."""
