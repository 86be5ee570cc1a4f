"""Networks of `keras.applications`, with weights from a file, from Keras's own cache, or random."""

from typing import TYPE_CHECKING

from reportgen.errors import ModelFileError
from reportgen.inputs.applications import APPLICATIONS, Application
from reportgen.inputs.model_files.identify import ModelFile

if TYPE_CHECKING:
    import keras


def open_application(
    file: ModelFile, *, top: bool, input_size: tuple[int, int] | None, seed: int
) -> tuple["keras.Model", list[str], list[str]]:
    """Build the network and give it its weights; returns it with notes and warnings."""
    import keras

    application = APPLICATIONS[str(file.application)]
    if file.weights is None:
        keras.utils.set_random_seed(seed)
        model = build(application, top=top, input_size=input_size)
        return (
            model,
            [],
            [
                f"{application.constructor} has random weights (seed {seed}): what the report shows is"
                " untrained; give --weights FILE or --weights imagenet."
            ],
        )
    if str(file.weights) == "imagenet":
        return _with_imagenet(application, top, input_size), [], []
    return _with_file(application, file, top, input_size)


def build(
    application: Application,
    *,
    top: bool,
    input_size: tuple[int, int] | None,
    classes: int = 1000,
    weights: str | None = None,
) -> "keras.Model":
    """Call the network's constructor."""
    import keras

    height, width = input_size or (application.default_size, application.default_size)
    constructor = getattr(keras.applications, application.constructor)
    model = constructor(
        weights=weights,
        include_top=top,
        input_shape=(height, width, 3),
        **({"classes": classes} if top else {}),
    )
    return model


def _with_imagenet(
    application: Application, top: bool, input_size: tuple[int, int] | None
) -> "keras.Model":
    try:
        return build(application, top=top, input_size=input_size, weights="imagenet")
    except ValueError:
        raise
    except Exception as error:
        raise ModelFileError(
            f"The ImageNet weights of {application.constructor} are not in Keras's cache and could not"
            " be fetched; connect to the network once, or give a weights file with --weights FILE."
        ) from error


def _with_file(
    application: Application, file: ModelFile, top: bool, input_size: tuple[int, int] | None
) -> tuple["keras.Model", list[str], list[str]]:
    assert file.weights is not None
    notes = []
    for with_top in [True, False] if top else [False]:
        model = build(application, top=with_top, input_size=input_size)
        try:
            model.load_weights(file.weights)
        except ValueError as error:
            if not with_top:
                raise ModelFileError(
                    f"{file.weights.name} does not fit {application.constructor}."
                ) from error
            continue
        if top and not with_top:
            notes.append(
                f"{file.weights.name} holds no top: the classifier of {application.constructor} is left out."
            )
        return model, notes, []
    raise AssertionError
