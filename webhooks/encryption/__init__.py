"""Encrypts (seals) secrets before they are stored, so that a copy of the database reveals none."""

from webhooks.encryption.fields import SealedField
from webhooks.encryption.sealing import Unsealable, seal, unseal

__all__ = ["SealedField", "Unsealable", "seal", "unseal"]
