"""Model files: what they are (without TensorFlow), and how they are opened.

`identify` looks at a file's bytes and never imports Keras; `open_model` turns what was identified
into a Keras model. Nothing that a file carries is ever run.
"""

from reportgen.inputs.model_files.identify import ModelFile, check_weights_given, identify
from reportgen.inputs.model_files.opening import OpenedModel, open_model

__all__ = ["ModelFile", "OpenedModel", "check_weights_given", "identify", "open_model"]
