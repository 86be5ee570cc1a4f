"""A static report of what a trained Keras image model sees."""

__version__ = "0.1.0"
