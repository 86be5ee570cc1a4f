"""One file to hand in, and its check."""
