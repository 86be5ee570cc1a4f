"""A model as report.json states it."""

MODEL = {
    "name": "tiny", "file": "tiny.keras", "description": "Sequential", "sha256": "0" * 64,
    "size": 1_500_000, "parameters": 1234567, "trainable_parameters": 7, "labels": ["cat", "dög"],
    "inputs": [{"name": "photo", "shape": [None, 8, 8, 3], "dtype": "float32"}], "outputs": [],
    "image_input": None, "head": None, "last_spatial_layer": "conv", "notes": ["Cut at \x1b[2J."],
    "preprocessing": {"mode": "unit", "source": "assumed", "reason": "Nothing says how."},
    "blocks": [{"name": "block 1", "layers": ["conv"]}],
    "layers": [{
        "path": "base/conv[bold]", "name": "conv", "type": "Conv2D", "block": "block 1",
        "output_shape": [None, 8, 8, 4], "parameters": 112, "trainable_parameters": 0,
        "trainable": False, "inputs": ["photo"], "spatial": True, "convolution": True,
        "passes_through": False, "channels": 4,
    }],
}  # fmt: skip
