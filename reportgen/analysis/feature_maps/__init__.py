"""What is computed and kept of feature maps."""
