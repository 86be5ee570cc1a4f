"""The flat graph of layers of any model."""
