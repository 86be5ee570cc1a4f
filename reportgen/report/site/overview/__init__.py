"""The overview: what it shows of everything, and its context."""
