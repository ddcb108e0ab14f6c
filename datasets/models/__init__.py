"""The tables of this app: datasets, visualisations and their drawings, catalogues and publications.

Everything in the app but the pure modules imports it. It holds fields, constraints and querysets.
It writes no file, calls nobody and sends no signal.
"""

from datasets.models.catalog import Catalog, Publication, Resource
from datasets.models.dataset import Dataset
from datasets.models.visualisation import Drawing, Visualisation

__all__ = ["Catalog", "Dataset", "Drawing", "Publication", "Resource", "Visualisation"]
