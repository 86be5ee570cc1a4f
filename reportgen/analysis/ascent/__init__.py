"""Gradient ascent on images: filter patterns and dreams."""
