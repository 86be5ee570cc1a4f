"""A comparison as documents: a site, a single file, a PDF."""
