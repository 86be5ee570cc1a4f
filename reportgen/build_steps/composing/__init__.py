"""Groups of sections, each composed of finished units: the records and what is left out."""
