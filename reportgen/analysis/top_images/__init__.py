"""The search for the images that activate a channel the most."""
