"""What continuous integration reads of a finished report: one module for each format."""
