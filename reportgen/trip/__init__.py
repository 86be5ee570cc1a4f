"""One build's state and its steps."""
