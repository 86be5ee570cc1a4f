"""What each section of a report shows."""
