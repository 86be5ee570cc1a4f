"""Two or more finished reports → one comparison. Reads records and pictures, never a model."""
