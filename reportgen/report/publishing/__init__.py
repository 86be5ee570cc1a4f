"""A finished report put in its place: published whole, or file by file, with its manifest."""
