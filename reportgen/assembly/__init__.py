"""Finished units become records and picture files."""
