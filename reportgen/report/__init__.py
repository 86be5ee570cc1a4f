"""Results become pages."""
