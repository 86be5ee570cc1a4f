"""What the model's outputs mean, and how class scores are read from them."""
