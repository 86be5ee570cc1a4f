"""Which preprocessing suits the model."""
