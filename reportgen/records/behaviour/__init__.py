"""How the model behaves over many images: which layers repeat each other, and what follows."""
