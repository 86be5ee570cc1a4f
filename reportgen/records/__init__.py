"""What a report states, as typed records."""
