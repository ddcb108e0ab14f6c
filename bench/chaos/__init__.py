"""Fault injection: everything fails under load, then what was owed is compared with what arrived."""
