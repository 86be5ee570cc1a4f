"""Pages on the network: the model with its drawing, and each layer with its channels."""
