"""The whole report in one HTML file."""
