"""The tiles of a page, as its markup has them."""

import re

TILE = re.compile(
    r'<svg viewBox="(\d+) (\d+) (\d+) (\d+)" role="img" aria-label="([^"]*)"[^>]*>'
    r'<image href="([^"]*)"'
)
