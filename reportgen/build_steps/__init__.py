"""The steps of one build: from a model file and images to the records of a report."""
