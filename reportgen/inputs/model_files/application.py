"""Networks of `keras.applications`, with weights from a file, from Keras's own cache, or random."""

from typing import TYPE_CHECKING

from reportgen.errors import ModelFileError
from reportgen.inputs.applications import APPLICATIONS, Application
from reportgen.inputs.model_files.hdf5 import damage_named
from reportgen.inputs.model_files.identify import ModelFile
from reportgen.inputs.model_files.parts import Part
from reportgen.inputs.model_files.stored import LegacyWeights, Weights, count_arrays, read_weights
from reportgen.inputs.model_files.weights_assign import WeightsMismatchError
from reportgen.inputs.model_files.weights_legacy import last_size_legacy, load_legacy
from reportgen.inputs.model_files.weights_tree import last_size_tree, load_tree

if TYPE_CHECKING:
    import keras

IMAGENET_CLASSES = 1000
Opened = tuple["keras.Model", list[str], list[str]]
"""A model, notes and warnings."""


def open_application(
    file: ModelFile,
    *,
    top: bool,
    input_size: tuple[int, int] | None,
    weights_by_name: bool = False,
    seed: int,
) -> Opened:
    """Build the network that `file` names and give it its weights; raises `ModelFileError`."""
    import keras

    application = APPLICATIONS[str(file.application)]
    keras.utils.set_random_seed(seed)
    if file.weights is None:
        warning = (
            f"{application.constructor} has untrained weights (random, seed {seed}):"
            " its predictions and heatmaps mean nothing"
        )
        return build(application, top=top, input_size=input_size), [], [warning]
    if str(file.weights) == "imagenet":
        return _with_imagenet(application, top, input_size), [], []
    with read_weights(file.weights) as weights, damage_named(file.weights.name):
        return _Fitting(application, weights, input_size, weights_by_name).fit(top)


def build(
    application: Application,
    *,
    top: bool,
    input_size: tuple[int, int] | None,
    classes: int = IMAGENET_CLASSES,
    weights: str | None = None,
) -> "keras.Model":
    """Call the network's constructor; raises `ModelFileError` for a size it cannot have."""
    import keras

    height, width = input_size or (application.default_size, application.default_size)
    constructor = getattr(keras.applications, application.constructor)
    head = {"classes": classes} if top else {}
    try:
        return constructor(weights=weights, include_top=top, input_shape=(height, width, 3), **head)
    except ValueError as error:
        reason = " ".join(str(error).split())[:200]
        raise ModelFileError(
            f"{application.constructor} cannot have an input of {width} × {height} pixels: {reason}"
        ) from error


def _with_imagenet(
    application: Application, top: bool, input_size: tuple[int, int] | None
) -> "keras.Model":
    try:
        return build(application, top=top, input_size=input_size, weights="imagenet")
    except ModelFileError:
        raise
    except Exception as error:
        raise ModelFileError(
            f"The ImageNet weights of {application.constructor} are not in Keras's cache and could"
            " not be fetched; connect to the network once, or give a file with --weights FILE."
        ) from error


class _Fitting:
    """Finds the form of a network (with its top, with how many classes) that weights fit."""

    def __init__(
        self,
        application: Application,
        weights: Weights,
        input_size: tuple[int, int] | None,
        by_name: bool,
    ) -> None:
        self.application = application
        self.weights = weights
        self.input_size = input_size
        self.by_name = by_name
        self.name = application.constructor

    def fit(self, top: bool) -> Opened:
        base = build(self.application, top=False, input_size=self.input_size)
        if not top or count_arrays(self.weights) <= len(base.weights):
            warnings = self._load(base)
            notes = [
                f"{self.weights.file_name} fits {self.name} without its top, which is left out:"
                " the report has no classes"
            ]
            return base, notes if top else [], warnings
        try:
            return self._with_top()
        except WeightsMismatchError as mismatch:
            try:
                warnings = self._load(base)
            except WeightsMismatchError:
                raise mismatch from None
            note = f"the top of {self.name} is left out, because {mismatch}"
            return base, [note.rstrip(".")], warnings

    def _with_top(self) -> Opened:
        model = build(self.application, top=True, input_size=self.input_size)
        classes = self._stored_classes(model)
        notes = []
        if classes is not None and classes != IMAGENET_CLASSES:
            model = build(self.application, top=True, input_size=self.input_size, classes=classes)
            notes = [
                f"{self.weights.file_name} holds a top for {classes} classes instead of"
                f" {IMAGENET_CLASSES}"
            ]
        return model, notes, self._load(model)

    def _stored_classes(self, model: "keras.Model") -> int | None:
        """How many classes the stored top has: the length of its last layer's bias."""
        part = Part.of_model(model)
        if isinstance(self.weights, LegacyWeights):
            found = last_size_legacy(part, self.weights, by_name=self.by_name)
        else:
            found = last_size_tree(part, self.weights)
        return found if found is not None and 0 < found < 1_000_000 else None

    def _load(self, model: "keras.Model") -> list[str]:
        part = Part.of_model(model)
        if isinstance(self.weights, LegacyWeights):
            return load_legacy(part, self.weights, by_name=self.by_name)
        load_tree(part, self.weights)
        return []
