"""Everything that a build starts from, settled: the model's facts, and its images ready to use."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from reportgen.analysis.options import UnsettledOptions
from reportgen.analysis.request import Request
from reportgen.analysis.summary import Summary, SummaryData
from reportgen.build_steps.context import BuildContext
from reportgen.build_steps.decoded_photos import (
    DecodedPhotos,
    check_any,
    decode_photos,
    readable,
    readable_quietly,
)
from reportgen.build_steps.find_preprocessing import find_preprocessing, sampled
from reportgen.build_steps.found_files import FoundFiles, Photos, find_files
from reportgen.build_steps.planning import request_of
from reportgen.build_steps.regressing import TrueValues, true_values_of
from reportgen.build_steps.true_classes import classed
from reportgen.errors import SettingsError
from reportgen.execution.runner import Failure, Plan
from reportgen.inputs.classes.class_names import Classes
from reportgen.inputs.preprocessing import MODE_FORMULAS, function_of
from reportgen.records.model import Model, Preprocessing


@dataclass(frozen=True)
class Inputs:
    """What a build starts from.

    Attributes:
        facts: the model, its labels and preprocessing settled.
        device: what computes, as people know it.
        photos: the images that get pages, all of them readable.
        data_set: the images that are scanned; none without a data set.
        classes: which class each name is.
        decoded: the photos as the pages show them, by their digests.
        true_values: of a regression, by the name of the image and the index of the value.

    """

    facts: Model
    device: str
    photos: Photos
    data_set: Photos
    classes: Classes
    decoded: DecodedPhotos
    true_values: TrueValues = field(default_factory=dict)

    @property
    def names(self) -> dict[str, str]:
        """Names of the photos by their digests; of equal files the first one."""
        return {digest: photo.name for photo, digest in reversed(self.photos)}

    def request(self, context: BuildContext) -> Request:
        """What the report asks of the analyses."""
        shown, scanned = ([digest for _, digest in part] for part in (self.photos, self.data_set))
        return request_of(self.facts, context.job.opening, context.settings, shown, scanned)

    def with_pages(self, context: BuildContext, photos: Photos) -> "Inputs":
        """With pages for these images too; what cannot be read is noted."""
        decoded = decode_photos(context, self.facts, photos)
        more = readable(photos, decoded)
        return replace(self, photos=[*self.photos, *more], decoded={**self.decoded, **decoded})


def open_inputs(context: BuildContext, arguments: Sequence[str]) -> Inputs:
    """Find the images that the arguments name, read the model's facts, and settle the rest.

    Raises ReportgenError.
    """
    bench = context.bench
    files = find_files(context, arguments)
    bench.photos, bench.clips = files.paths, files.clips
    facts, device = read_facts(context)
    files = _with_frames(context, files, facts)
    bench.photos, bench.clips = files.paths, files.clips
    decoded = decode_photos(context, facts, files.shown.photos)
    shown = replace(files.shown, photos=readable(files.shown.photos, decoded))
    check_any(context, [*shown.photos, *files.data_set.photos])
    found = classed(shown, files.data_set, facts.labels, context.settings.labels_csv)
    for remark in found.remarks:
        context.log.warn(remark)
    facts = facts.model_copy(update={"labels": found.labels})
    inputs = Inputs(facts, device, found.photos, found.data_set, found.classes, decoded)
    preprocessing = _settled(context, inputs)
    bench.preprocess = preprocessing.mode
    facts = facts.model_copy(update={"preprocessing": preprocessing})
    named = {photo[0].name: photo for photo in (*found.photos, *found.data_set)}
    true_values = true_values_of(context.settings, facts, list(named.values()))
    return replace(inputs, facts=facts, true_values=true_values)


def read_facts(context: BuildContext) -> tuple[Model, str]:
    """The model's facts and the device's name, from the store or from the model itself.

    Tells what was assumed; raises whatever opening the model raises.
    """
    summary = Summary()
    unit = summary.unit(context.job.file.sha256, context.job.opening)
    outcome = context.run(Plan(summary, [unit]))[unit.key]
    if isinstance(outcome, Failure):
        raise outcome.error
    found = outcome.read(SummaryData)
    facts = context.job.complete(found)
    context.log.skipped += found.skipped
    for warning in found.warnings:
        context.log.warn(warning)
    context.bench.image_input = facts.image_input
    context.bench.feeding = context.settings.feeding.settled(facts.preprocessing.highest)
    return facts, found.device


def _with_frames(context: BuildContext, files: FoundFiles, facts: Model) -> FoundFiles:
    """The files with as many frames of each clip as the network takes.

    Tells what is fed as frames that are equal.
    """
    count = facts.image_input.frames if facts.image_input else 1
    if context.settings.frames and count == 1:
        raise SettingsError(
            "--frames: the network takes single images, not clips of a fixed number of frames."
        )
    files = files.with_frames(count)
    if count > 1 and any(digest not in files.clips for _, digest in files.shown.photos):
        context.log.warn(
            f"The network takes clips of {count} frames: each single image is fed as {count} "
            "identical frames. --frames takes a folder of frames or a GIF as a clip."
        )
    return files


def _settled(context: BuildContext, inputs: Inputs) -> Preprocessing:
    """Decide the preprocessing; images in class folders may tell which is right."""
    facts = inputs.facts
    wanted = facts.preprocessing
    if context.settings.preprocess == "auto":
        options = UnsettledOptions(opening=context.job.opening, feeding=context.bench.feeding)
        asked = [*inputs.photos, *_readable_sample(context, inputs)]
        wanted = find_preprocessing(facts, asked, inputs.classes, options, context.run)
    if facts.image_input and wanted.source == "assumed":
        why = "nothing in the model says how it was trained"
        if wanted.statistics:
            why = "batch statistics do not settle how the model was trained"
        context.log.warn(
            f"The images are fed as {MODE_FORMULAS[wanted.mode]}, which is assumed: {why}; "
            "--preprocess chooses another way."
        )
    if facts.image_input:
        function_of(wanted.mode, facts.image_input.channels)  # refuses what cannot be used
    return wanted


def _readable_sample(context: BuildContext, inputs: Inputs) -> Photos:
    """A few images of the data set that can be read, of all classes, to try something on."""
    chosen = sampled(inputs.data_set)
    return readable_quietly(context, inputs.facts, chosen)
