"""The working notebook."""
