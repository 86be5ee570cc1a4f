"""Predictions against what is known of the images."""
