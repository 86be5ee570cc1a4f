"""Image files: found, decoded, brought to the size of the network."""
