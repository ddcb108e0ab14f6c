"""Receivers of bad manners, kept to see what the courier makes of them: see `test_zoo.py`."""
