"""Parts of the report that are composed of all images together."""
