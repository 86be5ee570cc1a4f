"""The PDF, by Typst or by a browser."""
