"""Robustness: what the network predicts for corrupted images."""
