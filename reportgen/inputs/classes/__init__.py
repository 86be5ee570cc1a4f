"""Classes, labels and values: from the model, from folders, from tables."""
