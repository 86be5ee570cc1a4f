"""How the images of a build are prepared for the network: told by the model, or found by trying."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from reportgen.analysis.options import UnsettledOptions
from reportgen.analysis.preprocessing.batch_statistics import MOST_IMAGES as MOST_COMPARED
from reportgen.analysis.preprocessing.batch_statistics import (
    BatchStatistics,
    StatisticsData,
    choose_by_statistics,
)
from reportgen.analysis.preprocessing.trial import (
    PreprocessingTrial,
    TrialData,
    TrialOptions,
    choose_by_trial,
    sample,
)
from reportgen.evenly_spaced import spread
from reportgen.execution.runner import Outcome, Plan
from reportgen.execution.store import Stored
from reportgen.inputs.classes.class_names import Classes
from reportgen.inputs.photos.images import ImageFile
from reportgen.records.model import Model, Preprocessing

Photos = Sequence[tuple[ImageFile, str]]
Run = Callable[[Plan[Any]], Mapping[str, Outcome]]


def find_preprocessing(
    facts: Model, photos: Photos, classes: Classes, options: UnsettledOptions, run: Run
) -> Preprocessing:
    """The preprocessing to use where none is given.

    What a layer of the model does itself needs no trial. Batch normalisations are asked where the
    mode would be assumed; images of known class may show that another mode is right.
    """
    usual = facts.preprocessing
    if facts.image_input is None or usual.own_layer:
        return usual
    if usual.source == "assumed":
        usual = _by_statistics(facts, photos, options, run, usual)
    return _by_trial(facts, photos, classes, options, run, usual)


def _by_statistics(
    facts: Model, photos: Photos, options: UnsettledOptions, run: Run, usual: Preprocessing
) -> Preprocessing:
    if not any(layer.type == "BatchNormalization" for layer in facts.layers):
        return usual
    statistics = BatchStatistics()
    digests = spread(list(dict.fromkeys(digest for _, digest in photos)), MOST_COMPARED)
    unit = statistics.unit(facts.sha256, digests, options)
    outcome = run(Plan(statistics, [unit]))[unit.key]
    if not isinstance(outcome, Stored):
        return usual
    found = outcome.read(StatisticsData)
    return choose_by_statistics(usual, found.distances, found.layers, found.images)


def _by_trial(
    facts: Model,
    photos: Photos,
    classes: Classes,
    options: UnsettledOptions,
    run: Run,
    usual: Preprocessing,
) -> Preprocessing:
    known = {digest: file.true_class for file, digest in photos if file.true_class is not None}
    if not known:
        return usual
    trial = PreprocessingTrial()
    tried = sample(known)
    with_classes = TrialOptions(
        opening=options.opening, feeding=options.feeding, classes=list(tried.values())
    )
    unit = trial.unit(facts.sha256, list(tried), with_classes)
    outcome = run(Plan(trial, [unit]))[unit.key]
    if not isinstance(outcome, Stored):
        return usual
    found = outcome.read(TrialData)
    any_order = found.in_any_order if classes.assumed else None
    return choose_by_trial(usual, found.correct, found.images, any_order)


def sampled(photos: Photos) -> list[tuple[ImageFile, str]]:
    """As many images as are tried at most: of all classes in turn, or evenly spread."""
    known = {digest: file.true_class for file, digest in photos if file.true_class is not None}
    if not known:
        return spread(photos, MOST_COMPARED)
    taken = sample(known)
    return list({digest: (file, digest) for file, digest in photos if digest in taken}.values())
