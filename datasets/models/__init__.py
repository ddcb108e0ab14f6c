"""What an account holds: datasets, and what is made of them."""

from datasets.models.dataset import Dataset

__all__ = ["Dataset"]
