"""Concepts: groups of channels that are active together, found in the last maps."""
