"""Gates: conditions that a report's numbers have to meet, and what the numbers are."""
