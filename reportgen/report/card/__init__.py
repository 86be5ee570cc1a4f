"""The model card: a README.md that Hugging Face reads, beside the report."""
