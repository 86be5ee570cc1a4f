"""Data sets that are no folder: lists of image files, and archives."""
