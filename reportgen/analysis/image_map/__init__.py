"""Where images lie in the features of the network: positions, neighbours, suspected labels."""
