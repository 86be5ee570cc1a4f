"""The user's notes."""
