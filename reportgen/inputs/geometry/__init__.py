"""Where the values of a layer lie on the image."""
