"""What the weights alone tell."""
