"""Files and models become images, a flat network, preprocessing and labels."""
