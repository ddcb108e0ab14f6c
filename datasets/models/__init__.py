"""What an account holds: datasets, what is made of them, where they are published."""

from datasets.models.catalog import Catalog, Publication, Resource
from datasets.models.dataset import Dataset
from datasets.models.visualisation import Drawing, Visualisation

__all__ = ["Catalog", "Dataset", "Drawing", "Publication", "Resource", "Visualisation"]
