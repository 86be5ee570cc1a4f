"""Pages on channels: everything about one in one place, and a list for each layer."""
