"""One module for each kind of analysis."""
