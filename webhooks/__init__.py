"""Events recorded, delivered and shown: what this project exists for."""
