"""How the model behaves over many images: similarity of its layers, robustness, concepts."""
